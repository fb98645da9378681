"""Moving a lesson moves no money; who earns by it and who is told is said here.

Locks in the one order: order, line, lesson, tutor's time.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from booking import services as booking
from booking.models import Appointment
from payments import events, lesson_mails
from payments.models import OrderLine
from payments.services.cancelling import MOVE, audit, locked_line


@transaction.atomic
def move(
    *, appointment: Appointment, start: datetime, actor: str, by: User | None, reason: str, now: datetime
) -> Appointment:
    """Move a lesson and tell everybody; one that begins at `start` already is given back, and nobody is told.

    Raises what `booking.services.move_lesson` raises; nothing is changed then.
    """
    line = locked_line(appointment)
    before = booking.locked_lesson(appointment)
    lesson = booking.move_lesson(
        appointment=appointment, start=start, actor=actor, by=by, reason=reason, now=now
    )
    if lesson.sequence == before.sequence:
        return lesson
    # A lesson that is still to be given is not earned yet; what was paid out is not taken back.
    if (
        line is not None
        and line.earnings == OrderLine.Earnings.EARNED
        and lesson.status == Appointment.Status.SCHEDULED
    ):
        line.earnings = OrderLine.Earnings.SCHEDULED
        line.save(update_fields=["earnings"])
    events.record_booking_rescheduled(
        lesson,
        old_start=before.start,
        old_end=before.end,
        rescheduled_by=actor,
        by=by,
        reason=reason,
        now=now,
    )
    audit(lesson, MOVE, actor, by, reason)
    lesson_mails.record_moved(lesson, old_start=before.start, actor=actor, reason=reason, now=now)
    return lesson
