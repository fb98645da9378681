"""Payments' tests talk to the Stripe sandbox over HTTP, and have somewhere to send events to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from payments.gateway import Gateway, client

AWAY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def make_webhooks(settings: Settings) -> None:
    settings.MAKE_WEBHOOK_URLS = dict.fromkeys(settings.MAKE_WEBHOOK_URLS, "http://127.0.0.1:9/")


@pytest.fixture
def stripe_away(settings: Settings) -> Iterator[Callable[[], None]]:
    """Call it, and nothing answers at Stripe's address: said at once, not after the usual retries."""

    def leave() -> None:
        settings.STRIPE_API_BASE = AWAY
        patient = (settings.STRIPE_SECRET_KEY, AWAY)
        client._gateways[patient] = Gateway(api_key=settings.STRIPE_SECRET_KEY, api_base=AWAY, retries=0)

    yield leave
    client._gateways.pop((settings.STRIPE_SECRET_KEY, AWAY), None)
