"""From money to lessons: once, whoever calls, whatever was lost on the way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Role, User
from booking.models import Appointment, CartLine, TimeClaim
from booking.services import hold_slot
from notifications.models import OutboxMessage
from payments.models import Checkout, Order, Refund
from payments.services import reconcile, settle
from tests.factories import make_cart, make_lesson, make_user
from tests.notifications.support import written
from tests.payments.support import (
    ASKS_3D_SECURE,
    make_held_cart,
    make_shelf,
    next_lesson_time,
    settle_now,
    start,
    start_and_pay,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def test_an_order_of_new_years_eve_bears_the_old_year() -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    settle(intent_id=checkout.intent_id or "", now=datetime(2027, 1, 1, 4, 59, tzinfo=UTC))
    assert Order.objects.get().number.startswith("2026-")


def test_a_guests_payment_makes_account_order_lesson_and_events() -> None:
    course, tutor = make_shelf()
    cart = make_held_cart(course, tutor, minutes=90)

    checkout = settle_now(start_and_pay(cart, total="67.50"))

    user = User.objects.get(email="zoe@exemple.ca")
    assert (user.role, user.first_name, user.check_password("grand-fleuve-bleu")) == (
        Role.STUDENT,
        "Zoé",
        True,
    )
    order = Order.objects.get()
    assert (order.user, order.status, order.total_cad) == (user, Order.Status.PAID, Decimal("67.50"))
    assert order.number == f"{timezone.localtime():%Y}-{order.number[5:]}"
    line = order.lines.get()
    assert (line.student_rate_cad, line.tutor_rate_cad) == (Decimal("45.00"), Decimal("30.00"))
    assert (line.price_cad, line.tutor_earnings_cad) == (Decimal("67.50"), Decimal("45.00"))
    lesson = Appointment.objects.get()
    assert (lesson.student, lesson.tutor, lesson.start) == (user, tutor, next_lesson_time())
    claim = TimeClaim.objects.get()
    assert (claim.state, claim.appointment, claim.expires_at) == (TimeClaim.State.LESSON, lesson, None)
    assert not CartLine.objects.exists()
    assert checkout.password == ""
    types = sorted(OutboxMessage.objects.values_list("type", flat=True))
    assert types[:1] == ["booking.created"]
    assert "signup" in types


def test_a_members_payment_makes_no_account_and_no_signup(student: User) -> None:
    course, tutor = make_shelf()
    cart = make_held_cart(course, tutor, user=student)
    settle_now(start_and_pay(cart, user=student, email=student.email))
    assert Order.objects.get().user == student
    assert not OutboxMessage.objects.filter(type="signup").exists()


def test_rates_that_change_after_the_sale_change_nothing_sold() -> None:
    course, tutor = make_shelf()
    checkout = start_and_pay(make_held_cart(course, tutor))
    course.student_rate_cad = Decimal("99.00")
    course.save()
    tutor.hourly_rate_cad = Decimal("88.00")
    tutor.save()
    settle_now(checkout)
    line = Order.objects.get().lines.get()
    assert (line.price_cad, line.tutor_earnings_cad) == (Decimal("45.00"), Decimal("30.00"))


def test_settling_again_changes_nothing() -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    for _time in range(3):
        settle_now(checkout)
    assert (Order.objects.count(), Appointment.objects.count()) == (1, 1)
    assert OutboxMessage.objects.filter(type="booking.created").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_settlements_at_once_make_one_order() -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))

    def settle_in_a_thread(_n: int) -> str:
        try:
            return settle_now(checkout).status
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(settle_in_a_thread, range(10)))
    assert results == [Checkout.Status.SETTLED] * 10
    assert (
        Order.objects.count(),
        Appointment.objects.count(),
        User.objects.filter(role="student").count(),
    ) == (1, 1, 1)
    assert OutboxMessage.objects.filter(type="booking.created").count() == 1


def test_an_unanswered_3d_secure_books_nothing() -> None:
    checkout = settle_now(start_and_pay(make_held_cart(*make_shelf()), card=ASKS_3D_SECURE))
    assert checkout.status == Checkout.Status.PAYING
    assert not Order.objects.exists()
    assert TimeClaim.objects.get().state == TimeClaim.State.PAYING


def test_a_foreign_intent_is_ignored() -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    Checkout.objects.filter(pk=checkout.pk).update(intent_id="pi_ours_is_another")
    assert checkout.intent_id
    assert settle(intent_id=checkout.intent_id, now=timezone.now()) is None
    assert not Order.objects.exists()


def test_money_that_does_not_match_waits_for_a_person() -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    Checkout.objects.filter(pk=checkout.pk).update(total_cad=Decimal("46.00"))
    settled = settle_now(checkout)
    assert settled.status == Checkout.Status.REVIEW
    assert settled.problem == "45,00\xa0$ reçus; le panier coûtait 46,00\xa0$."
    assert not Order.objects.exists()


def test_a_claim_that_is_gone_is_taken_again_while_the_slot_is_free() -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    TimeClaim.objects.all().delete()
    settle_now(checkout)
    assert TimeClaim.objects.get().state == TimeClaim.State.LESSON
    assert Order.objects.get().status == Order.Status.PAID
    assert not Refund.objects.exists()


def test_a_slot_that_was_taken_meanwhile_is_refunded_and_the_rest_booked() -> None:
    course, tutor = make_shelf()
    free, taken = next_lesson_time(hour=10), next_lesson_time(hour=14)
    checkout = start_and_pay(make_held_cart(course, tutor, starts=[free, taken]), total="90.00")
    TimeClaim.objects.all().delete()
    theirs = make_lesson(course=course, tutor=tutor, start=taken)

    settle_now(checkout)

    order = Order.objects.get()
    assert [line.appointment is not None for line in order.lines.all()] == [True, False]
    assert Appointment.objects.exclude(pk=theirs.pk).get().start == free
    refund = Refund.objects.get()
    assert (refund.amount_cad, refund.status) == (Decimal("45.00"), Refund.Status.SUCCEEDED)
    order.refresh_from_db()
    assert order.status == Order.Status.PARTIALLY_REFUNDED
    (mail,) = written(OutboxMessage.objects.get(type="order.confirmation"))
    assert "45,00\xa0$ sur votre carte" in mail.text


def test_a_guest_whose_email_got_an_account_meanwhile_books_for_that_account() -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    existing = make_user(email="Zoe@exemple.ca", password="un-autre-mot-de-passe")
    settled = settle_now(checkout)
    assert settled.user == existing
    assert not settled.made_account
    existing.refresh_from_db()
    assert existing.check_password("un-autre-mot-de-passe")


def test_a_failure_inside_settlement_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    with monkeypatch.context() as broken:
        broken.setattr("payments.mails.confirmation_mails", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            settle_now(checkout)
    assert not Order.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert not User.objects.filter(email="zoe@exemple.ca").exists()
    assert TimeClaim.objects.get().state == TimeClaim.State.PAYING
    assert settle_now(checkout).status == Checkout.Status.SETTLED


class TestReconciliation:
    def test_it_settles_what_was_paid_and_never_heard_of(self) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        report = reconcile(now=timezone.now())
        checkout.refresh_from_db()
        assert (report.settled, checkout.status) == (1, Checkout.Status.SETTLED)

    def test_a_payment_past_its_deadline_is_cancelled_at_stripe_and_only_then_freed(self) -> None:
        course, tutor = make_shelf()
        checkout = start_and_pay(make_held_cart(course, tutor), card=ASKS_3D_SECURE)
        CartLine.objects.update(held_until=timezone.now() - timedelta(minutes=1))
        reconcile(now=timezone.now() + timedelta(minutes=9))
        assert TimeClaim.objects.get().state == TimeClaim.State.PAYING
        report = reconcile(now=timezone.now() + timedelta(minutes=11))
        checkout.refresh_from_db()
        assert (report.cancelled, checkout.status) == (1, Checkout.Status.CANCELLED)
        assert not TimeClaim.objects.exists()
        other = make_cart()
        assert hold_slot(
            cart=other, course=course, tutor=tutor, start=next_lesson_time(), duration=60, now=timezone.now()
        )

    def test_a_process_that_died_before_it_knew_the_intent_is_healed(self) -> None:
        checkout = start(make_held_cart(*make_shelf()))
        CartLine.objects.update(held_until=timezone.now() - timedelta(minutes=1))
        later = timezone.now() + timedelta(minutes=11)
        assert reconcile(now=later).cancelled == 1
        checkout.refresh_from_db()
        assert checkout.status == Checkout.Status.CANCELLED
        assert not TimeClaim.objects.exists()

    def test_one_that_a_request_is_confirming_is_left_alone(self) -> None:
        checkout = start(make_held_cart(*make_shelf()))
        report = reconcile(now=timezone.now())
        checkout.refresh_from_db()
        assert (report.settled, report.cancelled, checkout.status) == (0, 0, Checkout.Status.PAYING)
