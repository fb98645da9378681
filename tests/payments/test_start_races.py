"""Pressing "Payer" at the same moment: for the last use of a coupon, the same credits, the same cart.

Each cart has a tutor of its own: nothing but what is raced for holds one back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from booking.models import Cart, CartLine
from booking.services import begin_payment, merge_carts
from payments.models import CouponRedemption, Order
from payments.services import checkout, coupons
from payments.services.credits import balance
from payments.services.quotes import CartQuote, cart_quote
from tests.payments.support import give_credits, make_coupon, make_held_cart, make_shelf, shown_for
from tests.payments.test_start import WITH_CREDITS, press

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stripe_sandbox"),
]
CROWD = 6


def together(work: Callable[[int], str]) -> list[str]:
    """What came of it for each of the crowd: a status, or an error's name."""

    def run(number: int) -> str:
        try:
            return work(number)
        except Exception as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(CROWD) as crowd:
        return sorted(crowd.map(run, range(CROWD)))


def carts(code: str = "") -> list[Cart]:
    made = [make_held_cart(*make_shelf()) for _number in range(CROWD)]
    Cart.objects.update(coupon_code=code)
    return [Cart.objects.get(pk=cart.pk) for cart in made]


@pytest.fixture
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the locks: all of the crowd have priced their cart before the first writes anything."""
    everybody = threading.Barrier(CROWD)

    def price_together(**asked: Any) -> CartQuote:
        priced = cart_quote(**asked)
        everybody.wait(20)
        return priced

    monkeypatch.setattr(checkout, "lock_ledger", lambda **_: None)
    monkeypatch.setattr(coupons, "lock_coupon", lambda **_: None)
    monkeypatch.setattr(checkout, "cart_quote", price_together)


def press_with_the_last_coupon() -> list[str]:
    make_coupon("UNIQUE", max_redemptions=1)
    raced = carts("UNIQUE")
    pages = [shown_for(cart) for cart in raced]
    return together(lambda number: press(raced[number], pages[number]).status)


def press_with_the_same_credits(user: User) -> list[str]:
    """A member has one cart; a guest's that was merged too late must not spend twice all the same."""
    give_credits(user, "45.00")
    raced = carts()
    pages = [shown_for(cart, user=user, use_credits=True) for cart in raced]
    return together(lambda number: press(raced[number], pages[number], user=user, wishes=WITH_CREDITS).status)


def test_the_last_use_of_a_coupon_is_promised_once_and_the_others_are_told() -> None:
    assert press_with_the_last_coupon() == ["CartChanged"] * (CROWD - 1) + ["paying"]
    assert CouponRedemption.objects.count() == 1


@pytest.mark.usefixtures("nobody_waits")
def test_without_the_lock_all_are_promised_the_coupon_and_all_but_one_fail_late() -> None:
    assert press_with_the_last_coupon() == ["CouponRefused"] * (CROWD - 1) + ["paying"]
    assert CouponRedemption.objects.count() == 1


def test_the_same_credits_pay_for_one_cart_and_the_others_are_told(student: User) -> None:
    assert press_with_the_same_credits(student) == ["CartChanged"] * (CROWD - 1) + ["settled"]
    assert (balance(user=student), Order.objects.count()) == (Decimal("0.00"), 1)


@pytest.mark.usefixtures("nobody_waits")
def test_without_the_lock_all_are_promised_the_credits_and_only_the_ledger_refuses(student: User) -> None:
    assert press_with_the_same_credits(student) == ["NotEnoughCredits"] * (CROWD - 1) + ["settled"]
    assert (balance(user=student), Order.objects.count()) == (Decimal("0.00"), 1)


def test_who_logs_in_while_another_tab_presses_pay_waits_and_both_go_on(
    student: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart, guest = make_held_cart(*make_shelf(), user=student), make_held_cart(*make_shelf())
    guest.coupon_code = "RENTREE"
    guest.save()

    def log_in() -> None:
        try:
            merge_carts(source=guest, target=cart)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as another_tab:
        logged_in = []

        def begin_while_somebody_logs_in(**asked: Any) -> list[CartLine]:
            logged_in.append(another_tab.submit(log_in))
            with suppress(TimeoutError):
                logged_in[0].result(0.3)
            return begin_payment(**asked)

        monkeypatch.setattr(checkout.booking, "begin_payment", begin_while_somebody_logs_in)
        assert press(cart, shown_for(cart, user=student), user=student).status == "paying"
        logged_in[0].result(10)
    assert cart.lines.count() == 2


def test_one_cart_of_no_price_is_settled_once_by_many(student: User) -> None:
    give_credits(student, "45.00")
    cart = make_held_cart(*make_shelf(), user=student)
    page = shown_for(cart, user=student, use_credits=True)
    answers = together(lambda _: press(cart, page, user=student, wishes=WITH_CREDITS).status)
    assert answers == ["NothingToPay"] * (CROWD - 1) + ["settled"]
    assert (Order.objects.count(), balance(user=student)) == (1, Decimal("0.00"))
