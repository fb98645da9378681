"""What a production start needs, one sentence for each thing that is missing. Nothing starts without it.

Django runs checks before management commands (the worker and the schedule are such); `config.wsgi` runs these
for the web server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

TAG = "production"
SECRET_KEY_LENGTH = 50
STRIPE_API = "https://api.stripe.com"
STRIPE_JS_HOST = "js.stripe.com"
SANDBOX_KEY = "sk_test_sandbox"


@checks.register(TAG)
def production_is_configured(**_: Any) -> list[checks.CheckMessage]:
    if not settings.PRODUCTION:
        return []
    return [checks.Error(sentence, id=f"fanal.{code}") for code, sentence in _faults()]


def refuse_to_start_misconfigured() -> None:
    """Raises ImproperlyConfigured with all the sentences, where no management command runs the checks."""
    faults = checks.run_checks(tags=[TAG])
    if faults:
        sentences = "\n".join(f"- {fault.msg}" for fault in faults)
        raise ImproperlyConfigured(f"This site can't start:\n{sentences}")


def _faults() -> Iterator[tuple[str, str]]:
    if len(_secret_key()) < SECRET_KEY_LENGTH:
        yield "E001", f"Set SECRET_KEY to a random text of at least {SECRET_KEY_LENGTH} characters."
    for code, name, what in (
        ("E002", "DATABASE_URL", "the address of PostgreSQL, as in postgres://user:password@host/name"),
        ("E003", "REDIS_URL", "the address of Redis, as in redis://host:6379/0"),
    ):
        if not os.environ.get(name):
            yield code, f"Set {name} to {what}."
    if not settings.STRIPE_SECRET_KEY:
        yield "E004", "Set STRIPE_SECRET_KEY to the secret key of the Stripe account."
    if not settings.STRIPE_PUBLISHABLE_KEY:
        yield "E005", "Set STRIPE_PUBLISHABLE_KEY to the publishable key of the Stripe account."
    if not settings.STRIPE_WEBHOOK_SECRETS:
        yield "E006", "Set STRIPE_WEBHOOK_SECRET to the signing secret of the webhook endpoint at Stripe."
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield "E007", "Set ALLOWED_HOSTS to the site's host names, with commas between them, and without *."
    if urlsplit(settings.SITE_URL).scheme != "https":
        yield "E008", "Set SITE_URL to the site's own address, which must begin with https://."
    if not os.environ.get("EMAIL_URL"):
        yield "E012", "Set EMAIL_URL to the mail server, as in smtp+tls://user:password@host:587."
    if _speaks_to_a_sandbox():
        yield (
            "E009",
            "The Stripe sandbox is for demos: unset STRIPE_API_BASE, STRIPE_JS_URL; use real keys.",
        )
    for name, url in settings.MAKE_WEBHOOK_URLS.items():
        if url and urlsplit(url).scheme != "https":
            yield "E010", f"MAKE_{name}_WEBHOOK_URL must begin with https://, for it carries people's data."
    if settings.WEBHOOKS_ALLOW_PRIVATE:
        yield "E011", "WEBHOOKS_ALLOW_PRIVATE lets webhooks reach machines of our own network: switch it off."


def _secret_key() -> str:
    try:
        return str(settings.SECRET_KEY)
    except ImproperlyConfigured:  # Django's answer when it is empty
        return ""


def _speaks_to_a_sandbox() -> bool:
    return (
        settings.STRIPE_API_BASE.rstrip("/") != STRIPE_API
        or urlsplit(settings.STRIPE_JS_URL).netloc != STRIPE_JS_HOST
        or settings.STRIPE_SECRET_KEY.startswith(SANDBOX_KEY)
    )
