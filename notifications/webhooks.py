"""One event over HTTP: guarded, signed, throttled, with a short patience."""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpcore
import httpx
import redis
from django.conf import settings
from dramatiq.rate_limits import WindowRateLimiter
from dramatiq.rate_limits.backends import RedisBackend
from standardwebhooks import Webhook

from notifications.models import host_of
from notifications.rules import KEPT, Answer, retry_after
from notifications.wire import utc

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(10, connect=5)
PATIENCE = 20  # seconds for reading the whole answer, however it drips
BODY_LIMIT = 64 * 1024
THROTTLE_PATIENCE = 5  # seconds

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class RefusedDestinationError(Exception):
    """The destination is not one that the outside may be told at."""


def send(*, url: str, event_id: str, type: str, payload: Any, now: datetime) -> Answer:  # noqa: A002
    """POST one event. 2xx is delivered; a redirect is a failure; 410 means that nobody listens any more."""
    body = json.dumps(
        {"type": type, "event_id": event_id, "sent_at": utc(now), "payload": payload},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )
    try:
        _check_scheme(url)
        with _client().stream(
            "POST", url, content=body.encode(), headers=signature(event_id, body, now=now)
        ) as response:
            text = _beginning(response)
    except RefusedDestinationError as refusal:
        return Answer(delivered=False, error=str(refusal))
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        return Answer(delivered=False, error=_clean(f"{problem.__class__.__name__}: {problem}"))
    if response.is_success:
        return Answer(delivered=True, status=response.status_code, text=text)
    gone = response.status_code == httpx.codes.GONE
    return Answer(
        delivered=False,
        status=response.status_code,
        text=text,
        retry_after=retry_after(response.headers.get("Retry-After"), now=now),
        permanent=gone,
        gone=gone,
    )


def signature(event_id: str, body: str, *, now: datetime) -> dict[str, str]:
    """The headers of the Standard Webhooks scheme; none without MAKE_WEBHOOK_SECRET.

    The setting may hold two secrets with a space between while one replaces the other: both sign.
    """
    secrets = settings.MAKE_WEBHOOK_SECRET.split()
    if not secrets:
        return {}
    moment = now.astimezone(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, moment, body) for secret in secrets),
    }


def wait_for_turn(url: str) -> bool:
    """Wait until the destination's host may be called again, a few seconds at most; False when it may not.

    Without Redis nothing is throttled: late events are worse than many at once.
    """
    limiter = WindowRateLimiter(
        _limits(), f"webhooks:{host_of(url)}", limit=settings.WEBHOOKS_PER_SECOND, window=1
    )
    stop = time.monotonic() + THROTTLE_PATIENCE
    try:
        while time.monotonic() < stop:
            with limiter.acquire(raise_on_failure=False) as free:
                if free:
                    return True
            time.sleep(0.05)
    except redis.RedisError:
        logger.warning("Webhooks are not throttled: Redis cannot be reached")
        return True
    return False


def refuse_private(address: str) -> None:
    """Raise for anything but a public address, whatever notation or tunnel it hides in."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        else:
            ip = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)
    if not ip.is_global or ip.is_multicast:
        raise RefusedDestinationError(f"the address {address} is not public")


class _PublicNetwork(httpcore.SyncBackend):
    """Resolves a name once, and connects to the very addresses that were checked."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as unknown:
            raise httpcore.ConnectError(f"{host}: {unknown}") from unknown
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not settings.WEBHOOKS_ALLOW_PRIVATE:
            for address in addresses:
                refuse_private(address)
        problem: Exception = httpcore.ConnectError(f"{host}: no address")
        for address in addresses[:4]:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.NetworkError, httpcore.TimeoutException) as failure:
                problem = failure
        raise problem


class _Transport(httpx.HTTPTransport):
    def __init__(self) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        # httpx has no parameter for the network underneath; its pool has.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=_PublicNetwork(), keepalive_expiry=5
        )


@cache
def _client() -> httpx.Client:
    return httpx.Client(
        transport=_Transport(),
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Accept-Encoding": "identity",
            "User-Agent": f"{settings.WAGTAIL_SITE_NAME}-Webhooks/1",
        },
    )


@cache
def _limits() -> RedisBackend:
    return RedisBackend(
        client=redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)
    )


def _check_scheme(url: str) -> None:
    plain_http = url.startswith("http://") and settings.WEBHOOKS_ALLOW_PRIVATE
    if not url.startswith("https://") and not plain_http:
        raise RefusedDestinationError("only https is called")


def _beginning(response: httpx.Response) -> str:
    """The first characters of an answer. No more than BODY_LIMIT is read of it, however long it goes on."""
    stop = time.monotonic() + PATIENCE
    read = bytearray()
    for chunk in response.iter_raw():
        read += chunk
        if len(read) >= BODY_LIMIT or time.monotonic() > stop:
            break
    return _clean(read[: 4 * KEPT].decode(errors="replace"))


def _clean(text: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:KEPT]
