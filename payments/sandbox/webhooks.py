"""Events on their way to the merchant: signed and tried again like Stripe's, misbehaving on request."""

from __future__ import annotations

import hashlib
import heapq
import hmac
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from payments.sandbox.store import Json, Store, timestamp

ATTEMPTS = 8
LONGEST_WAIT = 60.0
TIMEOUT = 10.0
EVERYTHING = 1_000_000_000

# What an endpoint made for this product subscribes to; other types are kept, and never sent.
SUBSCRIBED = frozenset(
    {
        "payment_intent.created",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    }
)


@dataclass(order=True)
class _Delivery:
    due: float
    number: int
    event_id: str = field(compare=False)
    attempt: int = field(compare=False, default=1)
    copies: int = field(compare=False, default=1)


def sign(body: str, secrets: list[str], at: int) -> str:
    """Stripe-Signature: one v1 per secret that is valid while one is being rolled."""
    signed = [
        hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest() for secret in secrets
    ]
    return ",".join([f"t={at}", *(f"v1={signature}" for signature in signed)])


class Webhooks:
    """One endpoint. Events leave in the order of happening, unless a control says otherwise.

    Callers may hold the store's lock; the sending thread never holds its own while it asks for the store's.
    """

    def __init__(self, store: Store, *, url: str | None, secrets: list[str], first_wait: float) -> None:
        self.store = store
        self.url = url
        self.secrets = secrets
        self.first_wait = first_wait
        self.sent: list[Json] = []
        self._changed = threading.Condition()
        self._queue: list[_Delivery] = []
        self._numbers = itertools.count()
        self._in_flight = 0
        self._senders = self._wanted = 0
        self.behave()

    def behave(self) -> None:
        """Forget every control."""
        with self._changed:
            self.drop = 0
            self.double = 0
            self.times = 2
            self.delay = 0.0
            self.paused = False
            self._shuffle = 0
            self._held: list[str] = []
            self.send_by(1)

    def send_by(self, senders: int) -> None:
        """How many events are under way at a time; by one sender, they leave in the order of happening."""
        with self._changed:
            self._wanted = max(1, senders)
            while self._senders < self._wanted:
                self._senders += 1
                threading.Thread(target=self._run, name="webhooks", daemon=True).start()
            self._changed.notify_all()

    def forget(self) -> None:
        with self._changed:
            self._queue.clear()
            self.sent.clear()

    def resume_undelivered(self) -> None:
        for record in self.store.all("event"):
            if not record["delivered"] and not record["dropped"]:
                self._schedule(record["id"])

    def announce(self, record: Json) -> None:
        """Take a stored event up. Called under the store's lock, so in the order of happening."""
        with self._changed:
            if self.drop:
                self.drop -= 1
                record["dropped"] = True
                self.store.put("event", record)
                self._note(record["event"], attempt=0, status=None, error="dropped")
                return
            if self._shuffle:
                self._held.append(record["id"])
                if len(self._held) >= self._shuffle:
                    self.shuffle(0)
                return
            self._schedule(record["id"])

    def shuffle(self, count: int) -> None:
        """Keep the next `count` events back, then send them last one first. 0 sends what is kept now."""
        with self._changed:
            held, self._held, self._shuffle = self._held, [], count
            for event_id in reversed(held):
                self._schedule(event_id)

    def pause(self, paused: bool) -> None:
        with self._changed:
            self.paused = paused
            self._changed.notify_all()

    def resend(self, event_id: str) -> None:
        with self._changed:
            heapq.heappush(self._queue, _Delivery(time.monotonic(), next(self._numbers), event_id))
            self._changed.notify_all()

    def wait_idle(self, seconds: float) -> bool:
        """Whether everything has been sent, or given up, within `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._in_flight, seconds)

    def _schedule(self, event_id: str) -> None:
        with self._changed:
            copies = 1
            if self.double:
                self.double -= 1
                copies = self.times
            heapq.heappush(
                self._queue,
                _Delivery(time.monotonic() + self.delay, next(self._numbers), event_id, copies=copies),
            )
            self._changed.notify_all()

    def _run(self) -> None:
        while delivery := self._next():
            copies = [
                threading.Thread(target=self._send, args=(delivery,), daemon=True)
                for _ in range(delivery.copies - 1)
            ]
            for copy in copies:
                copy.start()
            delivered = self._send(delivery)
            for copy in copies:
                copy.join()
            if not delivered and delivery.attempt < ATTEMPTS:
                wait = min(self.first_wait * 3 ** (delivery.attempt - 1), LONGEST_WAIT)
                with self._changed:
                    heapq.heappush(
                        self._queue,
                        _Delivery(
                            time.monotonic() + wait,
                            next(self._numbers),
                            delivery.event_id,
                            attempt=delivery.attempt + 1,
                        ),
                    )
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def _next(self) -> _Delivery | None:
        """What is due, or None for a sender that is one too many."""
        with self._changed:
            while True:
                if self._senders > self._wanted:
                    self._senders -= 1
                    return None
                if self._queue and not self.paused:
                    wait = self._queue[0].due - time.monotonic()
                    if wait <= 0:
                        self._in_flight += 1
                        return heapq.heappop(self._queue)
                    self._changed.wait(wait)
                else:
                    self._changed.wait()

    def _send(self, delivery: _Delivery) -> bool:
        with self.store.lock:
            record = self.store.get("event", delivery.event_id)
            if record is None:
                return True
            event = {**record["event"], "pending_webhooks": 1}
        body = json.dumps(event, ensure_ascii=False)
        status, error = None, None
        try:
            status = self._post(body)
        except (OSError, HTTPException) as failure:
            error = f"{type(failure).__name__}: {failure}"
        delivered = status is not None and 200 <= status < 300
        with self._changed:
            self._note(event, attempt=delivery.attempt, status=status, error=error)
        if delivered:
            with self.store.lock:
                record["delivered"] = True
                self.store.put("event", record)
        return delivered

    def _post(self, body: str) -> int:
        if self.url is None:
            raise ConnectionError("no address is given")
        address = urlsplit(self.url)
        connect = HTTPSConnection if address.scheme == "https" else HTTPConnection
        connection = connect(address.hostname or "", address.port, timeout=TIMEOUT)
        try:
            connection.request(
                "POST",
                address.path or "/",
                body.encode(),
                {
                    "Content-Type": "application/json; charset=utf-8",
                    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                    "Accept": "*/*; q=0.5, application/xml",
                    "Stripe-Signature": sign(body, self.secrets, timestamp()),
                },
            )
            return connection.getresponse().status
        finally:
            connection.close()

    def _note(self, event: Json, *, attempt: int, status: int | None, error: str | None) -> None:
        self.sent.append(
            {
                "event": event["id"],
                "type": event["type"],
                "object": event["data"]["object"]["id"],
                "attempt": attempt,
                "status": status,
                "error": error,
                "at": time.time(),
            }
        )
        del self.sent[:-5000]
