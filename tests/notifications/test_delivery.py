"""The schedule of attempts, and how each message ends, on real rows and a real receiver."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.db.utils import IntegrityError
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from notifications import delivery
from notifications.models import OutboxMessage, StoppedDestination, host_of
from notifications.services import resume_destination
from tests.notifications.support import (
    AN_ATTEMPT,
    NOW,
    Receiver,
    drain_outbox,
    make_event,
    make_mail,
    numbers,
)


def test_a_delivered_event_is_marked_and_never_sent_again(db: None, make: Receiver) -> None:
    event = make_event(make.url)
    assert drain_outbox(now=NOW) == 1
    event.refresh_from_db()
    assert event.status == OutboxMessage.Status.DELIVERED
    assert (event.attempts, event.lease_until, event.last_status) == (1, None, 200)
    assert event.delivered_at
    assert NOW < event.delivered_at < NOW + AN_ATTEMPT
    assert drain_outbox(now=NOW + timedelta(days=30)) == 0
    assert len(make.requests) == 1


def test_an_event_is_not_sent_before_its_hour(db: None, make: Receiver) -> None:
    event = make_event(make.url, available_at=NOW + timedelta(seconds=1))
    assert delivery.deliver(event.pk, now=NOW) is None
    assert delivery.deliver(event.pk, now=NOW + timedelta(seconds=1)) is not None


def test_a_failing_receiver_is_asked_ten_times_then_the_event_is_dead(db: None, make: Receiver) -> None:
    for _ in range(10):
        make.will_answer(500, body=b"panne")
    event = make_event(make.url)
    now, waits = NOW, []
    while drain_outbox(now=now):
        event.refresh_from_db()
        waits.append(event.available_at - now)
        now = event.available_at
    earliest = [2, 4, 8, 300, 1800, 7200, 18000, 36000, 86400]
    assert len(waits) == 10
    for wait, least in zip(waits, earliest, strict=False):
        assert timedelta(seconds=least) <= wait <= timedelta(seconds=least * 1.2) + AN_ATTEMPT
    assert event.status == OutboxMessage.Status.DEAD
    assert (event.attempts, event.last_status, event.last_error) == (10, 500, "panne")
    assert event.dead_at
    assert now < event.dead_at < now + AN_ATTEMPT
    assert [attempt.number for attempt in event.history.all()] == list(range(1, 11))
    assert {json.loads(request.body)["event_id"] for request in make.requests} == {str(event.pk)}
    assert drain_outbox(now=now + timedelta(days=365)) == 0
    assert len(make.requests) == 10


def test_retry_after_is_obeyed(db: None, make: Receiver) -> None:
    make.will_answer(429, {"Retry-After": "3600"})
    event = make_event(make.url)
    drain_outbox(now=NOW)
    event.refresh_from_db()
    assert NOW + timedelta(hours=1) < event.available_at < NOW + timedelta(hours=1) + AN_ATTEMPT


def test_gone_is_dead_at_once(db: None, make: Receiver) -> None:
    make.will_answer(410)
    event = make_event(make.url)
    drain_outbox(now=NOW)
    event.refresh_from_db()
    assert (event.status, event.attempts, event.last_status) == (OutboxMessage.Status.DEAD, 1, 410)


def test_what_cannot_be_sent_is_tried_again_and_shown(db: None) -> None:
    message = make_mail(broken=True)
    assert drain_outbox(now=NOW) == 1
    message.refresh_from_db()
    assert (message.status, message.lease_until) == (OutboxMessage.Status.WAITING, None)
    assert message.last_error == "KeyError: 'subject'"
    assert message.available_at > NOW


def test_a_mail_is_written_when_it_goes_out_and_what_it_said_is_kept(db: None, student: User) -> None:
    message = make_mail(file=True)
    message.payload |= {"user": str(student.pk)}
    message.save()
    User.objects.filter(pk=student.pk).update(email="zoe.roy@exemple.ca")
    drain_outbox(now=NOW)
    message.refresh_from_db()
    (sent,) = mail.outbox
    assert (sent.subject, sent.to, message.destination) == (
        "Courriel 0",
        ["zoe.roy@exemple.ca"],
        "zoe.roy@exemple.ca",
    )
    assert message.status == OutboxMessage.Status.DELIVERED
    assert list(message.payload) == ["text", "user", "about", "subject"]
    assert (message.what, message.payload["text"]) == ("Courriel 0", sent.body)


def test_a_mail_that_is_no_longer_to_be_said_ends_unsent_and_not_dead(db: None) -> None:
    message = make_mail(moot=True)
    drain_outbox(now=NOW)
    message.refresh_from_db()
    assert (message.status, message.lease_until) == (OutboxMessage.Status.MOOT, None)
    assert message.moot_at
    assert NOW < message.moot_at < NOW + AN_ATTEMPT
    assert mail.outbox == []
    assert not OutboxMessage.objects.dead().exists()
    assert drain_outbox(now=NOW + timedelta(days=1)) == 0


def test_every_attempt_is_kept_with_its_answer(db: None, make: Receiver) -> None:
    make.will_answer(503, body=b"x" * 3000)
    event = make_event(make.url)
    drain_outbox(now=NOW)
    drain_outbox(now=NOW + timedelta(seconds=10))
    first, second = event.history.all()
    assert (first.number, first.started_at, first.delivered, first.status) == (1, NOW, False, 503)
    assert (first.error, first.answer) == ("", "x" * 2000)
    assert first.duration
    assert timedelta() < first.duration < AN_ATTEMPT
    assert (second.number, second.delivered, second.status, second.answer) == (2, True, 200, "Accepted")


def test_an_attempt_without_an_answer_says_why(db: None) -> None:
    event = make_event("http://127.0.0.1:1/crochet/secret")
    drain_outbox(now=NOW)
    (attempt,) = event.history.all()
    assert (attempt.status, attempt.answer) == (None, "")
    assert attempt.error.startswith("ConnectError")


def test_gone_stops_the_destination_until_it_is_resumed(
    db: None, make: Receiver, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make.will_answer(410, body=b"plus personne")
    first = make_event(make.url, 1)
    second = make_event(make.url, 2, about="autre")
    elsewhere = make_event(make.url + "/autre", 3)
    drain_outbox(now=NOW)
    assert numbers(make) == [1, 3]
    late = make_event(make.url, 4)
    assert drain_outbox(now=NOW + timedelta(days=30)) == 0
    for event in (first, second, elsewhere, late):
        event.refresh_from_db()
    assert [event.status for event in (first, second, elsewhere, late)] == [
        "dead",
        "waiting",
        "delivered",
        "waiting",
    ]
    stopped = StoppedDestination.objects.get()
    assert (stopped.url, stopped.answer, str(stopped)) == (make.url, "plus personne", host_of(make.url))
    with django_capture_on_commit_callbacks() as callbacks:
        assert resume_destination(stopped=stopped, user=admin, now=NOW) == 3
    assert callbacks
    assert not StoppedDestination.objects.exists()
    drain_outbox(now=NOW)
    assert numbers(make) == [1, 3, 1, 2, 4]


@pytest.mark.parametrize(
    "ends",
    [("delivered_at", "dead_at"), ("delivered_at", "moot_at"), ("dead_at", "moot_at")],
)
def test_a_row_has_one_end(db: None, ends: tuple[str, str]) -> None:
    with pytest.raises(IntegrityError, match="outbox_one_end"):
        make_event("https://hook.exemple.com/", 0, **dict.fromkeys(ends, NOW))


@pytest.mark.parametrize("status", OutboxMessage.Status.values)
def test_the_status_of_a_row_and_its_filter_agree(db: None, make: Receiver, status: str) -> None:
    rows = [
        make_event(make.url),
        make_event(make.url, delivered_at=NOW),
        make_event(make.url, dead_at=NOW),
        make_event(make.url, moot_at=NOW),
    ]
    found = OutboxMessage.objects.with_status(status)
    assert list(found) == [row for row in rows if row.status == status]
    assert len(found) == 1
