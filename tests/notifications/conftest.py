from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from notifications.catalogue import types
from tests.notifications.support import Receiver, receiver


@pytest.fixture
def make(settings: Settings) -> Iterator[Receiver]:
    """A receiver that every event goes to."""
    with receiver() as listening:
        settings.MAKE_WEBHOOK_URLS = dict.fromkeys(settings.MAKE_WEBHOOK_URLS, listening.url)
        yield listening


@pytest.fixture
def unset_said_nothing_yet() -> Iterator[None]:
    types._say_unset.cache_clear()
    yield
    types._say_unset.cache_clear()
