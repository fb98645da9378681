"""The bank's answer comes after the slot was let go: a lesson where it is still free, else the money back.

A hundred of each in `make drill`.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from booking.models import Appointment, TimeClaim
from courses.models import Course, Tutor
from notifications.models import OutboxMessage
from payments.gateway import RefundStatus, gateway
from payments.models import Checkout, Order, Refund
from payments.services import settle
from tests.factories import make_lesson
from tests.notifications.support import written
from tests.payments.support import make_held_cart, make_shelf, next_lesson_time, start_and_pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]
DRILL = os.environ.get("HYPOTHESIS_PROFILE") == "drill"
PAYMENTS = 100 if DRILL else 25
# Each with its own price, so that no refund can be mistaken for another.
RATES = [Decimal(30) + Decimal("0.50") * number for number in range(PAYMENTS)]


def late_payments(course: Course, tutor: Tutor) -> dict[str, Decimal]:
    """Paid intents whose slots nobody holds any more, and what was paid by each."""
    paid = {}
    for number, rate in enumerate(RATES):
        course.student_rate_cad = rate
        course.save()
        start = next_lesson_time(days=3 + number // 8, hour=9) + timedelta(hours=number % 8)
        checkout = start_and_pay(
            make_held_cart(course, tutor, starts=[start]), total=str(rate), email=f"eleve{number}@exemple.ca"
        )
        paid[str(checkout.intent_id)] = rate
    TimeClaim.objects.all().delete()
    return paid


def test_each_whose_slot_is_free_is_a_lesson() -> None:
    paid = late_payments(*make_shelf())
    for intent_id in paid:
        settle(intent_id=intent_id, now=timezone.now())
    assert Appointment.objects.count() == TimeClaim.objects.filter(state="lesson").count() == PAYMENTS
    assert dict(Order.objects.values_list("intent_id", "total_cad")) == paid
    assert not Refund.objects.exists()
    assert Counter(Checkout.objects.values_list("status", flat=True)) == {"settled": PAYMENTS}


def test_each_whose_slot_is_taken_is_a_refund_of_exactly_what_was_paid() -> None:
    course, tutor = make_shelf()
    paid = late_payments(course, tutor)
    for number in range(PAYMENTS):
        start = next_lesson_time(days=3 + number // 8, hour=9) + timedelta(hours=number % 8)
        make_lesson(course=course, tutor=tutor, start=start)
    for intent_id in paid:
        for _time in range(2):
            settle(intent_id=intent_id, now=timezone.now())
    assert Appointment.objects.count() == PAYMENTS  # those that were there before
    for intent_id, rate in paid.items():
        [refund] = gateway().list_refunds(intent_id=intent_id)
        assert (refund.amount, refund.status) == (int(rate * 100), RefundStatus.SUCCEEDED)
    assert dict(Refund.objects.values_list("order__intent_id", "amount_cad")) == paid
    assert Counter(Order.objects.values_list("status", flat=True)) == {"refunded": PAYMENTS}
    told = written(*OutboxMessage.objects.filter(type="order.confirmation"))
    assert sorted(
        mail.text.partition("\xa0: ")[2].split("\xa0$ sur votre carte")[0] for mail in told
    ) == sorted(str(rate).replace(".", ",") for rate in RATES)
