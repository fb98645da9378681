"""Claims, leases, order and the schedule of attempts, on real rows and a real receiver."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from accounts.models import User
from notifications import claims, delivery, leases
from notifications.claims import LEASE, Claim
from notifications.composing import compose
from notifications.models import DeliveryAttempt, OutboxMessage, StoppedDestination, host_of
from notifications.rules import Answer
from notifications.services import resume_destination
from tests.notifications.support import Receiver, drain_outbox

NOW = datetime(2026, 12, 7, 19, 30, tzinfo=UTC)
AN_ATTEMPT = timedelta(seconds=5)  # no attempt of these tests takes longer


def make_event(url: str, number: int = 0, **fields: object) -> OutboxMessage:
    return OutboxMessage.objects.create(
        kind="webhook",
        type="signup",
        destination=url,
        payload={"n": number},
        **{"available_at": NOW, **fields},
    )


def make_mail(number: int = 0, **about: object) -> OutboxMessage:
    payload = {"user": None, "about": {"subject": f"Courriel {number}", **about}}
    return OutboxMessage.objects.create(
        kind="mail", type="test.letter", destination="zoe@exemple.ca", payload=payload, available_at=NOW
    )


def numbers(make: Receiver) -> list[int]:
    return [json.loads(request.body)["payload"]["n"] for request in make.requests]


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


@pytest.mark.django_db(transaction=True)
def test_no_mail_is_written_inside_a_transaction() -> None:
    message = make_mail()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        compose(kind=message.type, to=message.destination, payload=message.payload, now=NOW)
    assert compose(kind=message.type, to=message.destination, payload=message.payload, now=NOW)


def test_a_lease_keeps_others_away_until_it_is_over(db: None, make: Receiver) -> None:
    event = make_event(make.url)
    assert claims.claim(event.pk, now=NOW)
    assert delivery.deliver(event.pk, now=NOW + LEASE - timedelta(seconds=1)) is None
    assert delivery.deliver(event.pk, now=NOW + LEASE) is not None
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DELIVERED, 2)


def test_who_lost_the_lease_does_not_touch_the_next_attempt(db: None) -> None:
    """The first worker hangs beyond its lease; a second is still at it when the first one fails."""
    event = make_event("https://hook.exemple.com/")
    later = NOW + LEASE
    first = claims.claim(event.pk, now=NOW)
    second = claims.claim(event.pk, now=later)
    assert first
    assert second
    failed = Answer(delivered=False, status=500, text="panne")
    assert not claims.write_down(first, failed, wait=timedelta(hours=1), ended_at=later)
    claims.renew(first, now=later + timedelta(hours=1))
    event.refresh_from_db()
    assert (event.lease_until, event.last_status, event.available_at) == (later + LEASE, None, NOW)
    arrived = Answer(delivered=True, status=200)
    assert claims.write_down(first, arrived, wait=None, ended_at=later)
    event.refresh_from_db()
    assert event.status == OutboxMessage.Status.DELIVERED
    assert not claims.write_down(second, failed, wait=None, ended_at=later)
    event.refresh_from_db()
    assert (event.status, event.last_status) == (OutboxMessage.Status.DELIVERED, 200)


def test_who_lost_a_message_that_was_sent_again_by_hand_does_not_touch_it(db: None) -> None:
    event = make_event("https://hook.exemple.com/")
    claimed = claims.claim(event.pk, now=NOW)
    assert claimed
    OutboxMessage.objects.update(attempts=0, lease_until=None)
    failed = Answer(delivered=False, status=500)
    assert not claims.write_down(claimed, failed, wait=timedelta(hours=1), ended_at=NOW)
    claims.renew(claimed, now=NOW)
    event.refresh_from_db()
    assert (event.attempts, event.available_at, event.lease_until) == (0, NOW, None)


def test_a_slow_attempt_keeps_its_lease_while_its_worker_lives(db: None) -> None:
    event = make_event("https://hook.exemple.com/")
    claimed = claims.claim(event.pk, now=NOW)
    assert claimed
    keeper = leases.Keeper()
    with keeper.hold(claimed, now=NOW):
        assert keeper.renew_old(older_than=5) == 0
        event.refresh_from_db()
        assert event.lease_until == NOW + LEASE
        assert keeper.renew_old(older_than=0) == 1
        event.refresh_from_db()
        assert event.lease_until
        assert event.lease_until > NOW + LEASE
    assert keeper.renew_old(older_than=0) == 0


def test_what_kills_its_worker_every_time_is_given_up(db: None, make: Receiver) -> None:
    event = make_event(make.url)
    now = NOW
    for _ in range(10):
        assert claims.claim(event.pk, now=now)
        assert claims.bury_exhausted(now=now) == 0
        now += LEASE
    assert claims.claim(event.pk, now=now) is None
    assert claims.bury_exhausted(now=now) == 1
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DEAD, 10)
    assert [(attempt.number, attempt.error) for attempt in event.history.all()] == [
        (number, "The worker stopped during the attempt") for number in range(1, 11)
    ]
    assert not DeliveryAttempt.objects.filter(ended_at=None).exists()
    assert make.requests == []


def test_later_events_wait_while_an_earlier_one_is_quickly_retried(db: None, make: Receiver) -> None:
    make.will_answer(500)
    make_event(make.url, 1)
    second = make_event(make.url, 2)
    assert drain_outbox(now=NOW) == 1
    assert delivery.deliver(second.pk, now=NOW) is None
    assert delivery.deliver_next(make.url, now=NOW) is None
    assert drain_outbox(now=NOW + timedelta(seconds=5)) == 2
    assert numbers(make) == [1, 1, 2]


def test_later_events_pass_one_that_has_come_to_the_long_waits(db: None, make: Receiver) -> None:
    make_event(make.url, 1, attempts=4, available_at=NOW + timedelta(minutes=5))
    make_event(make.url, 2)
    drain_outbox(now=NOW)
    drain_outbox(now=NOW + timedelta(minutes=5))
    assert numbers(make) == [2, 1]


def test_one_destination_does_not_wait_for_another(db: None, make: Receiver) -> None:
    make.will_answer(500)
    make_event(make.url, 1)
    make_event(make.url + "/autre", 2)
    assert drain_outbox(now=NOW) == 2


def test_the_sweep_finds_each_mail_and_the_first_events_of_each_destination(
    db: None, make: Receiver, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = make_event(make.url, 1)
    make_event(make.url, 2)
    beside = make_event(make.url, 2, about="autre")
    make_event(make.url, 2, about="tiers")
    other = make_event(make.url + "/autre", 3)
    make_event(make.url + "/plus-tard", 4, available_at=NOW + timedelta(seconds=1))
    make_event(make.url + "/mort", 5, dead_at=NOW)
    make_event(make.url + "/livre", 6, delivered_at=NOW)
    mails = [make_mail(1), make_mail(2)]
    with django_assert_num_queries(3):
        assert claims.due_webhooks(now=NOW, limit=2) == [first.pk, beside.pk, other.pk]
    assert claims.due_mails(now=NOW, limit=500) == [message.pk for message in mails]
    assert claims.due_mails(now=NOW, limit=1) == [mails[0].pk]


def test_events_about_different_things_do_not_wait_for_each_other(db: None, make: Receiver) -> None:
    make.will_answer(500)
    make_event(make.url, 1, about="zoe")
    make_event(make.url, 2, about="zoe")
    make_event(make.url, 3, about="max")
    assert drain_outbox(now=NOW) == 2
    drain_outbox(now=NOW + timedelta(seconds=10))
    assert numbers(make) == [1, 3, 1, 2]


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


def in_threads(count: int, work: Callable[[], object]) -> None:
    barrier = threading.Barrier(count)
    problems: list[Exception] = []

    def run() -> None:
        try:
            barrier.wait()
            work()
        except Exception as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_drainers_deliver_each_of_300_mails_once() -> None:
    for number in range(300):
        make_mail(number)
    in_threads(8, lambda: drain_outbox(now=NOW))
    assert Counter(sent.subject for sent in mail.outbox) == {f"Courriel {number}": 1 for number in range(300)}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_drainers_deliver_100_events_of_one_destination_once_and_in_order(make: Receiver) -> None:
    for number in range(100):
        make_event(make.url, number)
    in_threads(8, lambda: drain_outbox(now=NOW))
    assert drain_outbox(now=NOW) == 0
    assert numbers(make) == list(range(100))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_claim_the_same_race_sends_doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_and_take(message_id: UUID, *, now: datetime) -> Claim | None:
        message = OutboxMessage.objects.waiting().filter(pk=message_id, attempts=0).first()
        time.sleep(0.001)
        return Claim(message, id(message)) if message else None

    monkeypatch.setattr(claims, "claim", look_and_take)
    for number in range(50):
        make_mail(number)
    in_threads(8, lambda: drain_outbox(now=NOW))
    assert len(mail.outbox) > 50


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_delivers_loses_its_lease_and_another_delivers(make: Receiver) -> None:
    event = make_event(make.url)
    held = threading.Event()
    make.hold = held
    child = os.fork()
    if not child:
        connection.connection = None  # the parent's socket is not ours to close
        delivery.deliver(event.pk, now=NOW)
        os._exit(0)
    make.wait_for(1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    held.set()
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.WAITING, 1)
    assert drain_outbox(now=NOW + LEASE - timedelta(seconds=1)) == 0
    assert drain_outbox(now=NOW + LEASE) == 1
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DELIVERED, 2)
    assert len({json.loads(request.body)["event_id"] for request in make.requests}) == 1
