"""From the commit through Redis and a real worker to a real receiver."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import dramatiq
import pytest
import redis
from django.core import mail
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook

from notifications import rules
from notifications.models import OutboxMessage, TaskRun
from notifications.services import record_event, record_mail
from notifications.tasks import deliver_due
from tests.notifications.support import Receiver, broker, queued

ZOE = UUID("7b1c0a52-3f0e-4a4c-9d5f-0d6f1f4b8f11")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def empty_queues() -> Iterator[None]:
    broker().flush_all()
    yield
    broker().flush_all()


@pytest.fixture
def worker() -> Iterator[None]:
    working = dramatiq.Worker(broker(), worker_threads=4, worker_timeout=50)
    working.start()
    yield
    working.stop()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first waits are tenths of a second."""
    monkeypatch.setattr(rules, "WAITS", (timedelta(seconds=0.1),) * 3 + rules.LONG_WAITS)


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    with monkeypatch.context() as broken:
        nowhere = redis.Redis.from_url("redis://127.0.0.1:1/0")
        broken.setitem(broker().scripts, "dispatch", nowhere.register_script(b"return 1"))
        yield broken


def sign_up(name: str = "Zoé") -> OutboxMessage:
    now = timezone.now()
    with transaction.atomic():
        recorded = record_event(
            type="signup",
            payload={
                "user_id": ZOE,
                "role": "student",
                "email": "zoe@exemple.ca",
                "first_name": name,
                "last_name": "Roy",
                "created_at": now,
            },
            now=now,
        )
    assert recorded
    return OutboxMessage.objects.get(pk=recorded)


def until_nothing_waits(seconds: float = 15) -> None:
    stop = time.monotonic() + seconds
    while OutboxMessage.objects.waiting().exists():
        assert time.monotonic() < stop, "still waiting"
        time.sleep(0.05)


def test_a_commit_is_told_at_once(worker: None, make: Receiver, settings: Settings) -> None:
    settings.MAKE_WEBHOOK_SECRET = SECRET
    event = sign_up()
    (request,) = make.wait_for(1)
    body = Webhook(SECRET).verify(request.body, request.headers)
    assert list(body) == ["type", "event_id", "sent_at", "payload"]
    assert (body["type"], body["event_id"]) == ("signup", str(event.pk))
    assert body["payload"]["first_name"] == "Zoé"
    until_nothing_waits()
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DELIVERED, 1)


def test_retries_bear_the_same_id(worker: None, quick: None, make: Receiver) -> None:
    make.will_answer(500)
    make.will_answer(503)
    event = sign_up()
    requests = make.wait_for(3)
    assert [json.loads(request.body)["event_id"] for request in requests] == [str(event.pk)] * 3
    until_nothing_waits()
    event.refresh_from_db()
    assert (event.status, event.attempts) == (OutboxMessage.Status.DELIVERED, 3)


def test_events_arrive_in_the_order_in_which_they_happened(worker: None, quick: None, make: Receiver) -> None:
    for _ in range(2):
        make.will_answer(500)
    for number in range(20):
        sign_up(str(number))
    until_nothing_waits()
    names = [json.loads(request.body)["payload"]["first_name"] for request in make.requests]
    assert names == ["0", "0", *(str(number) for number in range(20))]


def test_a_mail_is_sent(worker: None) -> None:
    with transaction.atomic():
        record_mail(kind="test.letter", to="zoe@exemple.ca", about={"subject": "Bonjour"}, now=timezone.now())
    until_nothing_waits()
    assert [sent.to for sent in mail.outbox] == [["zoe@exemple.ca"]]


def test_a_commit_without_redis_is_told_by_the_next_sweep(
    worker: None, make: Receiver, no_redis: pytest.MonkeyPatch
) -> None:
    event = sign_up()
    no_redis.undo()
    assert queued("webhooks") == 0
    assert event.status == OutboxMessage.Status.WAITING
    deliver_due.send()
    make.wait_for(1)
    until_nothing_waits()
    assert len(make.requests) == 1
    assert TaskRun.objects.get(name="notifications_deliver_due").last_success_at


def test_a_wiped_redis_loses_nothing_and_doubles_nothing(make: Receiver) -> None:
    for number in range(40):
        sign_up(str(number))
    assert queued("webhooks") == 40
    working = dramatiq.Worker(broker(), worker_threads=4, worker_timeout=50)
    working.start()
    make.wait_for(5)
    working.stop()
    assert broker().client.delete(*broker().client.keys(f"{broker().namespace}*"))
    working = dramatiq.Worker(broker(), worker_threads=4, worker_timeout=50)
    working.start()
    deliver_due.send()
    until_nothing_waits()
    working.stop()
    ids = Counter(json.loads(request.body)["event_id"] for request in make.requests)
    assert len(ids) == 40
    assert set(ids.values()) == {1}
