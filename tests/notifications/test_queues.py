"""Which work waits behind which: nothing that a booking needs waits behind a webhook."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import dramatiq
import pytest
from django.conf import settings as django_settings
from django.utils.module_loading import autodiscover_modules
from dramatiq.brokers.redis import RedisBroker

from notifications.lanes import Lanes, lanes
from notifications.models import OutboxMessage
from tests.notifications.support import Receiver, broker, make_event, receiver

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def queue_of() -> dict[str, str]:
    """Of each actor that the workers load."""
    autodiscover_modules("tasks")
    return {name: actor.queue_name for name, actor in dramatiq.get_broker().actors.items()}


def queues_of(line: str) -> list[str]:
    words = shlex.split(line)
    start = words.index("--queues") + 1
    return words[start : next(i for i, word in enumerate(words[start:], start) if word.startswith("--"))]


def test_each_queue_has_its_workers_and_webhooks_have_their_own() -> None:
    lines = (django_settings.ROOT / "Procfile").read_text().splitlines()
    served = [queues_of(line) for line in lines if "rundramatiq" in line]
    assert served == [["critical"], ["mail", "slow", "default"], ["webhooks"]]
    assert set(queue_of().values()) == {"critical", "mail", "slow", "webhooks", "default"}
    of_others = {name for name, queue in queue_of().items() if queue == "default"}
    assert of_others <= {"delete_old_tasks", "heartbeat"}


def test_what_others_wait_for_is_critical_and_what_takes_long_is_slow() -> None:
    def held_by(queue: str) -> set[str]:
        return {name for name, its_queue in queue_of().items() if its_queue == queue}

    assert held_by("critical") == {
        "handle_stripe_event",
        "payments_handle_events_left_behind",
        "payments_send_refunds_left_behind",
        "booking_sweep_expired_holds",
        "notifications_deliver_due",
    }
    assert held_by("webhooks") == {
        "deliver_webhook",
        "post_event",
        "tell_of_lost_event",
    }
    assert held_by("mail") == {"deliver_mail"}


def test_a_destination_holds_a_quarter_of_the_threads_and_one_that_is_silent_a_single_one() -> None:
    road = Lanes()
    road.share(16)
    assert [road.enter("a") for _ in range(5)] == [True, True, True, True, False]
    assert road.enter("b")
    road.note("a", answered=False)
    assert not road.has_room("a")
    assert road.leave("a")  # somebody was turned away: look again
    assert not road.leave("a")
    assert not road.enter("a")
    assert road.leave("a")
    assert not road.leave("a")
    assert [road.enter("a"), road.enter("a")] == [True, False]
    road.note("a", answered=True)
    assert [road.enter("a") for _ in range(4)] == [True, True, True, False]


def test_two_threads_are_shared_by_at_least_two_destinations() -> None:
    road = Lanes()
    road.share(2)
    assert [road.enter("a"), road.enter("a"), road.enter("b")] == [True, False, True]


@contextmanager
def two_threads() -> Iterator[None]:
    before = lanes._width
    working = dramatiq.Worker(broker(), worker_threads=2, queues={"webhooks"})
    working.start()
    try:
        yield
    finally:
        working.stop()
        lanes._width = before


def wake_all() -> None:
    actor = RedisBroker.get_actor(broker(), "deliver_webhook")
    for pk in OutboxMessage.objects.order_by("created_at").values_list("pk", flat=True):
        actor.send(str(pk))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_a_destination_that_hangs_delays_no_other(
    make: Receiver, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads, five events for one that hangs, then one for another. Without the lanes it waits."""
    if not guarded:
        monkeypatch.setattr(lanes, "enter", lambda destination: True)
        monkeypatch.setattr(lanes, "leave", lambda destination: False)
        monkeypatch.setattr(lanes, "has_room", lambda destination: True)
    broker().flush_all()
    make.hold = threading.Event()
    with receiver() as other:
        for number in range(5):
            make_event(make.url, number, about=str(number), available_at=NOW)
        make_event(other.url, 9, available_at=NOW)
        wake_all()
        with two_threads():
            make.wait_for(1 if guarded else 2)
            came = len(other.wait_for(1, seconds=3 if guarded else 0.5))
            hanging = len(make.requests)
            make.hold.set()
            stop = time.monotonic() + 10
            while OutboxMessage.objects.waiting().exists() and time.monotonic() < stop:
                time.sleep(0.02)
    assert (came, hanging) == ((1, 1) if guarded else (0, 2))
    assert not OutboxMessage.objects.waiting().exists()  # and who was turned away is not forgotten
    broker().flush_all()
