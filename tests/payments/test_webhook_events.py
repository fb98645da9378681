"""Every event that may come, in every state that a payment may be in, and in every order of arrival.

What an event says is never believed: what becomes of the payment depends on its state alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone

from booking.models import Appointment
from notifications.models import OutboxMessage
from payments.errors import PaymentDeclined
from payments.gateway import gateway, read_event
from payments.models import Checkout, CreditEntry, Order, Refund, Review, StripeEvent
from payments.services import cancel_checkout, settle, webhooks
from tests.factories import make_user
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import (
    ASKS_3D_SECURE,
    DECLINED,
    give_credits,
    make_held_cart,
    make_shelf,
    start_and_pay,
)

pytestmark = pytest.mark.django_db
Status = Checkout.Status

PAYMENT_EVENTS = [
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
    "payment_intent.requires_action",
]
REFUND_EVENTS = ["refund.created", "refund.updated", "refund.failed", "charge.refunded"]
DISPUTE_EVENTS = [
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
]
OTHER_EVENTS = ["payment_intent.created", "charge.succeeded", "payment_method.attached", "invoice.paid"]


def paid(sandbox: StripeSandbox) -> Checkout:
    return start_and_pay(make_held_cart(*make_shelf()))


def unanswered(sandbox: StripeSandbox) -> Checkout:
    return start_and_pay(make_held_cart(*make_shelf()), card=ASKS_3D_SECURE)


def declined(sandbox: StripeSandbox) -> Checkout:
    with suppress(PaymentDeclined):
        start_and_pay(make_held_cart(*make_shelf()), card=DECLINED)
    return Checkout.objects.get()


def processing(sandbox: StripeSandbox) -> Checkout:
    sandbox.control("processing", n=1)
    return paid(sandbox)


def cancelled(sandbox: StripeSandbox) -> Checkout:
    return cancel_checkout(checkout=unanswered(sandbox), now=timezone.now())


def cancelled_at_stripe(sandbox: StripeSandbox) -> Checkout:
    checkout = unanswered(sandbox)
    gateway().cancel_intent(intent_id=str(checkout.intent_id))
    return checkout


def cancelled_then_paid(sandbox: StripeSandbox) -> Checkout:
    checkout = paid(sandbox)
    Checkout.objects.update(status=Status.CANCELLED)
    return checkout


def settled(sandbox: StripeSandbox) -> Checkout:
    checkout = paid(sandbox)
    return settle(intent_id=str(checkout.intent_id), now=timezone.now()) or checkout


def settled_then_refunded(sandbox: StripeSandbox) -> Checkout:
    checkout = settled(sandbox)
    sandbox.control("dashboard_refund", intent=checkout.intent_id)
    return checkout


def refunded_before_it_was_settled(sandbox: StripeSandbox) -> Checkout:
    checkout = paid(sandbox)
    sandbox.control("dashboard_refund", intent=checkout.intent_id)
    return checkout


def in_review(sandbox: StripeSandbox) -> Checkout:
    checkout = paid(sandbox)
    Checkout.objects.update(total_cad=Decimal("46.00"))
    return settle(intent_id=str(checkout.intent_id), now=timezone.now()) or checkout


def closed(sandbox: StripeSandbox) -> Checkout:
    checkout = in_review(sandbox)
    Checkout.objects.update(status=Status.CLOSED)
    return checkout


class After(NamedTuple):
    """What an event leaves: the checkout's state, the orders, and what a refund's event has found, in CAD."""

    status: str
    orders: int
    refunded: str = "0.00"
    was_charged: bool = True


STATES: dict[Callable[[StripeSandbox], Checkout], After] = {
    unanswered: After(Status.PAYING, 0, was_charged=False),
    declined: After(Status.PAYING, 0, was_charged=False),
    processing: After(Status.PAYING, 0, was_charged=False),
    cancelled: After(Status.CANCELLED, 0, was_charged=False),
    cancelled_at_stripe: After(Status.CANCELLED, 0, was_charged=False),
    paid: After(Status.SETTLED, 1),
    cancelled_then_paid: After(Status.SETTLED, 1),
    settled: After(Status.SETTLED, 1),
    settled_then_refunded: After(Status.SETTLED, 1, refunded="45.00"),
    refunded_before_it_was_settled: After(Status.SETTLED, 1, refunded="45.00"),
    in_review: After(Status.REVIEW, 0),
    closed: After(Status.CLOSED, 0),
}


def arrive(kind: str, about: dict[str, Any], *, id: str = "evt_1") -> StripeEvent:  # noqa: A002
    """The event is stored and handled."""
    webhooks.receive(read_event({"id": id, "type": kind, "livemode": False, "data": {"object": about}}))
    return webhooks.handle(event_id=id, now=timezone.now())


def thing_of(kind: str, checkout: Checkout) -> dict[str, Any]:
    if kind.startswith("payment_intent."):
        return {"id": checkout.intent_id, "object": "payment_intent"}
    return {"id": "x_1", "object": kind.partition(".")[0], "payment_intent": checkout.intent_id}


@pytest.fixture(params=STATES, ids=lambda state: state.__name__)
def state(request: pytest.FixtureRequest, stripe_sandbox: StripeSandbox) -> tuple[Checkout, After]:
    return Checkout.objects.get(pk=request.param(stripe_sandbox).pk), STATES[request.param]


@pytest.mark.parametrize("kinds", [PAYMENT_EVENTS, REFUND_EVENTS, OTHER_EVENTS], ids=lambda kinds: kinds[0])
def test_each_event_in_each_state(state: tuple[Checkout, After], kinds: list[str]) -> None:
    checkout, after = state
    was = (checkout.status, Order.objects.count())
    for kind in kinds:
        with transaction.atomic():
            event = arrive(kind, thing_of(kind, checkout))
            checkout.refresh_from_db()
            said = (checkout.status, Order.objects.count())
            returned = sum(Refund.objects.values_list("amount_cad", flat=True), Decimal(0))
            if kinds is OTHER_EVENTS:
                assert (event.outcome, said) == ("unknown_type", was), kind
            else:
                assert (event.outcome, said) == ("done", (after.status, after.orders)), kind
            if kinds is REFUND_EVENTS:
                assert returned == Decimal(after.refunded), kind
            assert Appointment.objects.count() == Order.objects.count()
            assert OutboxMessage.objects.filter(type="booking.created").count() == Order.objects.count()
            transaction.set_rollback(True)  # the next kind finds the state as this one did


CHARGED = [state for state, after in STATES.items() if after.was_charged]


@pytest.mark.parametrize("state", CHARGED, indirect=True, ids=lambda state: state.__name__)
def test_each_event_of_a_dispute_in_each_state(
    state: tuple[Checkout, After], stripe_sandbox: StripeSandbox
) -> None:
    checkout, _after = state
    was = (checkout.status, Order.objects.count())
    dispute_id = stripe_sandbox.control("dispute", intent=checkout.intent_id)["dispute"]
    about = {"id": dispute_id, "object": "dispute", "payment_intent": checkout.intent_id}
    for kind in DISPUTE_EVENTS:
        with transaction.atomic():
            event = arrive(kind, about)
            checkout.refresh_from_db()
            assert (event.outcome, checkout.status, Order.objects.count()) == ("done", *was), kind
            review = Review.objects.get(kind=Review.Kind.DISPUTE)
            assert (review.checkout, review.subject) == (checkout, dispute_id), kind
            transaction.set_rollback(True)


@pytest.mark.parametrize("kind", [*PAYMENT_EVENTS, *REFUND_EVENTS])
def test_each_event_about_somebody_elses_payment(stripe_sandbox: StripeSandbox, kind: str) -> None:
    checkout = paid(stripe_sandbox)
    theirs = gateway().create_intent(checkout_id="theirs", amount=4500, currency="cad", idempotency_key=kind)
    Checkout.objects.filter(pk=checkout.pk).update(intent_id="pi_ours")
    event = arrive(kind, {"id": theirs.id, "object": "payment_intent", "payment_intent": theirs.id})
    assert (event.outcome, Order.objects.count(), Review.objects.count()) == ("foreign", 0, 0)


def refunded_and_disputed(sandbox: StripeSandbox) -> tuple[Checkout, str]:
    """45 $ by card and 20 $ by credits; 10 $ refunded in Stripe's dashboard; then disputed, by this id."""
    student = make_user()
    give_credits(student, "20.00")
    checkout = start_and_pay(make_held_cart(*make_shelf(), user=student), user=student, email=student.email)
    Checkout.objects.update(credits_cad=Decimal(20), subtotal_cad=Decimal(65))
    checkout.lines.update(price_cad=Decimal(65), credits_cad=Decimal(20))
    sandbox.control("dashboard_refund", intent=checkout.intent_id, amount=1000)
    return checkout, sandbox.control("dispute", intent=checkout.intent_id)["dispute"]


