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

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications import delivery
from notifications.composing import compose
from notifications.models import OutboxMessage, OutboxQuerySet
from tests.notifications.support import Receiver, drain_outbox

NOW = datetime(2026, 12, 7, 19, 30, tzinfo=UTC)


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
    assert (event.delivered_at, event.attempts, event.lease_until, event.last_status) == (NOW, 1, None, 200)
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
        assert timedelta(seconds=least) <= wait <= timedelta(seconds=least * 1.2)
    assert event.status == OutboxMessage.Status.DEAD
    assert (event.dead_at, event.attempts, event.last_status, event.last_error) == (now, 10, 500, "panne")
    assert {json.loads(request.body)["event_id"] for request in make.requests} == {str(event.pk)}
    assert drain_outbox(now=now + timedelta(days=365)) == 0
    assert len(make.requests) == 10


def test_retry_after_is_obeyed(db: None, make: Receiver) -> None:
    make.will_answer(429, {"Retry-After": "3600"})
    event = make_event(make.url)
    drain_outbox(now=NOW)
    event.refresh_from_db()
    assert event.available_at == NOW + timedelta(hours=1)


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
    assert (message.status, message.moot_at, message.lease_until) == (
        OutboxMessage.Status.MOOT,
        NOW,
        None,
    )
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
    assert delivery._claim(OutboxMessage.objects.filter(pk=event.pk), NOW)
    assert delivery.deliver(event.pk, now=NOW + delivery.LEASE - timedelta(seconds=1)) is None
    assert delivery.deliver(event.pk, now=NOW + delivery.LEASE) is not None
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DELIVERED, 2)


def test_who_lost_the_lease_does_not_touch_the_next_attempt(
    db: None, make: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker hangs beyond its lease; a second is still at it when the first one fails."""
    event = make_event(make.url)
    later = NOW + delivery.LEASE
    first = delivery._claim(OutboxMessage.objects.all(), NOW)
    second = delivery._claim(OutboxMessage.objects.all(), later)
    assert first
    assert second
    assert delivery._write_down(first, delivery.Answer(delivered=False, status=500), NOW) is None
    event.refresh_from_db()
    assert (event.lease_until, event.last_status) == (later + delivery.LEASE, None)
    assert delivery._write_down(first, delivery.Answer(delivered=True, status=200), NOW) is None
    event.refresh_from_db()
    assert event.status == OutboxMessage.Status.DELIVERED


def test_what_kills_its_worker_every_time_is_given_up(db: None, make: Receiver) -> None:
    event = make_event(make.url)
    now = NOW
    for _ in range(10):
        assert delivery._claim(OutboxMessage.objects.all(), now)
        assert delivery.bury_exhausted(now=now) == 0
        now += delivery.LEASE
    assert delivery._claim(OutboxMessage.objects.all(), now) is None
    assert delivery.bury_exhausted(now=now) == 1
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DEAD, 10)
    assert make.requests == []


def test_later_events_wait_while_an_earlier_one_is_quickly_retried(db: None, make: Receiver) -> None:
    make.will_answer(500)
    make_event(make.url, 1)
    second = make_event(make.url, 2)
    assert drain_outbox(now=NOW) == 1
    assert delivery.deliver(second.pk, now=NOW) is None
    assert delivery.next_due(make.url, now=NOW) is None
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


def test_the_sweep_finds_each_mail_and_the_first_event_of_each_destination(
    db: None, make: Receiver, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = make_event(make.url, 1)
    make_event(make.url, 2)
    other = make_event(make.url + "/autre", 3)
    make_event(make.url + "/plus-tard", 4, available_at=NOW + timedelta(seconds=1))
    make_event(make.url + "/mort", 5, dead_at=NOW)
    make_event(make.url + "/livre", 6, delivered_at=NOW)
    mails = [make_mail(1), make_mail(2)]
    with django_assert_num_queries(2):
        assert delivery.left_behind(now=NOW) == [first, other, *mails]


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
    def look_and_take(messages: OutboxQuerySet, now: datetime) -> OutboxMessage | None:
        message = delivery._claimable(messages, now).first()
        time.sleep(0.001)
        return message

    monkeypatch.setattr(delivery, "_claim", look_and_take)
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
    assert drain_outbox(now=NOW + timedelta(seconds=60)) == 0
    assert drain_outbox(now=NOW + delivery.LEASE) == 1
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DELIVERED, 2)
    assert len({json.loads(request.body)["event_id"] for request in make.requests}) == 1
