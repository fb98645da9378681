"""Events about one thing arrive in their order; nobody else waits for them."""

from __future__ import annotations

from datetime import timedelta

from pytest_django import DjangoAssertNumQueries

from notifications import claims, delivery
from tests.notifications.support import (
    NOW,
    Receiver,
    drain_outbox,
    make_event,
    make_mail,
    numbers,
)


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
