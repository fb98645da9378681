"""One price for a cart, whoever asks: its coupon, its owner's credits, each lesson's share."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from booking.models import Cart
from courses.models import Course
from payments.models import Checkout, Coupon
from payments.services.coupons import reserve
from payments.services.quotes import CartQuote, cart_quote
from tests.factories import expire, make_user
from tests.payments.support import (
    give_credits,
    make_checkout,
    make_coupon,
    make_held_cart,
    make_shelf,
    next_lesson_time,
)

pytestmark = pytest.mark.django_db


def two_lessons(user: User | None = None, *, code: str = "") -> Cart:
    """45,00 $ each."""
    course, tutor = make_shelf()
    cart = make_held_cart(
        course, tutor, user=user, starts=[next_lesson_time(hour=13), next_lesson_time(hour=10)]
    )
    cart.coupon_code = code
    cart.save()
    return cart


def priced(cart: Cart, *, use_credits: bool = False, checkout: Checkout | None = None) -> CartQuote:
    return cart_quote(
        cart=cart, user=cart.user, use_credits=use_credits, now=timezone.now(), checkout=checkout
    )


def test_a_cart_without_coupon_or_credits_costs_its_lessons() -> None:
    found = priced(two_lessons())
    assert [line.start for line in found.lines] == [next_lesson_time(hour=10), next_lesson_time(hour=13)]
    assert (found.amounts.subtotal, found.amounts.total) == (Decimal("90.00"), Decimal("90.00"))
    assert (found.amounts.discount, found.coupon, found.refusal) == (Decimal("0.00"), None, None)


@pytest.mark.parametrize(
    ("kind", "value", "discount", "total"),
    [
        ("percent", "10.00", "9.00", "81.00"),
        ("percent", "33.33", "30.00", "60.00"),
        ("percent", "100.00", "90.00", "0.00"),
        ("fixed", "15.00", "15.00", "75.00"),
        ("fixed", "500.00", "90.00", "0.00"),
    ],
)
def test_a_coupon_takes_its_part_of_the_subtotal(kind: str, value: str, discount: str, total: str) -> None:
    coupon = make_coupon("AUTOMNE", kind=kind, value=value)
    found = priced(two_lessons(code="AUTOMNE"))
    assert found.coupon == coupon
    assert (found.amounts.discount, found.amounts.total) == (Decimal(discount), Decimal(total))
    assert sum(found.amounts.discounts) == Decimal(discount)


def test_prices_are_those_of_now() -> None:
    cart = two_lessons()
    Course.objects.update(student_rate_cad=Decimal("50.00"))
    assert priced(cart).amounts.total == Decimal("100.00")


def test_a_lesson_that_is_no_longer_held_is_not_counted() -> None:
    cart = two_lessons()
    expire(cart.lines.all()[0])
    found = priced(cart)
    assert [line.start for line in found.lines] == [next_lesson_time(hour=13)]
    assert found.amounts.total == Decimal("45.00")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ends_at": timezone.now() - timedelta(seconds=1)}, "Le code AUTOMNE n’est plus valide."),
        ({"active": False}, "Le code AUTOMNE n’est plus valide."),
        ({"code": "PRINTEMPS"}, "Ce code n’existe pas. Vérifiez comment il s’écrit."),
        ({"max_redemptions": 0}, "Le code AUTOMNE a déjà servi autant de fois que prévu."),
    ],
)
def test_a_code_that_no_longer_holds_counts_for_nothing_and_says_why(
    change: dict[str, object], reason: str
) -> None:
    make_coupon("AUTOMNE")
    cart = two_lessons(code="AUTOMNE")
    assert priced(cart).amounts.total == Decimal("81.00")
    Coupon.objects.update(**change)
    found = priced(cart)
    assert (found.coupon, str(found.refusal)) == (None, reason)
    assert (found.amounts.discount, found.amounts.total) == (Decimal("0.00"), Decimal("90.00"))


def test_credits_are_known_but_spent_only_when_wanted(student: User) -> None:
    give_credits(student, "30.00")
    cart = two_lessons(student)
    unasked, asked = priced(cart), priced(cart, use_credits=True)
    assert (unasked.available_credits, unasked.amounts.credits) == (Decimal("30.00"), Decimal("0.00"))
    assert unasked.amounts.total == Decimal("90.00")
    assert (asked.amounts.credits, asked.amounts.total) == (Decimal("30.00"), Decimal("60.00"))
    assert asked.amounts.credit_shares == [Decimal("15.00"), Decimal("15.00")]


def test_a_guest_has_no_credits() -> None:
    give_credits(make_user(), "30.00")
    found = priced(two_lessons(), use_credits=True)
    assert (found.available_credits, found.amounts.total) == (Decimal("0.00"), Decimal("90.00"))


def test_what_another_payment_will_take_is_not_offered_twice(student: User) -> None:
    give_credits(student, "30.00")
    cart = two_lessons(student)
    make_checkout(cart=None, user=student, credits="20.00")
    assert priced(cart, use_credits=True).amounts.credits == Decimal("10.00")


def test_a_cart_under_payment_may_count_on_what_it_set_aside_itself(student: User) -> None:
    give_credits(student, "30.00")
    coupon = make_coupon("UNIQUE", max_redemptions=1)
    cart = two_lessons(student, code="UNIQUE")
    checkout = make_checkout(cart=cart, user=student, credits="30.00", code="UNIQUE")
    reserve(coupon=coupon, checkout=checkout, now=timezone.now())

    own = priced(cart, use_credits=True, checkout=checkout)
    assert (own.amounts.discount, own.amounts.credits) == (Decimal("9.00"), Decimal("30.00"))
    others = priced(cart, use_credits=True)
    assert (others.amounts.discount, others.amounts.credits) == (Decimal("0.00"), Decimal("0.00"))
    assert str(others.refusal) == "Le code UNIQUE a déjà servi autant de fois que prévu."


def test_pricing_asks_five_questions_however_long_the_cart(
    student: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    give_credits(student, "30.00")
    make_coupon("AUTOMNE", max_redemptions=3)
    cart = two_lessons(student, code="AUTOMNE")
    with django_assert_num_queries(5):
        priced(cart, use_credits=True)
