"""The outbox follows its settings, and forgets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from notifications import claims, purging, stops
from notifications.models import DeliveryAttempt, OutboxMessage, StoppedDestination
from notifications.purging import purge
from tests.notifications.support import NOW, Receiver, drain_outbox, make_event, make_mail

OLD, NEW = "https://ancien.exemple.com/", "https://nouveau.exemple.com/"


def send_signups_to(url: str, settings: Settings) -> None:
    settings.MAKE_WEBHOOK_URLS = {**settings.MAKE_WEBHOOK_URLS, "SIGNUP": url}


def test_what_waits_follows_a_changed_url_and_leaves_a_stopped_one(db: None, settings: Settings) -> None:
    send_signups_to(NEW, settings)
    waiting = make_event(OLD)
    leased = make_event(OLD, lease_until=NOW)
    done = make_event(OLD, delivered_at=NOW)
    mail = make_mail()
    stops.stop(OLD, answer="", now=NOW)
    stops.stop(NEW, answer="", now=NOW)
    assert stops.follow_urls() == 1
    found = dict(OutboxMessage.objects.values_list("pk", "destination"))
    assert [found[row.pk] for row in (waiting, leased, done)] == [NEW, OLD, OLD]
    assert found[mail.pk] == mail.destination
    assert [stopped.url for stopped in StoppedDestination.objects.all()] == [NEW]
    assert stops.follow_urls() == 0


def test_what_waits_stays_where_no_url_is_set_any_more(db: None, settings: Settings) -> None:
    send_signups_to("", settings)
    event = make_event(OLD)
    assert stops.follow_urls() == 0
    event.refresh_from_db()
    assert event.destination == OLD


def test_old_deliveries_go_with_their_attempts_and_nothing_else(db: None, make: Receiver) -> None:
    for number in range(3):
        make_event(make.url, number)
    drain_outbox(now=NOW)
    dead, waiting = make_event(make.url, dead_at=NOW), make_event(make.url)
    moot = make_mail(moot=True)
    drain_outbox(now=NOW)
    OutboxMessage.objects.filter(pk=waiting.pk).update(delivered_at=None)
    OutboxMessage.objects.update(created_at=NOW)
    assert DeliveryAttempt.objects.count() == 5
    assert purge(before=NOW) == 0
    assert purge(before=NOW + timedelta(minutes=1)) == 4
    assert set(OutboxMessage.objects.all()) == {dead, waiting}
    assert [attempt.message_id for attempt in DeliveryAttempt.objects.all()] == [waiting.pk]
    assert not OutboxMessage.objects.filter(pk=moot.pk).exists()


def test_old_deliveries_go_in_batches(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    for number in range(5):
        make_event(NEW, number, delivered_at=NOW)
    OutboxMessage.objects.update(created_at=NOW)
    assert purge(before=NOW + timedelta(minutes=1)) == 5


def test_the_next_event_is_found_by_an_index_however_many_wait(db: None) -> None:
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            kind="webhook",
            type="signup",
            destination=NEW,
            about=str(number % 500),
            payload={},
            available_at=NOW,
        )
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_outboxmessage")
    with CaptureQueriesContext(connection) as asked:
        assert claims.claim_next(NEW, now=NOW)
    (claim,) = asked.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + claim["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using outbox_order on notifications_outboxmessage m" in plan
    assert "Index Scan using outbox_about on notifications_outboxmessage earlier" in plan
    assert "Sort" not in plan
