"""Ceilings on what a stranger may try: checkout tells whether an e-mail is known and tries cards, the cart
whether a code exists.
"""

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


def allow_coupon_try(request: HttpRequest) -> bool:
    """Whether this address may try one more code."""
    return within_limit(
        "coupon",
        client_address(request),
        limit=settings.COUPON_TRIES_LIMIT,
        seconds=settings.COUPON_TRIES_WINDOW_SECONDS,
    )
