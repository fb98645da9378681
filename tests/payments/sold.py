"""A lesson that was sold and paid, as rows: no checkout, no Stripe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from accounts.models import User
from booking.models import Appointment
from courses.models import Course, Tutor
from payments.models import Order, OrderLine
from tests.factories import make_course, make_lesson, make_tutor, make_user

# Tuesday 12 January 2027, 14:30 in Toronto.
START = datetime(2027, 1, 12, 19, 30, tzinfo=UTC)
_number = count(1)


def make_sold_lesson(
    *,
    student: User | None = None,
    course: Course | None = None,
    tutor: Tutor | None = None,
    start: datetime = START,
    minutes: int = 60,
    price: str = "45.00",
    discount: str = "0.00",
    credits: str = "0.00",  # noqa: A002
    intent_id: str = "",
) -> Appointment:
    """An hour at 45 $ whose tutor earns 30 $, in an order of its own."""
    course = course or make_course("Mathématiques", rate="45.00")
    tutor = tutor or make_tutor("Maude Gagnon", courses=[course], rate="30.00")
    lesson = make_lesson(
        course=course,
        tutor=tutor,
        start=start,
        minutes=minutes,
        student=student or make_user(first_name="Zoé", last_name="Tremblay"),
    )
    paid = Decimal(price) - Decimal(discount)
    order = Order.objects.create(
        number=f"2027-{next(_number):05d}",
        status=Order.Status.PAID,
        user=lesson.student,
        subtotal_cad=Decimal(price),
        discount_cad=Decimal(discount),
        credits_cad=Decimal(credits),
        total_cad=paid - Decimal(credits),
        intent_id=intent_id,
    )
    OrderLine.objects.create(
        order=order,
        appointment=lesson,
        course=course,
        tutor=tutor,
        start=start,
        minutes=minutes,
        student_rate_cad=Decimal("45.00"),
        tutor_rate_cad=Decimal("30.00"),
        price_cad=Decimal(price),
        discount_cad=Decimal(discount),
        credits_cad=Decimal(credits),
        tutor_earnings_cad=Decimal("30.00"),
    )
    return lesson


def before(lesson: Appointment, **delta: float) -> datetime:
    """So much before a lesson begins."""
    return lesson.start - timedelta(**delta)
