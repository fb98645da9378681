"""Settlement when the money is not what was promised: late, short, somebody else's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from booking.models import Appointment, TimeClaim
from notifications.models import OutboxMessage
from payments.models import (
    Checkout,
    Coupon,
    CouponRedemption,
    CreditEntry,
    Order,
    Refund,
    Review,
)
from payments.services import settle
from payments.services.credits import balance
from payments.services.settlement import release, settle_free
from tests.factories import make_lesson
from tests.notifications.support import written
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import (
    give_credits,
    make_held_cart,
    make_shelf,
    next_lesson_time,
    paid_at_stripe,
    settle_now,
    start,
    start_and_pay,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def promise_credits(checkout: Checkout, amount: Decimal) -> None:
    """As if the total had been that much higher and credits were to pay it."""
    Checkout.objects.filter(pk=checkout.pk).update(
        credits_cad=amount, subtotal_cad=checkout.total_cad + amount
    )
    checkout.lines.update(price_cad=checkout.total_cad + amount, credits_cad=amount)


def test_credits_that_are_gone_leave_the_payment_to_a_person_and_nothing_half_done(student: User) -> None:
    course, tutor = make_shelf()
    checkout = start_and_pay(make_held_cart(course, tutor, user=student), user=student, email=student.email)
    promise_credits(checkout, Decimal(20))
    give_credits(student, "5.00")

    assert settle_now(checkout).status == Checkout.Status.REVIEW

    review = Review.objects.get()
    assert (review.kind, review.checkout) == (Review.Kind.MISMATCH, checkout)
    assert "20,00\xa0$" in review.detail
    assert "5,00\xa0$" in review.detail
    assert not Order.objects.exists()
    assert not Appointment.objects.exists()
    assert [message.type for message in OutboxMessage.objects.all()] == ["payment.held"]
    assert balance(user=student) == Decimal(5)
    # The slot stays theirs until somebody has decided.
    assert TimeClaim.objects.get().state == TimeClaim.State.PAYING
    assert settle_now(checkout).status == Checkout.Status.REVIEW
    assert Review.objects.count() == 1


def test_a_slot_that_is_gone_becomes_a_credit_for_who_preferred_one(student: User) -> None:
    course, tutor = make_shelf()
    checkout = start_and_pay(make_held_cart(course, tutor, user=student), user=student, email=student.email)
    Checkout.objects.filter(pk=checkout.pk).update(prefers_credit=True)
    TimeClaim.objects.all().delete()
    make_lesson(course=course, tutor=tutor, start=next_lesson_time())

    settle_now(checkout)

    assert not Refund.objects.exists()
    entry = CreditEntry.objects.get()
    assert (entry.user, entry.amount_cad, entry.cause) == (student, Decimal(45), "slot_taken")
    (mail,) = written(OutboxMessage.objects.get(type="order.confirmation"))
    assert "en crédits" in mail.text
    assert "en crédits" in mail.html
    assert "carte" not in mail.text


def test_credits_spent_on_a_slot_that_is_gone_come_back_as_credits(student: User) -> None:
    course, tutor = make_shelf()
    give_credits(student, "20.00")
    checkout = start_and_pay(make_held_cart(course, tutor, user=student), user=student, email=student.email)
    promise_credits(checkout, Decimal(20))
    TimeClaim.objects.all().delete()
    make_lesson(course=course, tutor=tutor, start=next_lesson_time())

    settle_now(checkout)

    refund = Refund.objects.get()
    assert (refund.amount_cad, refund.credits_cad, refund.status) == (Decimal(45), Decimal(20), "succeeded")
    assert balance(user=student) == Decimal(20)
    assert list(CreditEntry.objects.order_by("number").values_list("amount_cad", flat=True)) == [20, -20, 20]


def test_a_cancelled_checkout_that_was_paid_late_is_honoured_with_its_coupon() -> None:
    coupon = Coupon.objects.create(
        code="UNE-FOIS", kind=Coupon.Kind.FIXED, value=Decimal(10), max_redemptions=1
    )
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    # Cancelled by us, its one use of the coupon given to nobody, and then the bank's money came.
    Checkout.objects.filter(pk=checkout.pk).update(
        status=Checkout.Status.CANCELLED, coupon_code="UNE-FOIS", discount_cad=Decimal(10)
    )
    TimeClaim.objects.all().delete()

    settle_now(checkout)

    redemption = CouponRedemption.objects.get()
    assert (redemption.coupon, redemption.checkout, redemption.discount_cad) == (
        coupon,
        checkout,
        Decimal(10),
    )
    assert redemption.used_at
    assert Appointment.objects.count() == 1


def test_money_that_names_a_checkout_which_does_not_know_of_it_waits_for_a_person(
    stripe_sandbox: StripeSandbox,
) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    stray = paid_at_stripe(names=str(checkout.pk))
    assert settle(intent_id=stray, now=timezone.now()) is None
    assert settle(intent_id=stray, now=timezone.now()) is None
    review = Review.objects.get()
    assert (review.kind, review.subject, review.checkout) == (Review.Kind.MISMATCH, stray, checkout)
    assert settle_now(checkout).status == Checkout.Status.SETTLED


@pytest.mark.parametrize("names", ["", "somebody-elses", "6f2b7c1e-0d7e-4a55-9a7e-3f1f6a0f1c11"])
def test_a_foreign_intent_leaves_no_trace(names: str) -> None:
    assert settle(intent_id=paid_at_stripe(names=names), now=timezone.now()) is None
    assert not Review.objects.exists()
    assert not Order.objects.exists()


def test_what_credits_pay_in_full_is_settled_without_stripe(student: User) -> None:
    give_credits(student, "45.00")
    checkout = start(make_held_cart(*make_shelf(), user=student), user=student, email=student.email)
    Checkout.objects.filter(pk=checkout.pk).update(total_cad=0, credits_cad=Decimal(45))
    checkout.lines.update(credits_cad=Decimal(45))
    for _time in range(2):
        assert settle_free(checkout=checkout, now=timezone.now()).status == Checkout.Status.SETTLED
    order = Order.objects.get()
    assert (order.intent_id, order.total_cad, order.credits_cad) == ("", Decimal(0), Decimal(45))
    assert balance(user=student) == Decimal(0)


def test_what_still_costs_something_is_not_settled_for_free() -> None:
    checkout = start(make_held_cart(*make_shelf()))
    assert settle_free(checkout=checkout, now=timezone.now()).status == Checkout.Status.PAYING
    assert not Order.objects.exists()


def test_a_checkout_that_stripe_was_never_asked_about_is_let_go_and_no_other() -> None:
    course, tutor = make_shelf()
    unknown = start(make_held_cart(course, tutor))
    asked = start_and_pay(
        make_held_cart(course, tutor, starts=[next_lesson_time(hour=14)]), email="lea@exemple.ca"
    )
    assert release(checkout=unknown, now=timezone.now()).status == Checkout.Status.CANCELLED
    assert release(checkout=asked, now=timezone.now()).status == Checkout.Status.PAYING
    assert TimeClaim.objects.get(state="paying").line in [line.cart_line for line in asked.lines.all()]


class TestTheReturnPage:
    def come_back(self, checkout: Checkout) -> str:
        browser = Client()
        assert checkout.user
        browser.force_login(checkout.user)
        return browser.get(f"/paiement/{checkout.pk}/retour/", follow=True).content.decode()

    def paid_by_a_member(self, student: User, *, hours: list[int]) -> Checkout:
        course, tutor = make_shelf()
        starts = [next_lesson_time(hour=hour) for hour in hours]
        cart = make_held_cart(course, tutor, user=student, starts=starts)
        total = f"{45 * len(hours)}.00"
        checkout = start_and_pay(cart, user=student, email=student.email, total=total)
        TimeClaim.objects.all().delete()
        make_lesson(course=course, tutor=tutor, start=starts[0])
        return checkout

    def test_it_says_that_one_slot_was_gone_and_what_comes_back(self, student: User) -> None:
        page = self.come_back(self.paid_by_a_member(student, hours=[10, 14]))
        assert "une plage venait d’être prise" in page
        assert "vous est remboursé. Le reste est réservé" in page

    def test_it_says_so_to_who_preferred_a_credit(self, student: User) -> None:
        checkout = self.paid_by_a_member(student, hours=[10, 14])
        Checkout.objects.update(prefers_credit=True)
        assert "vous est rendu en crédits. Le reste est réservé" in self.come_back(checkout)

    def test_it_says_that_nothing_could_be_booked(self, student: User) -> None:
        page = self.come_back(self.paid_by_a_member(student, hours=[10]))
        assert "rien n’est réservé. Ce que vous avez payé vous est remboursé" in page

    def test_it_waits_no_longer_for_what_a_person_has_closed(self, student: User) -> None:
        checkout = self.paid_by_a_member(student, hours=[10])
        Checkout.objects.update(status=Checkout.Status.CLOSED)
        page = self.come_back(checkout)
        assert "n’a pas pu devenir une réservation" in page
        assert "data-hx-get" not in page.partition("<main")[2].partition("</main")[0]
