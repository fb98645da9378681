"""Workers at once, and workers killed: every message once, with the control that shows the race."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection, transaction

from notifications import claims, delivery
from notifications.claims import LEASE, Claim
from notifications.composing import compose
from notifications.models import OutboxMessage
from tests.booking.racing import race
from tests.notifications.support import (
    NOW,
    Receiver,
    drain_outbox,
    make_event,
    make_mail,
    numbers,
)


@pytest.mark.django_db(transaction=True)
def test_no_mail_is_written_inside_a_transaction() -> None:
    message = make_mail()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        compose(kind=message.type, to=message.destination, payload=message.payload, now=NOW)
    assert compose(kind=message.type, to=message.destination, payload=message.payload, now=NOW)


def in_threads(count: int, work: Callable[[], object]) -> None:
    assert not [result for result in race([work] * count) if isinstance(result, Exception)]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_drainers_deliver_each_of_80_mails_once() -> None:
    for number in range(80):
        make_mail(number)
    in_threads(8, lambda: drain_outbox(now=NOW))
    assert Counter(sent.subject for sent in mail.outbox) == {f"Courriel {number}": 1 for number in range(80)}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_drainers_deliver_40_events_of_one_destination_once_and_in_order(make: Receiver) -> None:
    for number in range(40):
        make_event(make.url, number)
    in_threads(8, lambda: drain_outbox(now=NOW))
    assert drain_outbox(now=NOW) == 0
    assert numbers(make) == list(range(40))


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
