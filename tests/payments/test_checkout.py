"""Pressing "Payer": refused, declined, repeated, raced. Never two charges."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from booking.errors import HoldsLost
from booking.models import Cart, CartLine, TimeClaim
from booking.services import hold_slot, leave_cart
from courses.models import Course, Tutor
from payments.errors import CartChanged, NothingToPay, PaymentDeclined, PaymentInProgress, PaymentUnavailable
from payments.gateway import IntentStatus
from payments.models import Checkout
from payments.services import pay
from tests.factories import make_cart
from tests.payments.support import (
    DECLINED,
    NO_FUNDS,
    RETURN_URL,
    make_held_cart,
    make_shelf,
    next_lesson_time,
    pay_by_card,
    start,
    start_and_pay,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def add_an_afternoon(cart: Cart, course: Course, tutor: Tutor) -> None:
    start = next_lesson_time(hour=14)
    hold_slot(cart=cart, course=course, tutor=tutor, start=start, duration=60, now=timezone.now())


def test_paying_freezes_the_cart_and_turns_holds_into_paying_claims() -> None:
    course, tutor = make_shelf()
    checkout = start(make_held_cart(course, tutor, minutes=120), total="90.00")
    line = checkout.lines.get()
    assert (line.price_cad, line.tutor_earnings_cad) == (Decimal("90.00"), Decimal("60.00"))
    claim = TimeClaim.objects.get()
    assert claim.state == TimeClaim.State.PAYING
    assert claim.expires_at == checkout.deadline


def test_a_checkout_outlives_the_lines_of_its_cart() -> None:
    """Taken out by who knows nothing of checkouts: the database forgets the line, and nothing else."""
    checkout = start(make_held_cart(*make_shelf()))
    leave_cart(line_ids=[line.pk for line in CartLine.objects.all()])
    connection.check_constraints()
    line = checkout.lines.get()
    assert (line.cart_line, line.price_cad) == (None, Decimal("45.00"))
    assert not CartLine.objects.exists()
    assert not TimeClaim.objects.exists()


def test_an_empty_cart_pays_for_nothing() -> None:
    with pytest.raises(NothingToPay):
        start(make_cart(), total="0.00")
    assert not Checkout.objects.exists()


def test_a_price_that_changed_is_shown_before_anything_is_charged() -> None:
    course, tutor = make_shelf()
    cart = make_held_cart(course, tutor)
    course.student_rate_cad = Decimal("50.00")
    course.save()
    with pytest.raises(CartChanged, match="50,00"):
        start(cart, total="45.00")
    assert not Checkout.objects.exists()
    assert TimeClaim.objects.get().state == TimeClaim.State.HOLD


def test_a_hold_that_was_lost_stops_the_payment() -> None:
    cart = make_held_cart(*make_shelf())
    TimeClaim.objects.all().delete()
    with pytest.raises(HoldsLost):
        start(cart)
    assert not Checkout.objects.exists()


@pytest.mark.parametrize(
    ("card", "code", "message"),
    [
        (DECLINED, "generic_decline", "Votre banque a refusé le paiement"),
        (NO_FUNDS, "insufficient_funds", "insuffisants"),
    ],
)
def test_a_declined_card_is_explained_and_another_may_be_tried(card: str, code: str, message: str) -> None:
    cart = make_held_cart(*make_shelf())
    checkout = start(cart)
    with pytest.raises(PaymentDeclined, match=message):
        pay_by_card(checkout, card)
    checkout.refresh_from_db()
    assert (checkout.status, checkout.decline_code) == (Checkout.Status.PAYING, code)

    again = start(cart)
    assert again.pk == checkout.pk
    intent = pay_by_card(again)
    assert intent.status == IntentStatus.SUCCEEDED
    assert intent.id == checkout.intent_id


def test_a_retry_does_not_extend_the_deadline() -> None:
    cart = make_held_cart(*make_shelf())
    checkout = start(cart)
    with pytest.raises(PaymentDeclined):
        pay_by_card(checkout, DECLINED)
    assert start(cart).deadline == checkout.deadline


def test_a_double_click_finds_the_payment_under_way() -> None:
    cart = make_held_cart(*make_shelf())
    first = start(cart)
    with pytest.raises(PaymentInProgress) as caught:
        start(cart)
    assert caught.value.checkout.pk == first.pk


def test_paying_again_after_the_answer_was_lost_charges_nothing_more() -> None:
    cart = make_held_cart(*make_shelf())
    checkout = start_and_pay(cart)
    again = start(cart)
    intent = pay_by_card(again)
    assert (again.pk, intent.id, intent.amount_received) == (checkout.pk, checkout.intent_id, 4500)


def test_a_cart_that_changed_gets_a_new_checkout_and_the_old_intent_is_cancelled() -> None:
    course, tutor = make_shelf()
    cart = make_held_cart(course, tutor)
    old = start(cart)
    with pytest.raises(PaymentDeclined):
        pay_by_card(old, DECLINED)
    add_an_afternoon(cart, course, tutor)
    new = start(cart, total="90.00")
    old.refresh_from_db()
    assert old.status == Checkout.Status.CANCELLED
    assert new.pk != old.pk
    assert new.lines.count() == 2
    assert set(TimeClaim.objects.values_list("state", flat=True)) == {TimeClaim.State.PAYING}


def test_a_changed_cart_that_turns_out_to_be_paid_is_not_paid_again() -> None:
    course, tutor = make_shelf()
    cart = make_held_cart(course, tutor)
    paid = start_and_pay(cart)
    add_an_afternoon(cart, course, tutor)
    with pytest.raises(PaymentInProgress):
        start(cart, total="90.00")
    paid.refresh_from_db()
    assert paid.status == Checkout.Status.SETTLED
    assert CartLine.objects.get().start == next_lesson_time(hour=14)


def test_a_deadline_that_passed_starts_over_with_holds_that_still_stand() -> None:
    cart = make_held_cart(*make_shelf())
    old = start(cart)
    Checkout.objects.update(confirming_since=None, deadline=timezone.now() - timedelta(seconds=1))
    new = start(cart)
    assert new.pk != old.pk
    assert new.deadline > timezone.now()


def test_when_stripe_is_away_nothing_is_charged_and_the_slot_is_kept(settings: object) -> None:
    cart = make_held_cart(*make_shelf())
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    checkout = start(cart)
    with pytest.raises(PaymentUnavailable):
        pay(checkout=checkout, confirmation_token="ctoken_unused", return_url=RETURN_URL, now=timezone.now())
    checkout.refresh_from_db()
    assert (checkout.status, checkout.confirming_since) == (Checkout.Status.PAYING, None)
    assert TimeClaim.objects.get().state == TimeClaim.State.PAYING


def test_a_token_that_stripe_refuses_charges_nothing() -> None:
    checkout = start(make_held_cart(*make_shelf()))
    with pytest.raises(PaymentUnavailable):
        pay(
            checkout=checkout, confirmation_token="ctoken_invented", return_url=RETURN_URL, now=timezone.now()
        )
    checkout.refresh_from_db()
    assert checkout.confirming_since is None
