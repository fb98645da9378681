"""Who has claimed a message, for how long, and what becomes of one whose worker is gone."""

from __future__ import annotations

from datetime import timedelta

from notifications import claims, delivery, leases
from notifications.claims import LEASE
from notifications.models import DeliveryAttempt, OutboxMessage
from notifications.rules import Answer
from tests.notifications.support import (
    NOW,
    Receiver,
    make_event,
)


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
