"""Sold lessons called off and moved by whoever may, and what each is written about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from icalendar import Calendar

from accounts.models import User
from booking.changes import Actor
from booking.models import Appointment, Cart, CartLine
from booking.services import hold_slot
from notifications.composing import Mail
from notifications.models import OutboxMessage
from payments.services.cancelling import Cancellation, Compensation, cancel
from payments.services.moving import move
from tests.notifications.support import written
from tests.payments.sold import START, before

# Monday 11 January 2027, 10:00; the lesson is on Tuesday at 14:30. The tutor teaches from 9:00 to 17:00.
NOW = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
NEXT_DAY = START + timedelta(days=1)


def cancel_as_student(lesson: Appointment, *, now: datetime | None = None, reason: str = "") -> Cancellation:
    return cancel(
        appointment=lesson,
        actor=Actor.STUDENT,
        by=lesson.student,
        reason=reason,
        compensation=Compensation.CREDIT,
        now=now or before(lesson, days=1),
    )


def cancel_as_tutor(
    lesson: Appointment, *, now: datetime | None = None, reason: str = "Grippe"
) -> Cancellation:
    return cancel(
        appointment=lesson,
        actor=Actor.TUTOR,
        by=lesson.tutor.user,
        reason=reason,
        compensation=Compensation.CREDIT,
        now=now or before(lesson, days=1),
    )


def cancel_as_admin(
    lesson: Appointment, admin: User, compensation: Compensation, *, now: datetime | None = None
) -> Cancellation:
    return cancel(
        appointment=lesson,
        actor=Actor.ADMIN,
        by=admin,
        reason="Tempête de neige",
        compensation=compensation,
        now=now or before(lesson, days=1),
    )


def hold_for(cart: Cart, lesson: Appointment, start: datetime = NEXT_DAY, *, now: datetime = NOW) -> CartLine:
    """An hour with the lesson's tutor, in somebody's cart."""
    return hold_slot(cart=cart, course=lesson.course, tutor=lesson.tutor, start=start, duration=60, now=now)


def mails() -> dict[str, Mail]:
    """What each was written about the lesson; about a refund there is a mail of its own."""
    found = OutboxMessage.objects.filter(type__startswith="lesson.").order_by("created_at")
    return {mail.to: mail for mail in written(*found)}


def calendar_in(mail: Mail) -> Calendar:
    (attachment,) = mail.attachments
    return Calendar.from_ical(attachment.content)


def move_as_student(
    lesson: Appointment, start: datetime = NEXT_DAY, *, now: datetime = NOW, reason: str = ""
) -> Appointment:
    return move(
        appointment=lesson, start=start, actor=Actor.STUDENT, by=lesson.student, reason=reason, now=now
    )


def move_as_tutor(
    lesson: Appointment, start: datetime = NEXT_DAY, *, now: datetime = NOW, reason: str = "Grippe"
) -> Appointment:
    return move(
        appointment=lesson, start=start, actor=Actor.TUTOR, by=lesson.tutor.user, reason=reason, now=now
    )


def move_as_admin(
    lesson: Appointment, by: User, start: datetime = NEXT_DAY, *, now: datetime = NOW
) -> Appointment:
    return move(appointment=lesson, start=start, actor=Actor.ADMIN, by=by, reason="Tempête", now=now)
