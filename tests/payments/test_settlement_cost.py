"""What a settlement costs the database: the same few questions, however many lessons are in it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from payments.gateway import Intent, gateway
from payments.models import Checkout, Coupon, CouponRedemption, CreditEntry
from payments.services.settlement import settle_as
from tests.payments.support import give_credits, make_held_cart, make_shelf, next_lesson_time, start_and_pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def paid(lessons: int, *, user: User | None = None) -> Checkout:
    """A checkout over that many lessons that the bank has paid and nobody has settled."""
    starts = [next_lesson_time(hour=9 + hour) for hour in range(lessons)]
    cart = make_held_cart(*make_shelf(), user=user, starts=starts)
    email = user.email if user else "zoe@exemple.ca"
    return start_and_pay(cart, user=user, email=email, total=f"{45 * lessons}.00")


def questions(checkout: Checkout) -> list[str]:
    """What its settlement asks of the database, once Stripe has answered."""
    intent: Intent = gateway().retrieve_intent(intent_id=str(checkout.intent_id))
    with CaptureQueriesContext(connection) as asked:
        settled = settle_as(intent=intent, now=timezone.now())
    assert settled
    assert settled.status == Checkout.Status.SETTLED
    return [question["sql"] for question in asked]


def test_three_lessons_of_a_member(student: User) -> None:
    assert len(questions(paid(3, user=student))) <= 20


def test_three_lessons_of_a_guest_whose_account_is_made() -> None:
    assert len(questions(paid(3))) <= 20


def test_six_lessons_cost_no_more_than_three(student: User, stranger: User) -> None:
    assert len(questions(paid(6, user=student))) == len(questions(paid(3, user=stranger)))


def test_three_lessons_paid_by_card_coupon_and_credits(student: User) -> None:
    """Each line 45 $: 9 $ off by the coupon, 6 $ by credits, 30 $ by card. Savepoints ask nothing."""
    checkout = paid(3, user=student)
    coupon = Coupon.objects.create(code="FANAL20", kind=Coupon.Kind.PERCENT, value=Decimal(20))
    CouponRedemption.objects.create(coupon=coupon, checkout=checkout, discount_cad=Decimal(27))
    give_credits(student, "18.00")
    checkout.lines.update(discount_cad=Decimal(9), credits_cad=Decimal(6))
    # What the card has paid stays 135 $, so that Stripe agrees.
    Checkout.objects.filter(pk=checkout.pk).update(
        coupon_code="FANAL20", discount_cad=Decimal(27), credits_cad=Decimal(18), subtotal_cad=Decimal(180)
    )
    asked = [question for question in questions(checkout) if "SAVEPOINT" not in question]
    assert len(asked) <= 20
    assert CreditEntry.objects.get(cause=CreditEntry.Cause.SPENT).balance_cad == 0
    assert CouponRedemption.objects.get().used_at
