"""A receiver that is down for 76 hours, the clock moved: what is tried, told, given up, and sent again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core import mail
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook

from accounts.models import User
from notifications import delivery
from notifications.alerts import tell_admins
from notifications.models import OutboxMessage
from notifications.services import resend
from tests.notifications.support import Receiver, Request, drain_outbox, make_event

START = datetime(2026, 12, 7, 14, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TRIED_AT = [
    "2026-12-07T14:00:00Z",
    "2026-12-07T14:00:02Z",
    "2026-12-07T14:00:06Z",
    "2026-12-07T14:00:14Z",
    "2026-12-07T14:05:14Z",
    "2026-12-07T14:35:14Z",
    "2026-12-07T16:35:14Z",
    "2026-12-07T21:35:14Z",
    "2026-12-08T07:35:14Z",
    "2026-12-09T07:35:14Z",
]


def verified(request: Request) -> dict[str, Any]:
    """The body, once the scheme's own library has checked it, as a receiver does at that moment."""
    with time_machine.travel(datetime.fromisoformat(json.loads(request.body)["sent_at"])):
        body: dict[str, Any] = Webhook(SECRET).verify(request.body, request.headers)
    return body


def subjects() -> list[str]:
    return [str(message.subject) for message in mail.outbox]


def test_a_receiver_that_is_down_for_76_hours(
    db: None, admin: User, make: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAKE_WEBHOOK_SECRET = SECRET
    # Without the jitter, and as if an attempt took no time: each wait begins when the attempt ends.
    monkeypatch.setattr(delivery, "random", SimpleNamespace(random=lambda: 0.0))
    monkeypatch.setattr(delivery, "time", SimpleNamespace(monotonic=lambda: 0.0))
    for _ in range(11):
        make.will_answer(503, {}, b"en panne")
    event = make_event(make.url, available_at=START)

    now, up_again = START, START + timedelta(hours=76)
    while now < up_again:
        drain_outbox(now=now)
        tell_admins(now=now)
        due = OutboxMessage.objects.waiting().order_by("available_at").first()
        next_hour = now + timedelta(hours=1)
        now = min(max(due.available_at, now + timedelta(seconds=1)), next_hour) if due else next_hour

    bodies = [verified(request) for request in make.requests]
    assert [body["sent_at"] for body in bodies] == TRIED_AT
    assert {body["event_id"] for body in bodies} == {str(event.pk)}
    event.refresh_from_db()
    assert (event.status, event.attempts, event.last_status) == (OutboxMessage.Status.DEAD, 10, 503)
    assert [(each.number, each.status, each.answer) for each in event.history.all()] == [
        (number, 503, "en panne") for number in range(1, 11)
    ]
    assert subjects() == [f"Les envois vers {event.where} échouent"]

    # It is up again; the dead letter is sent again by hand, and refused once more before it arrives.
    assert resend(messages=OutboxMessage.objects.dead(), user=admin, now=up_again) == 1
    drain_outbox(now=up_again)
    drain_outbox(now=up_again + timedelta(seconds=3))
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DELIVERED, 2)
    assert json.loads(make.requests[-1].body)["event_id"] == str(event.pk)
    tell_admins(now=up_again + timedelta(minutes=10))
    drain_outbox(now=up_again + timedelta(minutes=10))
    assert subjects()[1:] == [f"Les envois vers {event.where} arrivent de nouveau"]
