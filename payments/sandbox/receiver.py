"""A place that takes webhooks and shows them, so that the demo and the tests do real HTTP."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import threading
import time
from collections import deque
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from payments.sandbox.pages import Page, html_page
from payments.sandbox.store import Json

KEPT = 2000
TOLERANCE = 300


class Receiver:
    """`secret` is the sender's (Standard Webhooks); without one no signature is looked at."""

    def __init__(self, secret: str | None = None) -> None:
        self._secret = secret
        self._calls: deque[Json] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._status, self._left = 200, 0

    def answer(self, status: int, count: int) -> None:
        with self._lock:
            self._status, self._left = status, count

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def take(self, name: str, headers: dict[str, str], body: bytes) -> int:
        """Keep the call. Gives the status to answer with."""
        with self._lock:
            status = 200
            if self._left:
                self._left -= 1
                status = self._status
            self._calls.append(
                {
                    "name": name,
                    "at": time.time(),
                    "status": status,
                    "headers": headers,
                    "body": body.decode("utf-8", "replace"),
                    "signature": verify(self._secret, headers, body) if self._secret else None,
                }
            )
            return status

    def calls(self, name: str = "") -> list[Json]:
        """Oldest first. `signature` is valid, invalid, absent, or None when no secret was given."""
        with self._lock:
            return [call for call in self._calls if not name or call["name"] == name]

    def page(self, name: str) -> Page:
        calls = self.calls(name)[::-1]
        rows = "".join(map(_row, calls)) or "<p>Aucun appel reçu pour le moment.</p>"
        return html_page("Appels reçus", f"<h1>Appels reçus</h1>{rows}")


def verify(secret: str, headers: dict[str, str], body: bytes) -> str:
    """Standard Webhooks: base64 of HMAC-SHA256 over `id.timestamp.body`, one or several behind `v1,`."""
    message, stamp = headers.get("webhook-id"), headers.get("webhook-timestamp")
    given = headers.get("webhook-signature")
    if not (message and stamp and given):
        return "absent"
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        fresh = abs(time.time() - int(stamp)) <= TOLERANCE
    except (binascii.Error, ValueError):
        return "invalid"
    expected = base64.b64encode(
        hmac.new(key, f"{message}.{stamp}.".encode() + body, hashlib.sha256).digest()
    ).decode()
    matches = any(hmac.compare_digest(f"v1,{expected}", signature) for signature in given.split())
    return "valid" if matches and fresh else "invalid"


_SIGNATURES = {
    "valid": "signature valide",
    "invalid": "signature non valide",
    "absent": "aucune signature",
    None: "signature non vérifiée",
}


def _row(call: Json) -> str:
    try:
        body = json.dumps(json.loads(call["body"]), indent=2, ensure_ascii=False)
        kind = json.loads(call["body"]).get("type", "")
    except (ValueError, AttributeError):
        body, kind = call["body"], ""
    at = datetime.fromtimestamp(call["at"], ZoneInfo("America/Toronto"))
    headers = "\n".join(f"{name}: {value}" for name, value in sorted(call["headers"].items()))
    return (
        f"<details><summary><b>{escape(kind or call['name'])}</b> "
        f"<span>{at:%Y-%m-%d} à {at:%-H h %M min %S s}</span> "
        f"<span class='{call['signature'] or 'none'}'>{_SIGNATURES[call['signature']]}</span> "
        f"<span>réponse {call['status']}</span></summary>"
        f"<pre>{escape(body)}</pre><pre>{escape(headers)}</pre></details>"
    )
