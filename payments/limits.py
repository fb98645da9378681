"""Ceilings on what a stranger may try at checkout, which tells whether an e-mail is known and tries cards."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

log = logging.getLogger(__name__)


def allow_guest_checkout(request: HttpRequest) -> bool:
    """Whether this address may try once more. Without Redis nobody is kept from paying."""
    key = f"guest-checkout:{request.META.get('REMOTE_ADDR', '')}"
    try:
        cache.add(key, 0, timeout=settings.GUEST_CHECKOUT_WINDOW_SECONDS)
        return cache.incr(key) <= settings.GUEST_CHECKOUT_LIMIT
    except (ConnectionError, ValueError) as error:
        log.warning("The checkout limit can't be counted: %s", error)
        return True
