"""What a production start needs, and that it refuses to do without."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from config.checks import production_is_configured

WEBHOOKS = {"SIGNUP": "https://hook.example/a", "BOOKING": ""}


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A production start with everything it needs."""
    monkeypatch.setenv("DATABASE_URL", "postgres://fanal@db/fanal")
    monkeypatch.setenv("REDIS_URL", "redis://redis:6379/0")
    monkeypatch.setenv("EMAIL_URL", "smtp+tls://fanal@mail:587")
    settings.PRODUCTION = True
    settings.SECRET_KEY = "k" * 50
    settings.ALLOWED_HOSTS = ["fanal.example"]
    settings.SITE_URL = "https://fanal.example"
    settings.STRIPE_SECRET_KEY = "sk_live_1"
    settings.STRIPE_PUBLISHABLE_KEY = "pk_live_1"
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_1"]
    settings.STRIPE_API_BASE = "https://api.stripe.com"
    settings.STRIPE_JS_URL = "https://js.stripe.com/endive/stripe.js"
    settings.MAKE_WEBHOOK_URLS = WEBHOOKS
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    return settings


def faults() -> list[str]:
    return [f"{fault.id} {fault.msg}" for fault in production_is_configured()]


def test_a_complete_configuration_starts(production: Settings) -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SECRET_KEY", "k" * 49, "E001 Set SECRET_KEY to a random text of at least 50 characters."),
        ("SECRET_KEY", "", "E001 Set SECRET_KEY to a random text of at least 50 characters."),
        ("STRIPE_SECRET_KEY", "", "E004 Set STRIPE_SECRET_KEY to the secret key of the Stripe account."),
        (
            "STRIPE_PUBLISHABLE_KEY",
            "",
            "E005 Set STRIPE_PUBLISHABLE_KEY to the publishable key of the Stripe account.",
        ),
        (
            "STRIPE_WEBHOOK_SECRETS",
            [],
            "E006 Set STRIPE_WEBHOOK_SECRET to the signing secret of the webhook endpoint at Stripe.",
        ),
        (
            "ALLOWED_HOSTS",
            [],
            "E007 Set ALLOWED_HOSTS to the site's host names, with commas between them, and without *.",
        ),
        (
            "ALLOWED_HOSTS",
            ["*"],
            "E007 Set ALLOWED_HOSTS to the site's host names, with commas between them, and without *.",
        ),
        (
            "SITE_URL",
            "http://fanal.example",
            "E008 Set SITE_URL to the site's own address, which must begin with https://.",
        ),
        (
            "STRIPE_API_BASE",
            "http://127.0.0.1:12111",
            "E009 The Stripe sandbox is for demos: unset STRIPE_API_BASE, STRIPE_JS_URL; use real keys.",
        ),
        (
            "STRIPE_JS_URL",
            "https://js.stripe.com.evil.example/v3",
            "E009 The Stripe sandbox is for demos: unset STRIPE_API_BASE, STRIPE_JS_URL; use real keys.",
        ),
        (
            "STRIPE_SECRET_KEY",
            "sk_test_sandbox1",
            "E009 The Stripe sandbox is for demos: unset STRIPE_API_BASE, STRIPE_JS_URL; use real keys.",
        ),
        (
            "MAKE_WEBHOOK_URLS",
            {"SIGNUP": "http://hook.example/a"},
            "E010 MAKE_SIGNUP_WEBHOOK_URL must begin with https://, for it carries people's data.",
        ),
        (
            "WEBHOOKS_ALLOW_PRIVATE",
            True,
            "E011 WEBHOOKS_ALLOW_PRIVATE lets webhooks reach machines of our own network: switch it off.",
        ),
    ],
)
def test_one_fault_is_one_sentence(production: Settings, name: str, value: object, fault: str) -> None:
    setattr(production, name, value)
    assert faults() == [f"fanal.{fault}"]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (
            "DATABASE_URL",
            "E002 Set DATABASE_URL to the address of PostgreSQL, as in postgres://user:password@host/name.",
        ),
        ("REDIS_URL", "E003 Set REDIS_URL to the address of Redis, as in redis://host:6379/0."),
        ("EMAIL_URL", "E012 Set EMAIL_URL to the mail server, as in smtp+tls://user:password@host:587."),
    ],
)
def test_a_service_must_be_named(
    production: Settings, monkeypatch: pytest.MonkeyPatch, name: str, fault: str
) -> None:
    monkeypatch.delenv(name)
    assert faults() == [f"fanal.{fault}"]


def test_demo_and_tests_need_none_of_it(production: Settings) -> None:
    production.PRODUCTION = False
    production.SECRET_KEY = ""
    production.STRIPE_API_BASE = "http://127.0.0.1:12111"
    assert faults() == []
