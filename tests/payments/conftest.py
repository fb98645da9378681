"""Payments' tests talk to the Stripe sandbox over HTTP, and have somewhere to send events to."""

from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def make_webhooks(settings: Settings) -> None:
    settings.MAKE_WEBHOOK_URLS = dict.fromkeys(settings.MAKE_WEBHOOK_URLS, "http://127.0.0.1:9/")
