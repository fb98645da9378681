"""A coupon's uses: counted once each, given back when nothing was paid, kept when something was."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from booking.models import Cart
from notifications.models import TaskRun
from payments.errors import CouponRefused
from payments.models import Checkout, Coupon, CouponRedemption
from payments.services import cancel_checkout, coupons, settle
from payments.services.coupons import deactivate_expired, redeem, release, reserve, usable_coupon
from payments.tasks import deactivate_expired_coupons
from tests.booking.racing import race, slow_to_write
from tests.payments.support import (
    make_checkout,
    make_coupon,
    make_held_cart,
    make_shelf,
    start,
    start_and_pay,
)

pytestmark = pytest.mark.django_db
BUYERS = 50


def reserve_for(coupon: Coupon, checkout: Checkout) -> None:
    with transaction.atomic():
        reserve(coupon=coupon, checkout=checkout, now=timezone.now())


def fifty_for_the_last_use() -> list[Exception | None]:
    coupon = make_coupon("DERNIER", max_redemptions=2)
    reserve_for(coupon, make_checkout())
    checkouts = [make_checkout() for _ in range(BUYERS)]
    return race([partial(reserve_for, coupon, checkout) for checkout in checkouts])


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_fifty_checkouts_racing_for_the_last_use_get_it_once() -> None:
    results = fifty_for_the_last_use()
    assert results.count(None) == 1
    assert [type(result) for result in results if result is not None] == [CouponRefused] * (BUYERS - 1)
    assert CouponRedemption.objects.count() == 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_last_use_would_be_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupons, "_lock", lambda coupon: None)
    with slow_to_write("payments_couponredemption", seconds=0.2):
        results = fifty_for_the_last_use()
    assert results.count(None) > 1


def test_a_checkout_sets_one_use_aside_however_often_it_asks() -> None:
    coupon, checkout = make_coupon("UNIQUE", max_redemptions=1), make_checkout(discount="4.50")
    reserve_for(coupon, checkout)
    assert usable_coupon(code="UNIQUE", now=timezone.now(), checkout=checkout) == coupon
    with pytest.raises(IntegrityError), transaction.atomic():
        reserve_for(coupon, checkout)
    assert CouponRedemption.objects.get().discount_cad == checkout.discount_cad


def test_a_coupon_that_ended_between_the_page_and_payment_is_refused() -> None:
    coupon = make_coupon("FINI")
    Coupon.objects.update(ends_at=timezone.now())
    with pytest.raises(CouponRefused, match="Le code FINI n’est plus valide"):
        reserve_for(coupon, make_checkout())
    assert not CouponRedemption.objects.exists()


def with_coupon(checkout: Checkout, coupon: Coupon) -> None:
    Checkout.objects.filter(pk=checkout.pk).update(coupon_code=coupon.code)
    Cart.objects.filter(checkouts=checkout).update(coupon_code=coupon.code)
    reserve_for(coupon, checkout)


@pytest.mark.usefixtures("stripe_sandbox")
class TestWithPayments:
    def test_a_cancelled_checkout_gives_its_use_back_and_the_cart_keeps_the_code(self) -> None:
        coupon = make_coupon("UNIQUE", max_redemptions=1)
        checkout = start(make_held_cart(*make_shelf()))
        with_coupon(checkout, coupon)
        with pytest.raises(CouponRefused, match="déjà servi"):
            usable_coupon(code="UNIQUE", now=timezone.now())

        cancel_checkout(checkout=checkout, now=timezone.now())

        assert usable_coupon(code="UNIQUE", now=timezone.now()) == coupon
        assert not CouponRedemption.objects.exists()
        assert Cart.objects.get(checkouts=checkout).coupon_code == "UNIQUE"

    def test_what_was_paid_with_a_coupon_counts_though_it_ended_meanwhile(self) -> None:
        coupon = make_coupon("UNIQUE", max_redemptions=1)
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        with_coupon(checkout, coupon)
        Coupon.objects.update(ends_at=timezone.now(), active=False)

        for _time in range(2):
            settle(intent_id=str(checkout.intent_id), now=timezone.now())

        redemption = CouponRedemption.objects.get()
        assert (redemption.coupon, redemption.checkout_id) == (coupon, checkout.pk)
        assert redemption.used_at is not None
        # The next cart doesn't begin with it.
        assert Cart.objects.get(checkouts=checkout).coupon_code == ""


def test_a_payment_that_was_given_up_and_came_all_the_same_counts_too() -> None:
    coupon = make_coupon("UNIQUE", max_redemptions=1)
    given_up = make_checkout(code="UNIQUE", discount="4.50")
    reserve_for(coupon, given_up)
    release(checkout=given_up)
    other = make_checkout(code="UNIQUE")
    reserve_for(coupon, other)
    redeem(checkout=given_up, now=timezone.now())
    redeem(checkout=other, now=timezone.now())
    assert CouponRedemption.objects.filter(coupon=coupon, used_at__isnull=False).count() == 2


def test_those_whose_time_is_over_switch_themselves_off() -> None:
    now = timezone.now()
    make_coupon("FINI", ends_at=now)
    make_coupon("DEPUISLONGTEMPS", ends_at=now - timedelta(days=90))
    make_coupon("ENCORE", ends_at=now + timedelta(minutes=1))
    make_coupon("TOUJOURS")
    assert deactivate_expired(now=now) == 2
    assert deactivate_expired(now=now) == 0
    active = Coupon.objects.filter(active=True).values_list("code", flat=True)
    assert sorted(active) == ["ENCORE", "TOUJOURS"]


def test_the_clock_does_it_every_ten_minutes() -> None:
    make_coupon("FINI", ends_at=timezone.now() - timedelta(seconds=1))
    deactivate_expired_coupons()
    assert not Coupon.objects.get().active
    assert TaskRun.objects.get(name="payments_deactivate_expired_coupons").last_success_at


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "automne10"},
        {"value": "0"},
        {"value": "-5"},
        {"value": "100.01"},
        {"starts_at": timezone.now(), "ends_at": timezone.now() - timedelta(days=1)},
    ],
)
def test_the_database_refuses_a_coupon_that_makes_no_sense(wrong: dict[str, object]) -> None:
    coupon = make_coupon("AUTOMNE10")
    with pytest.raises(IntegrityError), transaction.atomic():
        Coupon.objects.filter(pk=coupon.pk).update(**wrong)


def test_two_coupons_never_share_a_code() -> None:
    make_coupon("AUTOMNE10")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_coupon("AUTOMNE10")
