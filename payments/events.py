"""What the outside is told about sales, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from accounts.models import User
from booking.models import Appointment
from notifications.services import Event, record_event
from payments.models import Order, OrderLine, Refund


def booking_created(order: Order, lines: Sequence[OrderLine]) -> Event:
    return Event(
        "booking.created",
        {
            "order_id": order.pk,
            "user_id": order.user_id,
            "currency": order.currency.upper(),
            "subtotal_cad": order.subtotal_cad,
            "discount_cad": order.discount_cad,
            "total_cad": order.total_cad,
            "coupon_code": order.coupon_code or None,
            "items": [_item(line) for line in lines],
            "created_at": order.created_at,
        },
    )


def record_order_refunded(refund: Refund, amount: Decimal, *, now: datetime) -> None:
    """`amount` of the refund, in CAD, went through."""
    record_event(
        type="order.refunded",
        payload={
            "order_id": refund.order_id,
            "user_id": refund.order.user_id,
            "refund_amount": amount,
            "refund_reason": refund.reason,
            "stripe_refund_id": refund.stripe_refund_id or None,
            "processed_by": refund.processed_by_id,
            "affected_appointments": [
                share.line.appointment_id
                for share in refund.shares.select_related("line").order_by("line__start", "line")
                if share.line.appointment_id and share.total_cad
            ],
            "timestamp": now,
        },
        now=now,
    )


def _item(line: OrderLine) -> dict[str, object]:
    return {
        "appointment_id": line.appointment_id,
        "course_id": line.course.public_id,
        "course_title_fr": line.course.title,
        "tutor_id": line.tutor.public_id,
        "tutor_name": line.tutor.display_name,
        "start_datetime": line.start,
        "duration_min": line.minutes,
        "price_cad": line.price_cad,
        "tutor_earnings_cad": line.tutor_earnings_cad,
    }


def record_booking_cancelled(
    lesson: Appointment,
    line: OrderLine | None,
    *,
    cancelled_by: str,
    by: User | None,
    reason: str,
    credit: Decimal,
    now: datetime,
) -> None:
    record_event(
        type="booking.cancelled",
        payload={
            **_lesson(lesson),
            "cancelled_by": cancelled_by,
            "cancelled_by_id": by.pk if by else None,
            "cancellation_reason": reason.strip() or None,
            "start_datetime": lesson.start,
            "end_datetime": lesson.end,
            "duration_min": lesson.minutes,
            "price_cad": line.price_cad if line else None,
            "credit_issued": credit,
            "timestamp": now,
        },
        now=now,
    )


def record_booking_rescheduled(
    lesson: Appointment,
    *,
    old_start: datetime,
    old_end: datetime,
    rescheduled_by: str,
    by: User | None,
    reason: str,
    now: datetime,
) -> None:
    record_event(
        type="booking.rescheduled",
        payload={
            **_lesson(lesson),
            "rescheduled_by": rescheduled_by,
            "rescheduled_by_id": by.pk if by else None,
            "reason": reason.strip() or None,
            "old_start_datetime": old_start,
            "old_end_datetime": old_end,
            "new_start_datetime": lesson.start,
            "new_end_datetime": lesson.end,
            "timestamp": now,
        },
        now=now,
    )


def record_appointment_completed(lesson: Appointment, line: OrderLine | None, *, now: datetime) -> None:
    record_event(
        type="appointment.completed",
        payload={
            **_lesson(lesson),
            "start_datetime": lesson.start,
            "end_datetime": lesson.end,
            "duration_min": lesson.minutes,
            "tutor_earnings_cad": line.tutor_earnings_cad if line else None,
            "completed_at": now,
        },
        now=now,
    )


def record_appointment_reminder(lesson: Appointment, *, now: datetime) -> None:
    record_event(
        type="appointment.reminder",
        payload={
            **_lesson(lesson),
            "start_datetime": lesson.start,
            "end_datetime": lesson.end,
            "meeting_link": lesson.meeting_link or None,
        },
        now=now,
    )


def _lesson(lesson: Appointment) -> dict[str, object]:
    return {
        "appointment_id": lesson.pk,
        "user_id": lesson.student_id,
        "tutor_id": lesson.tutor.public_id,
        "course_id": lesson.course.public_id,
        "course_title_fr": lesson.course.title,
    }
