"""What "Payer" freezes: coupon, credits, each lesson's share; and what differs from what the page showed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from booking.models import Cart, TimeClaim
from booking.services import merge_carts
from payments.errors import CartChanged, PaymentDeclined, PaymentInProgress
from payments.models import Checkout, Coupon, CouponRedemption, Order
from payments.services import Wishes, cancel_checkout, checkout, settle, start_checkout
from payments.services.checkout import NO_WISHES
from payments.services.credits import available, balance
from payments.services.shown import Shown
from tests.factories import expire, make_cart
from tests.payments.support import (
    DECLINED,
    give_credits,
    make_buyer,
    make_coupon,
    make_held_cart,
    make_shelf,
    next_lesson_time,
    pay_by_card,
    shown_for,
    start,
    start_and_pay,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]
WITH_CREDITS = Wishes(use_credits=True)


def two_lessons(user: User | None = None, *, code: str = "") -> Cart:
    """Of 45,00 $ and 45,00 $."""
    cart = make_held_cart(
        *make_shelf(), user=user, starts=[next_lesson_time(hour=10), next_lesson_time(hour=13)]
    )
    cart.coupon_code = code
    cart.save()
    return cart


def press(
    cart: Cart, shown: Shown | None, *, user: User | None = None, wishes: Wishes = NO_WISHES
) -> Checkout:
    """Press "Payer" on a page that showed this."""
    return start_checkout(
        cart=cart, buyer=make_buyer(), user=user, shown=shown, wishes=wishes, now=timezone.now()
    )


def decline(under_way: Checkout) -> None:
    with pytest.raises(PaymentDeclined):
        pay_by_card(under_way, DECLINED)


class TestFreezing:
    def test_a_coupon_is_set_aside_and_each_lesson_bears_its_share(self) -> None:
        make_coupon("RENTREE", kind="fixed", value="10.01")
        found = start(two_lessons(code="RENTREE"), total="79.99")
        assert (found.subtotal_cad, found.discount_cad, found.total_cad, found.coupon_code) == (
            Decimal("90.00"),
            Decimal("10.01"),
            Decimal("79.99"),
            "RENTREE",
        )
        assert [line.discount_cad for line in found.lines.all()] == [Decimal("5.01"), Decimal("5.00")]
        assert CouponRedemption.objects.get().checkout == found

    def test_credits_are_promised_and_spent_once_it_is_paid(self, student: User) -> None:
        give_credits(student, "30.00")
        found = start_and_pay(two_lessons(student), user=student, total="60.00", wishes=WITH_CREDITS)
        assert [line.credits_cad for line in found.lines.all()] == [Decimal("15.00"), Decimal("15.00")]
        assert (balance(user=student), available(user=student)) == (Decimal("30.00"), Decimal("0.00"))
        settle(intent_id=found.intent_id or "", now=timezone.now())
        order = Order.objects.get()
        assert (order.credits_cad, order.total_cad) == (Decimal("30.00"), Decimal("60.00"))
        assert (balance(user=student), available(user=student)) == (Decimal("0.00"), Decimal("0.00"))

    def test_credits_are_left_alone_unless_asked_for(self, student: User) -> None:
        give_credits(student, "30.00")
        assert start(two_lessons(student), user=student, total="90.00").credits_cad == Decimal("0.00")

    def test_a_rest_too_small_to_be_charged_is_left_on_the_card_at_stripes_least(self, student: User) -> None:
        give_credits(student, "89.80")
        found = start(two_lessons(student), user=student, total="0.50", wishes=WITH_CREDITS)
        assert (found.credits_cad, found.total_cad) == (Decimal("89.50"), Decimal("0.50"))

    def test_the_wish_for_a_credit_instead_of_a_refund_is_kept(self, student: User) -> None:
        wishes = Wishes(prefers_credit=True)
        assert start(two_lessons(student), user=student, total="90.00", wishes=wishes).prefers_credit

    def test_without_wishes_a_time_that_is_gone_is_refunded(self, student: User) -> None:
        assert not start(two_lessons(student), user=student, total="90.00").prefers_credit

    def test_a_cancelled_payment_frees_the_coupon_and_the_credits(self, student: User) -> None:
        make_coupon("UNIQUE", kind="percent", value="50.00", max_redemptions=1)
        give_credits(student, "20.00")
        found = start(two_lessons(student, code="UNIQUE"), user=student, total="25.00", wishes=WITH_CREDITS)
        cancel_checkout(checkout=found, now=timezone.now())
        assert not CouponRedemption.objects.exists()
        assert available(user=student) == Decimal("20.00")


class TestNothingToPay:
    def test_credits_that_cover_all_settle_at_once_without_stripe(
        self, student: User, settings: object
    ) -> None:
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"  # type: ignore[attr-defined]
        give_credits(student, "100.00")
        found = start(two_lessons(student), user=student, total="0.00", wishes=WITH_CREDITS)
        assert (found.status, found.intent_id) == (Checkout.Status.SETTLED, None)
        assert balance(user=student) == Decimal("10.00")
        assert found.order.lines.filter(appointment__isnull=False).count() == 2
        assert set(TimeClaim.objects.values_list("state", flat=True)) == {TimeClaim.State.LESSON}

    def test_a_coupon_that_covers_all_makes_a_guests_account_too(self) -> None:
        make_coupon("GRATUIT", kind="percent", value="100.00", max_redemptions=1)
        found = start(two_lessons(code="GRATUIT"), total="0.00")
        assert (found.status, found.made_account) == (Checkout.Status.SETTLED, True)
        assert CouponRedemption.objects.get().used_at
        assert found.order.discount_cad == Decimal("90.00")

    def test_pressing_again_makes_no_second_order(self, student: User) -> None:
        give_credits(student, "100.00")
        cart = two_lessons(student)
        shown = shown_for(cart, user=student, use_credits=True)
        press(cart, shown, user=student, wishes=WITH_CREDITS)
        with pytest.raises(Exception, match="vide"):
            press(cart, shown, user=student, wishes=WITH_CREDITS)
        assert (Order.objects.count(), balance(user=student)) == (1, Decimal("10.00"))

    def test_no_card_is_kept_where_none_pays(self, student: User) -> None:
        give_credits(student, "100.00")
        wishes = Wishes(use_credits=True, save_card=True)
        assert not start(two_lessons(student), user=student, total="0.00", wishes=wishes).saves_card

    def test_a_failure_on_the_way_leaves_nothing_behind(
        self, student: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def break_down(**_: object) -> None:
            raise ConnectionError

        monkeypatch.setattr(checkout, "settle_free", break_down)
        give_credits(student, "100.00")
        with pytest.raises(ConnectionError):
            start(two_lessons(student), user=student, total="0.00", wishes=WITH_CREDITS)
        assert (Checkout.objects.count(), Order.objects.count()) == (0, 0)
        assert set(TimeClaim.objects.values_list("state", flat=True)) == {TimeClaim.State.HOLD}
        assert available(user=student) == Decimal("100.00")


def end_the_coupon() -> None:
    Coupon.objects.update(ends_at=timezone.now() - timedelta(seconds=1))


class TestAgain:
    def test_a_second_try_at_the_same_price_keeps_checkout_intent_coupon_and_credits(
        self, student: User
    ) -> None:
        make_coupon("UNIQUE", kind="percent", value="10.00", max_redemptions=1)
        give_credits(student, "20.00")
        cart = two_lessons(student, code="UNIQUE")
        first = start(cart, user=student, total="61.00", wishes=WITH_CREDITS)
        decline(first)
        again = start(cart, user=student, total="61.00", wishes=WITH_CREDITS)
        assert (again.pk, again.intent_id) == (first.pk, first.intent_id)
        assert (CouponRedemption.objects.count(), available(user=student)) == (1, Decimal("0.00"))

    def test_leaving_the_credits_out_the_second_time_is_another_price_and_so_another_intent(
        self, student: User
    ) -> None:
        give_credits(student, "20.00")
        cart = two_lessons(student)
        first = start(cart, user=student, total="70.00", wishes=WITH_CREDITS)
        decline(first)
        second = start(cart, user=student, total="90.00")
        first.refresh_from_db()
        assert (first.status, second.total_cad) == (Checkout.Status.CANCELLED, Decimal("90.00"))
        assert available(user=student) == Decimal("20.00")

    def test_credits_may_take_the_place_of_a_card_that_was_declined(self, student: User) -> None:
        give_credits(student, "100.00")
        cart = two_lessons(student)
        decline(start(cart, user=student, total="90.00"))
        assert start(cart, user=student, total="0.00", wishes=WITH_CREDITS).status == Checkout.Status.SETTLED

    def test_a_coupon_that_ended_between_two_tries_is_said_before_the_second(self, student: User) -> None:
        make_coupon("RENTREE", kind="percent", value="10.00")
        cart = two_lessons(student, code="RENTREE")
        shown = shown_for(cart, user=student)
        decline(press(cart, shown, user=student))
        end_the_coupon()
        with pytest.raises(CartChanged, match="RENTREE n’est plus valide"):
            press(cart, shown, user=student)
        assert Checkout.objects.get().status == Checkout.Status.PAYING
        new = press(cart, shown_for(cart, user=student), user=student)
        assert (new.total_cad, new.coupon_code) == (Decimal("90.00"), "")
        assert Checkout.objects.filter(status=Checkout.Status.CANCELLED).count() == 1

    def test_a_guest_who_logs_in_after_a_declined_card_pays_once_for_the_merged_cart(
        self, student: User
    ) -> None:
        guest = two_lessons()
        old = start(guest, total="90.00")
        decline(old)
        cart = make_cart(student)
        merge_carts(source=guest, target=cart)
        new = start_and_pay(cart, user=student, total="90.00")
        old.refresh_from_db()
        assert (old.status, new.user) == (Checkout.Status.CANCELLED, student)

    def test_the_same_lesson_in_both_carts_is_merged_though_one_was_nearly_paid_once(
        self, student: User
    ) -> None:
        course, tutor = make_shelf()
        cart = make_held_cart(course, tutor, user=student)
        cancel_checkout(checkout=start(cart, user=student), now=timezone.now())
        expire(cart.lines.get())
        guest = make_held_cart(course, tutor)
        kept = guest.lines.get()
        merge_carts(source=guest, target=cart)
        connection.check_constraints()  # as the commit does
        assert cart.lines.get() == kept

    def test_a_guest_who_paid_and_then_logged_in_is_not_charged_again(self, student: User) -> None:
        guest = two_lessons()
        start_and_pay(guest, total="90.00")
        cart = make_cart(student)
        merge_carts(source=guest, target=cart)
        with pytest.raises(PaymentInProgress):
            start(cart, user=student, total="90.00")
        assert Order.objects.count() == 1
