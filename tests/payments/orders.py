"""Orders that were really paid at the sandbox, with what each lesson cost written out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import NamedTuple
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from courses.money import to_cents
from payments.models import CreditEntry, Order, OrderLine
from payments.services.credits import add_entry
from tests.factories import make_lesson, make_user
from tests.payments.support import PAYS, make_shelf, next_lesson_time, paid_at_stripe

_serial = count(1)


class Sold(NamedTuple):
    """A lesson: its price, its share of the discount, and of what credits paid, in CAD."""

    price: str = "45.00"
    discount: str = "0.00"
    credits: str = "0.00"


def make_paid_order(
    sold: Sequence[Sold] = (Sold(),), *, student: User | None = None, card: str = PAYS
) -> Order:
    """A paid order with a scheduled lesson per line, one a day from the third day on, each earning 30 $."""
    student = student or make_user()
    course, tutor = make_shelf()
    price = sum((Decimal(each.price) for each in sold), Decimal(0))
    discount = sum((Decimal(each.discount) for each in sold), Decimal(0))
    spent = sum((Decimal(each.credits) for each in sold), Decimal(0))
    total = price - discount - spent
    order = Order.objects.create(
        number=f"2026-{next(_serial):05d}",
        status=Order.Status.PAID,
        user=student,
        subtotal_cad=price,
        discount_cad=discount,
        coupon_code="RENTREE" if discount else "",
        credits_cad=spent,
        total_cad=total,
        intent_id=paid_at_stripe(names=str(uuid4()), cents=to_cents(total), card=card) if total else "",
    )
    if spent:
        for amount, cause in ((spent, CreditEntry.Cause.GIFT), (-spent, CreditEntry.Cause.SPENT)):
            add_entry(user=student, amount=amount, cause=cause, order=order, now=timezone.now())
    for day, each in enumerate(sold):
        start = next_lesson_time() + timedelta(days=day)
        OrderLine.objects.create(
            order=order,
            appointment=make_lesson(course=course, tutor=tutor, start=start, student=student),
            course=course,
            tutor=tutor,
            start=start,
            minutes=60,
            student_rate_cad=Decimal("45.00"),
            tutor_rate_cad=Decimal("30.00"),
            price_cad=Decimal(each.price),
            discount_cad=Decimal(each.discount),
            credits_cad=Decimal(each.credits),
            tutor_earnings_cad=Decimal("30.00"),
        )
    return order
