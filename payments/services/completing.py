"""A lesson that was given is earned by its tutor, and told once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from booking import services as booking
from booking.changes import Actor
from booking.models import Appointment
from payments import events
from payments.models import OrderLine
from payments.services.cancelling import COMPLETE, audit, locked_line

BATCH = 100


@transaction.atomic
def complete(
    *, appointment: Appointment, actor: str, by: User | None, reason: str, now: datetime
) -> Appointment:
    """Say that a lesson was given. Raises what `booking.services.complete_lesson` raises."""
    return _complete(appointment, locked_line(appointment), actor, by, reason, now)


def complete_due(*, now: datetime) -> int:
    """Complete all lessons whose end has passed, each once whoever else is at it; says how many.

    What somebody is changing this very moment is left to the next time.
    """
    done = 0
    while batch := _complete_some(now):
        done += batch
    return done


@transaction.atomic
def _complete_some(now: datetime) -> int:
    """Waits for no lock: who cancels takes the line first and the lesson then, here it is the other way."""
    lessons = list(
        Appointment.objects.over(now)
        .select_for_update(of=["self"], skip_locked=True)
        .order_by("end", "pk")[:BATCH]
    )
    sold = OrderLine.objects.filter(appointment__in=lessons)
    free = {line.appointment_id: line for line in sold.select_for_update(of=["self"], skip_locked=True)}
    busy = set(sold.values_list("appointment_id", flat=True)) - free.keys()
    due = [lesson for lesson in lessons if lesson.pk not in busy]
    for lesson in due:
        _complete(lesson, free.get(lesson.pk), Actor.SYSTEM, None, "", now)
    return len(due)


def _complete(
    appointment: Appointment,
    line: OrderLine | None,
    actor: str,
    by: User | None,
    reason: str,
    now: datetime,
) -> Appointment:
    lesson = booking.complete_lesson(appointment=appointment, actor=actor, by=by, reason=reason, now=now)
    if line is not None and line.earnings == OrderLine.Earnings.SCHEDULED:
        line.earnings = OrderLine.Earnings.EARNED
        line.save(update_fields=["earnings"])
    audit(lesson, COMPLETE, actor, by, reason)
    events.record_appointment_completed(lesson, line, now=now)
    return lesson
