"""The demo's content in a test's database: loaded once for a session, then put back row by row.

Its pictures are one plain square: drawing them takes seconds, and hardly a test looks at them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from config.demo_content import catalogue, loading
from config.demo_content.drawing import Drawing
from tests.databases import keep_rows, put_initial_rows_back, put_rows_back

# Search finds what is saved, and Wagtail knows what uses what.
AT_ONCE = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
NOW = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


@contextmanager
def plain_pictures() -> Iterator[None]:
    square = Drawing(60, 34, "#16203f").webp()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("portrait", "subject", "scene"):
            patch.setattr(catalogue, name, lambda _: square)
        yield


def _keep(schema: str, now: datetime, blocker: DjangoDbBlocker) -> None:
    with blocker.unblock(), plain_pictures(), override_settings(TASKS=AT_ONCE):
        put_initial_rows_back()
        loading.load(now=now)
        keep_rows(schema)
        put_initial_rows_back()


@pytest.fixture(scope="session")
def kept_demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with time_machine.travel(NOW, tick=False):
        _keep("demo", NOW, django_db_blocker)


@pytest.fixture(scope="session")
def kept_demo_today(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    _keep("demo_today", timezone.now(), django_db_blocker)


@pytest.fixture
def indexing(settings: Settings) -> None:
    settings.TASKS = AT_ONCE


@pytest.fixture
def demo(kept_demo: None, db: None) -> Iterator[None]:
    """As it is loaded at `NOW`, which it stays."""
    with time_machine.travel(NOW, tick=False):
        put_rows_back("demo")
        yield


@pytest.fixture
def demo_today(kept_demo_today: None, transactional_db: None) -> None:
    """As it is loaded now, for a browser."""
    put_rows_back("demo_today")
