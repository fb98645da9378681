"""Stripe's events: handled by looking at Stripe, retried when that fails, never lost and never done twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from payments.gateway import read_event
from payments.models import Checkout, Order, Review, StripeEvent
from payments.services import webhooks
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import ASKS_3D_SECURE, make_held_cart, make_shelf, start_and_pay

pytestmark = pytest.mark.django_db


def event_about(intent_id: str, *, id: str = "evt_1", type: str = "payment_intent.succeeded") -> StripeEvent:  # noqa: A002
    webhooks.receive(
        read_event(
            {
                "id": id,
                "type": type,
                "livemode": False,
                "api_version": "2026-10-28.endive",
                "data": {"object": {"id": intent_id, "object": "payment_intent"}},
            }
        )
    )
    return StripeEvent.objects.get(pk=id)


def test_an_event_settles_a_payment_whose_browser_was_closed(stripe_sandbox: StripeSandbox) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    event = event_about(str(checkout.intent_id))
    webhooks.handle(event_id=event.pk, now=timezone.now())
    event.refresh_from_db()
    assert event.handled_at
    assert Order.objects.get().checkout == checkout


def test_a_lie_about_the_payment_is_not_believed(stripe_sandbox: StripeSandbox) -> None:
    """The body says succeeded; Stripe, asked, says that nobody paid."""
    checkout = start_and_pay(make_held_cart(*make_shelf()), card=ASKS_3D_SECURE)
    webhooks.handle(event_id=event_about(str(checkout.intent_id)).pk, now=timezone.now())
    assert not Order.objects.exists()


def test_a_failed_handling_is_kept_and_tried_again(
    stripe_sandbox: StripeSandbox, stripe_away: Callable[[], None], settings: Settings
) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    event = event_about(str(checkout.intent_id))
    stripe_away()
    webhooks.handle(event_id=event.pk, now=timezone.now())
    event.refresh_from_db()
    assert (event.handled_at, event.attempts) == (None, 1)
    assert event.last_error

    settings.STRIPE_API_BASE = stripe_sandbox.base_url
    assert webhooks.handle_left_behind(now=timezone.now()) == 0
    assert webhooks.handle_left_behind(now=timezone.now() + timedelta(seconds=21)) == 1
    event.refresh_from_db()
    assert event.handled_at
    assert event.last_error == ""
    assert Order.objects.count() == 1


def test_an_error_of_ours_is_written_down_and_does_not_stop_the_others(
    stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start_and_pay(make_held_cart(*make_shelf()))
    second = start_and_pay(make_held_cart(*make_shelf()), email="lea@exemple.ca")
    event_about(str(first.intent_id), id="evt_1")
    event_about(str(second.intent_id), id="evt_2")
    real = webhooks.settle

    def broken_for_the_first(*, intent_id: str, now: object) -> Checkout | None:
        if intent_id == first.intent_id:
            raise ZeroDivisionError
        return real(intent_id=intent_id, now=now)  # type: ignore[arg-type]

    monkeypatch.setattr(webhooks, "settle", broken_for_the_first)
    webhooks.handle_left_behind(now=timezone.now())
    assert StripeEvent.objects.get(pk="evt_1").last_error == "ZeroDivisionError()"
    assert StripeEvent.objects.get(pk="evt_2").handled_at


def test_events_in_any_order_and_number_make_one_order(stripe_sandbox: StripeSandbox) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    types = ["payment_intent.payment_failed", "payment_intent.succeeded", "payment_intent.processing"]
    for number, type_ in enumerate(types * 3):
        event_about(str(checkout.intent_id), id=f"evt_{number}", type=type_)
    webhooks.handle_left_behind(now=timezone.now())
    assert Order.objects.count() == 1
    assert not StripeEvent.objects.filter(handled_at__isnull=True).exists()


def test_an_event_about_somebody_elses_intent_is_handled_by_ignoring_it(
    stripe_sandbox: StripeSandbox,
) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    intent_id = str(checkout.intent_id)
    Checkout.objects.update(intent_id="pi_other")
    webhooks.handle(event_id=event_about(intent_id).pk, now=timezone.now())
    assert StripeEvent.objects.get().handled_at
    assert not Order.objects.exists()


class TestRetries:
    def test_each_failure_waits_longer_until_a_person_is_told_and_it_goes_on(
        self, stripe_sandbox: StripeSandbox, stripe_away: Callable[[], None], settings: Settings
    ) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        event = event_about(str(checkout.intent_id))
        stripe_away()
        at = timezone.now()
        for number, (wait, told) in enumerate([(20, 0), (60, 0), (180, 0), (600, 1), (600, 1)], start=1):
            assert webhooks.handle_left_behind(now=at) == 1
            event.refresh_from_db()
            assert (event.attempts, event.handled_at) == (number, None)
            assert event.next_attempt_at == at + timedelta(seconds=wait)
            assert webhooks.handle_left_behind(now=at + timedelta(seconds=wait - 1)) == 0
            assert Review.objects.count() == told
            at += timedelta(seconds=wait)
        review = Review.objects.get()
        assert (review.kind, review.event, review.checkout) == (Review.Kind.EVENT_FAILED, event, checkout)

        settings.STRIPE_API_BASE = stripe_sandbox.base_url
        assert webhooks.handle_left_behind(now=at) == 1
        event.refresh_from_db()
        assert (event.outcome, event.last_error) == ("done", "")
        review.refresh_from_db()
        assert review.resolution == "Traité depuis."
        assert Order.objects.count() == 1

    def test_reconciliation_does_not_wait(self, stripe_sandbox: StripeSandbox) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        event = event_about(str(checkout.intent_id))
        StripeEvent.objects.update(attempts=9, next_attempt_at=timezone.now() + timedelta(minutes=9))
        assert webhooks.handle_left_behind(now=timezone.now(), at_once=True) == 1
        event.refresh_from_db()
        assert event.outcome == "done"

    def test_what_one_is_at_is_left_alone_until_that_one_must_be_dead(
        self, stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        event = event_about(str(checkout.intent_id))
        at = timezone.now()
        real, inside = webhooks.settle, []

        def meanwhile(**kwargs: Any) -> Checkout | None:
            inside.append(webhooks.handle(event_id=event.pk, now=at + timedelta(seconds=19)).attempts)
            return real(**kwargs)

        monkeypatch.setattr(webhooks, "settle", meanwhile)
        webhooks.handle(event_id=event.pk, now=at)
        event.refresh_from_db()
        assert (inside, event.attempts, event.outcome) == ([1], 1, "done")

    def test_an_event_that_says_nothing_to_us_is_handled_once(self) -> None:
        event = event_about("pi_1", type="payment_intent.amount_capturable_updated")
        for _time in range(2):
            webhooks.handle(event_id=event.pk, now=timezone.now())
        event.refresh_from_db()
        assert (event.outcome, event.attempts) == ("unknown_type", 1)

    def test_another_accounts_intent_is_none_of_ours(self, stripe_sandbox: StripeSandbox) -> None:
        event = webhooks.handle(event_id=event_about("pi_unheard_of").pk, now=timezone.now())
        assert event.outcome == "foreign"

    def test_our_intent_that_stripe_says_not_to_know_is_a_failure(
        self, stripe_sandbox: StripeSandbox
    ) -> None:
        """As with a key of another account: money may be waiting there."""
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        event = event_about(str(checkout.intent_id))
        stripe_sandbox.control("clear")
        event = webhooks.handle(event_id=event.pk, now=timezone.now())
        assert (event.handled_at, event.attempts) == (None, 1)
        assert "No such payment_intent" in event.last_error
