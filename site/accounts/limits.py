"""How often an address may knock: counters in the cache for forms that anybody can send."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that a request comes from.

    Behind our proxy that is the last entry of X-Forwarded-For, the one the proxy wrote itself; the entries
    before it are whatever the client claimed.
    """
    if settings.BEHIND_PROXY:
        forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return str(request.META.get("REMOTE_ADDR", ""))  # none behind a Unix socket


def within_limit(name: str, key: str, *, limit: int, seconds: int) -> bool:
    """Count one more try of `key` and say whether it is among the first `limit` of its `seconds`.

    Without Redis everybody passes: a limit must not be what keeps people out.
    """
    counter = f"limit:{name}:{key}"
    try:
        if cache.add(counter, 1, timeout=seconds):
            return True
        tries = cache.incr(counter)
    except ValueError:  # it ran out between the two calls
        return True
    return tries is None or tries <= limit
