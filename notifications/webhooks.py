"""One event over HTTP: guarded, signed, throttled, with a short patience."""

from __future__ import annotations

import json
import logging
import random
import time
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import redis
from django.conf import settings
from standardwebhooks import Webhook

from notifications import network
from notifications.models import host_of
from notifications.network import RefusedDestinationError
from notifications.rules import KEPT, Answer, retry_after
from notifications.wire import utc

logger = logging.getLogger(__name__)

PATIENCE = 15.0  # seconds for an attempt, from the name server to the last byte
TIMEOUT = httpx.Timeout(PATIENCE, connect=5)
BODY_LIMIT = 64 * 1024
THROTTLE_PATIENCE = 5  # seconds
SECRET_FROM = 8  # characters: a shorter part of a URL is no secret, and may be a word


def send(*, url: str, event_id: str, type: str, payload: Any, now: datetime) -> Answer:  # noqa: A002
    """POST one event. 2xx is delivered; a redirect is a failure; 410 means that nobody listens any more."""
    body = json.dumps(
        {"type": type, "event_id": event_id, "sent_at": utc(now), "payload": payload},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )
    network.begin(PATIENCE)
    try:
        _check_scheme(url)
        with _client().stream(
            "POST", url, content=body.encode(), headers=signature(event_id, body, now=now)
        ) as response:
            text = _beginning(response)
    except RefusedDestinationError as refusal:
        return Answer(delivered=False, error=_clean(str(refusal), url))
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        return Answer(delivered=False, error=_clean(f"{problem.__class__.__name__}: {problem}", url))
    text = _clean(text, url)
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
    signers = [_signer(secret) for secret in settings.MAKE_WEBHOOK_SECRET.split()]
    if not signers:
        return {}
    moment = now.astimezone(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signer.sign(event_id, moment, body) for signer in signers),
    }


def wait_for_turn(url: str) -> bool:
    """Wait until the destination's host may be called again, a few seconds at most; False when it may not.

    Without Redis nothing is throttled: late events are worse than many at once.
    """
    host, stop = host_of(url), time.monotonic() + THROTTLE_PATIENCE
    try:
        while not _is_free(host):
            if time.monotonic() > stop:
                return False
            time.sleep(1 - time.time() % 1 + random.random() / 20)  # noqa: S311
    except redis.RedisError:
        logger.warning("Webhooks are not throttled: Redis cannot be reached")
    return True


def _is_free(host: str) -> bool:
    """Count one more call in this second; False beyond the limit."""
    with _redis().pipeline(transaction=False) as pipe:
        key = f"webhooks:{host}:{int(time.time())}"
        pipe.incr(key)
        pipe.expire(key, 3)
        return int(pipe.execute()[0]) <= settings.WEBHOOKS_PER_SECOND


@cache
def _client() -> httpx.Client:
    return httpx.Client(
        transport=network.transport(),
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
def _signer(secret: str) -> Webhook:
    return Webhook(secret)


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2)


def _check_scheme(url: str) -> None:
    plain_http = url.startswith("http://") and settings.WEBHOOKS_ALLOW_PRIVATE
    if not url.startswith("https://") and not plain_http:
        raise RefusedDestinationError("only https is called")


def _beginning(response: httpx.Response) -> str:
    """The first characters of an answer. No more than BODY_LIMIT is read of it, however long it goes on; one
    that breaks off, or drips until the time is up, has said its status all the same.
    """
    read = bytearray()
    try:
        for chunk in response.iter_raw():
            read += chunk
            if len(read) >= BODY_LIMIT:
                break
    except httpx.TransportError as problem:
        logger.info("An answer broke off: %s", problem)
    return read[: 4 * KEPT].decode(errors="replace")


def _clean(text: str, url: str) -> str:
    """Without what is secret in a URL or signs, should the receiver have echoed it; and without NUL, which
    PostgreSQL keeps in no text.
    """
    for secret in settings.MAKE_WEBHOOK_SECRET.split():
        text = text.replace(secret, "…").replace(secret.removeprefix("whsec_"), "…")
    for part in _secret_parts(url):
        text = text.replace(part, "…")
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:KEPT]


def _secret_parts(url: str) -> list[str]:
    """Longest first."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    found = [
        *parts.path.split("/"),
        *(pair.partition("=")[2] for pair in parts.query.split("&")),
        parts.password or "",
    ]
    return sorted((part for part in found if len(part) >= SECRET_FROM), key=len, reverse=True)
