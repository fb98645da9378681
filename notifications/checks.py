"""What is wrong with the webhooks' settings is said at the start, not by failing deliveries."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error
from standardwebhooks import Webhook

from notifications.models import OutboxMessage, host_of


def check_settings(**kwargs: Any) -> list[Error]:
    errors = []
    longest = OutboxMessage._meta.get_field("destination").max_length or 0
    schemes = {"https", "http"} if settings.WEBHOOKS_ALLOW_PRIVATE else {"https"}
    for name, url in settings.MAKE_WEBHOOK_URLS.items():
        scheme = url.partition("://")[0]
        if url and (scheme not in schemes or not host_of(url) or len(url) > longest):
            errors.append(
                Error(
                    f"MAKE_{name}_WEBHOOK_URL is not an address that is called: "
                    f"{' or '.join(sorted(schemes))}, a host, at most {longest} characters.",
                    id="notifications.E001",
                )
            )
    for secret in settings.MAKE_WEBHOOK_SECRET.split():
        try:
            Webhook(secret)
        except Exception:  # base64's errors, and the library's own
            errors.append(Error("MAKE_WEBHOOK_SECRET is not `whsec_` and base64.", id="notifications.E002"))
    return errors
