"""Stripe's events: handled by looking at Stripe, retried when that fails, never lost and never done twice."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django import Settings

from payments import webhooks
from payments.gateway import read_event
from payments.models import Checkout, Order, StripeEvent
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


def test_a_failed_handling_is_kept_and_tried_again(stripe_sandbox: StripeSandbox, settings: Settings) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    event = event_about(str(checkout.intent_id))
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    webhooks.handle(event_id=event.pk, now=timezone.now())
    event.refresh_from_db()
    assert (event.handled_at, event.attempts) == (None, 1)
    assert event.last_error

    settings.STRIPE_API_BASE = stripe_sandbox.base_url
    assert webhooks.handle_left_behind(now=timezone.now()) == 1
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