STORY = ["payment_intent.processing", "payment_intent.succeeded", "charge.refunded", "charge.dispute.created"]


@pytest.mark.parametrize(
    "order", list(itertools.permutations(range(4))), ids=lambda order: "".join(map(str, order))
)
def test_each_order_of_arrival(stripe_sandbox: StripeSandbox, order: tuple[int, ...]) -> None:
    checkout, dispute_id = refunded_and_disputed(stripe_sandbox)
    for number in order:
        kind = STORY[number]
        about = thing_of(kind, checkout)
        if "dispute" in kind:
            about["id"] = dispute_id
        assert arrive(kind, about, id=f"evt_{number}").outcome == "done"

    sold = Order.objects.get()
    assert (sold.status, sold.total_cad, sold.credits_cad) == ("partially_refunded", 45, 20)
    assert Refund.objects.get().amount_cad == Decimal(10)
    assert CreditEntry.objects.get(cause=CreditEntry.Cause.SPENT).amount_cad == Decimal(-20)
    assert Review.objects.open().get().subject == dispute_id
    assert OutboxMessage.objects.filter(type="booking.created").count() == 1
    assert OutboxMessage.objects.filter(type="order.refunded").count() == 1
    assert OutboxMessage.objects.filter(type="order.confirmation").count() == 1
