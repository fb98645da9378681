"""What the outside is told about sales, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from notifications.services import record_event
from payments.models import Order, OrderLine


def record_signup(user: User, *, now: datetime) -> None:
    record_event(
        type="signup",
        payload={
            "user_id": user.pk,
            "role": user.role,
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "created_at": user.date_joined,
        },
        now=now,
    )


def record_booking_created(order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    record_event(
        type="booking.created",
        payload={
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
