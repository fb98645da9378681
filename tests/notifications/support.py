"""The outside world for tests: a receiver of webhooks, and a worker that does all that is due at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from notifications import claims, delivery
from notifications.composing import Attachment, Letter, Mail, Occasion, compose, mail_kind
from notifications.models import OutboxMessage

NOW = datetime(2026, 12, 7, 19, 30, tzinfo=UTC)
AN_ATTEMPT = timedelta(seconds=5)  # no attempt of these tests takes longer


def make_event(url: str, number: int = 0, **fields: object) -> OutboxMessage:
    """A message to a receiver, due at NOW."""
    return OutboxMessage.objects.create(
        kind="webhook",
        type="signup",
        destination=url,
        payload={"n": number},
        **{"available_at": NOW, **fields},
    )


def make_mail(number: int = 0, **about: object) -> OutboxMessage:
    """A `letter` that is due at NOW."""
    payload = {"user": None, "about": {"subject": f"Courriel {number}", **about}}
    return OutboxMessage.objects.create(
        kind="mail", type="test.letter", destination="zoe@exemple.ca", payload=payload, available_at=NOW
    )


def drain_outbox(*, now: datetime) -> int:
    """Make one attempt at all that is due at `now`, here and without a queue; says how many were made."""
    attempts = 0
    while due := claims.due_webhooks(now=now, limit=1) + claims.due_mails(now=now, limit=500):
        made = [delivery.deliver(message_id, now=now) for message_id in due]
        attempts += len([attempt for attempt in made if attempt])
        if not any(made):
            break
    return attempts


@mail_kind("test.letter", label="Lettre")
def letter(occasion: Occasion) -> Letter | None:
    """A mail of the tests: `about` says what becomes of it."""
    if occasion.about.get("moot"):
        return None
    if occasion.about.get("broken"):
        raise KeyError("subject")
    files = (
        [Attachment("cours.ics", b"BEGIN:VCALENDAR", "text/calendar")] if occasion.about.get("file") else []
    )
    return Letter(occasion.about["subject"], "notifications/mail_base", {}, files)


def written(*messages: OutboxMessage, now: datetime | None = None) -> list[Mail]:
    """What these mails say, as they would go out at `now`."""
    now = now or datetime.now(UTC)
    mails = [compose(kind=each.type, to=each.destination, payload=each.payload, now=now) for each in messages]
    return [mail for mail in mails if mail]


def broker() -> RedisBroker:
    return cast(RedisBroker, dramatiq.get_broker())


def queued(queue: str) -> int:
    return int(broker().do_qsize(queue))


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    port: int = 0  # the other end's: one connection has one


@dataclass
class Receiver:
    """Answers with `answers` in turn, then with 200, once `hold` is set; keeps what it got."""

    url: str
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    got_one: threading.Condition = field(default_factory=threading.Condition)
    hold: threading.Event | None = None

    def will_answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.answers.append((status, headers or {}, body))

    def wait_for(self, count: int, seconds: float = 15) -> list[Request]:
        """The requests, as soon as there are `count` of them."""
        with self.got_one:
            self.got_one.wait_for(lambda: len(self.requests) >= count, seconds)
            return list(self.requests)


def numbers(make: Receiver) -> list[int]:
    """What `make_event` numbered, in the order of arrival."""
    return [json.loads(request.body)["payload"]["n"] for request in make.requests]


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with got.got_one:
                headers = {name.lower(): value for name, value in self.headers.items()}
                got.requests.append(Request(self.path, headers, body, self.client_address[1]))
                status, extra, answer = got.answers.pop(0) if got.answers else (200, {}, b"Accepted")
                got.got_one.notify_all()
            if got.hold:
                got.hold.wait(10)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    got = Receiver(url=f"http://127.0.0.1:{server.server_port}/crochet")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
