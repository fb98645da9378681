"""Settings that could never deliver are refused at the start."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from notifications.checks import check_settings


@pytest.mark.parametrize(
    ("url", "allow_private", "ids"),
    [
        ("", False, []),
        ("https://hook.make.com/abc", False, []),
        ("http://127.0.0.1:9000/", True, []),
        ("http://hook.make.com/abc", False, ["notifications.E001"]),
        ("hook.make.com/abc", False, ["notifications.E001"]),
        ("https://[hook/abc", False, ["notifications.E001"]),
        ("https:///abc", False, ["notifications.E001"]),
        ("https://hook.make.com/" + "a" * 1000, False, ["notifications.E001"]),
    ],
)
def test_urls(settings: Settings, url: str, allow_private: bool, ids: list[str]) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = allow_private
    settings.MAKE_WEBHOOK_URLS = settings.MAKE_WEBHOOK_URLS | {"BOOKING": url}
    assert [error.id for error in check_settings()] == ids


@pytest.mark.parametrize(
    ("secret", "ids"),
    [
        ("", []),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", []),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_", ["notifications.E002"]),
        ("whsec_", ["notifications.E002"]),
        ("whsec_a", ["notifications.E002"]),
    ],
)
def test_secrets(settings: Settings, secret: str, ids: list[str]) -> None:
    settings.MAKE_WEBHOOK_SECRET = secret
    assert [error.id for error in check_settings()] == ids
