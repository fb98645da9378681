"""Ceilings on what a stranger may try at checkout, which tells whether an e-mail is known and tries cards."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from accounts.limits import client_address, within_limit


def allow_guest_checkout(request: HttpRequest) -> bool:
    """Whether this address may try once more. Without Redis nobody is kept from paying."""
    return within_limit(
        "guest-checkout",
        client_address(request),
        limit=settings.GUEST_CHECKOUT_LIMIT,
        seconds=settings.GUEST_CHECKOUT_WINDOW_SECONDS,
    )
