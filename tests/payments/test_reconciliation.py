"""What was lost on the way is asked of Stripe again; what stays open all the same is shown to a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from booking.models import TimeClaim
from notifications.models import TaskRun
from payments.models import Checkout, Order, Refund, Review, StripeEvent
from payments.services import reconciliation, settle
from payments.services.reconciliation import RUN, EventsNotFetched, reconcile, reconcile_since_last_success
from payments.tasks import reconcile_payments, send_refunds_left_behind
from tests.factories import make_lesson
from tests.payments.orders import make_paid_order
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import (
    ASKS_3D_SECURE,
    make_held_cart,
    make_shelf,
    next_lesson_time,
    start,
    start_and_pay,
)

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def lose_every_webhook(sandbox: StripeSandbox) -> None:
    sandbox.send_webhooks_to(f"{sandbox.receiver_url}/nobody")
    sandbox.control("drop")


def now() -> datetime:
    return timezone.now()


def test_events_that_were_never_delivered_are_handled_as_if_they_had_been(
    stripe_sandbox: StripeSandbox,
) -> None:
    lose_every_webhook(stripe_sandbox)
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    settle(intent_id=str(checkout.intent_id), now=now())
    stripe_sandbox.control("dispute", intent=checkout.intent_id)
    assert not StripeEvent.objects.exists()

    report = reconcile(now=now())

    # payment_intent.created and .succeeded, charge.dispute.created
    assert (report.events, report.fetched, report.failed) == (3, True, [])
    assert Review.objects.get().kind == Review.Kind.DISPUTE
    assert not StripeEvent.objects.filter(handled_at=None).exists()
    assert reconcile(now=now()).events == 0


def test_events_are_asked_for_from_an_hour_before_the_last_success(
    stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []

    def undelivered_events(_self: object, *, since: datetime) -> list[object]:
        asked.append(since)
        return []

    monkeypatch.setattr("payments.gateway.Gateway.undelivered_events", undelivered_events)
    at = now()
    for last_success in (None, at - 10 * MINUTE, at - 60 * DAY):
        reconcile(now=at, last_success=last_success)
    month = at - timedelta(days=29, hours=23, minutes=55)
    assert asked == [month, at - 70 * MINUTE, month]


def test_a_run_that_could_not_fetch_events_does_the_rest_and_is_no_success(
    stripe_sandbox: StripeSandbox,
) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    stripe_sandbox.control("fail", path="/v1/events", n=3, status=500)
    with pytest.raises(EventsNotFetched):
        reconcile_payments()
    checkout.refresh_from_db()
    assert checkout.status == Checkout.Status.SETTLED
    assert TaskRun.objects.get(name=RUN).last_success_at is None

    reconcile_payments()
    assert TaskRun.objects.get(name=RUN).last_success_at
    assert reconcile_payments.actor_name == RUN


def test_one_that_fails_never_stops_the_others(
    stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, tutor = make_shelf()
    first = start_and_pay(make_held_cart(course, tutor))
    second = start_and_pay(
        make_held_cart(course, tutor, starts=[next_lesson_time(hour=14)]), email="lea@exemple.ca"
    )
    real = reconciliation.settle

    def broken_for_the_first(*, intent_id: str, now: datetime) -> Checkout | None:
        return real(intent_id=intent_id, now=now) if intent_id != first.intent_id else 1 / 0  # type: ignore[return-value]

    monkeypatch.setattr(reconciliation, "settle", broken_for_the_first)
    monkeypatch.setattr(reconciliation.webhooks, "handle_left_behind", lambda **_kwargs: 0)
    report = reconcile(now=now())
    assert report.failed == [str(first.pk)]
    assert Order.objects.get().checkout == second


def test_a_checkout_without_an_intent_is_freed_though_stripe_is_away(
    stripe_sandbox: StripeSandbox, stripe_away: Callable[[], None]
) -> None:
    checkout = start(make_held_cart(*make_shelf()))
    stripe_away()
    report = reconcile(now=now() + 5 * MINUTE)
    assert (report.still_open, TimeClaim.objects.get().state) == (1, "paying")
    reconcile(now=now() + 11 * MINUTE)
    checkout.refresh_from_db()
    assert checkout.status == Checkout.Status.CANCELLED
    assert not TimeClaim.objects.filter(state="paying").exists()


class TestAPaymentWithoutAnAnswer:
    def test_it_is_shown_an_hour_after_its_deadline_and_not_before(
        self, stripe_sandbox: StripeSandbox, stripe_away: Callable[[], None]
    ) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()), card=ASKS_3D_SECURE)
        stripe_away()
        reconcile(now=checkout.deadline + 59 * MINUTE)
        assert not Review.objects.exists()
        for _time in range(2):
            reconcile(now=checkout.deadline + HOUR)
        review = Review.objects.get()
        assert (review.kind, review.checkout) == (Review.Kind.STUCK_PAYMENT, checkout)
        assert TimeClaim.objects.get().state == "paying"

    def test_settlement_closes_it(self, stripe_sandbox: StripeSandbox) -> None:
        stripe_sandbox.control("processing", n=1)
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        later = checkout.deadline + HOUR
        reconcile(now=later)
        assert Review.objects.open().count() == 1
        stripe_sandbox.control("intent", intent=checkout.intent_id, succeeded=True)
        settle(intent_id=str(checkout.intent_id), now=later)
        review = Review.objects.get()
        assert (review.resolved_at, review.resolution) == (later, "Réglé depuis.")

    def test_cancelling_closes_it(
        self, stripe_sandbox: StripeSandbox, stripe_away: Callable[[], None], settings: Settings
    ) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()), card=ASKS_3D_SECURE)
        stripe_away()
        reconcile(now=checkout.deadline + HOUR)
        settings.STRIPE_API_BASE = stripe_sandbox.base_url
        reconcile(now=checkout.deadline + HOUR)
        assert Review.objects.get().resolution == "Annulé depuis."


class TestRefunds:
    def refund_that_waits(self, sandbox: StripeSandbox) -> Refund:
        sandbox.control("refund", status="pending")
        course, tutor = make_shelf()
        checkout = start_and_pay(make_held_cart(course, tutor))
        TimeClaim.objects.all().delete()
        make_lesson(course=course, tutor=tutor, start=next_lesson_time())
        settle(intent_id=str(checkout.intent_id), now=now())
        return Refund.objects.get()

    def test_one_that_waits_at_stripe_is_asked_about_again(self, stripe_sandbox: StripeSandbox) -> None:
        refund = self.refund_that_waits(stripe_sandbox)
        assert refund.status == Refund.Status.PENDING
        stripe_sandbox.control("refund", refund=refund.stripe_refund_id, status="succeeded")
        reconcile(now=now())
        refund.refresh_from_db()
        assert refund.status == Refund.Status.SUCCEEDED

    def test_one_that_waits_for_a_day_is_shown_until_stripe_answers(
        self, stripe_sandbox: StripeSandbox
    ) -> None:
        refund = self.refund_that_waits(stripe_sandbox)
        reconcile(now=now() + 23 * HOUR)
        assert not Review.objects.exists()
        reconcile(now=now() + 25 * HOUR)
        review = Review.objects.get()
        assert (review.kind, review.refund, review.order) == (
            Review.Kind.STUCK_REFUND, refund, refund.order,
        )  # fmt: skip
        stripe_sandbox.control("refund", refund=refund.stripe_refund_id, status="succeeded")
        reconcile(now=now() + 26 * HOUR)
        assert not Review.objects.open().exists()

    def test_one_whose_process_died_is_sent_within_the_minute(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        refund = Refund.objects.create(
            order=order, amount_cad="45.00", reason="x", source=Refund.Source.ADMIN
        )
        send_refunds_left_behind()
        refund.refresh_from_db()
        assert refund.status == Refund.Status.PENDING  # its process may still be at it
        Refund.objects.update(created_at=now() - MINUTE)
        send_refunds_left_behind()
        refund.refresh_from_db()
        assert refund.status == Refund.Status.SUCCEEDED


class TestCommand:
    def test_it_tells_what_it_did(
        self, stripe_sandbox: StripeSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lose_every_webhook(stripe_sandbox)
        start_and_pay(make_held_cart(*make_shelf()))
        call_command("reconcile_payments")
        assert capsys.readouterr().out.startswith("settled 0, cancelled 0, still open 0, events fetched 2,")
        assert Order.objects.count() == 1

    def test_it_does_not_run_beside_another_unless_told_to(self, stripe_sandbox: StripeSandbox) -> None:
        TaskRun.objects.create(name=RUN, lease_until=now() + MINUTE)
        start_and_pay(make_held_cart(*make_shelf()))
        with pytest.raises(CommandError, match="under way"):
            call_command("reconcile_payments")
        assert not Order.objects.exists()
        call_command("reconcile_payments", force=True)
        assert Order.objects.exists()

    def test_it_says_that_stripe_is_away(self, stripe_away: Callable[[], None]) -> None:
        stripe_away()
        with pytest.raises(CommandError, match="undelivered"):
            call_command("reconcile_payments")

    def test_a_scheduled_run_beside_it_does_nothing(self, stripe_sandbox: StripeSandbox) -> None:
        TaskRun.objects.create(name=RUN, lease_until=now() + MINUTE)
        start_and_pay(make_held_cart(*make_shelf()))
        reconcile_payments()
        assert not Order.objects.exists()


def test_what_is_done_again_changes_nothing(stripe_sandbox: StripeSandbox) -> None:
    start_and_pay(make_held_cart(*make_shelf()))
    for _time in range(3):
        reconcile_since_last_success(now=now())
    assert Order.objects.count() == 1
