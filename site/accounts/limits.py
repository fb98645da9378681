"""How often an address may knock: counters in the cache for forms that anybody can send."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

HOST_BITS = 64
"""Of an IPv6 address: its owner's to choose."""


def client_address(request: HttpRequest) -> str:
    """The address that a request comes from.

    Behind our proxy that is the last entry of X-Forwarded-For, the one the proxy wrote itself; the entries
    before it are whatever the client claimed. Whoever has one IPv6 address has 2⁶⁴ of them: all count as the
    first of their network. Empty where there is none, as behind a Unix socket, or none that can be read.
    """
    if settings.BEHIND_PROXY:
        forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        if counted := _counted(forwarded):
            return counted
    return _counted(str(request.META.get("REMOTE_ADDR", "")))


def _counted(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> HOST_BITS << HOST_BITS))


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


def too_many(
    request: HttpRequest, template: str = "429.html", *, seconds: int = 60, **context: Any
) -> HttpResponse:
    """The answer to who was not within a limit; `seconds` until it is worth trying again."""
    answer = render(request, template, context, status=HTTPStatus.TOO_MANY_REQUESTS)
    answer["Retry-After"] = str(seconds)
    return answer
