"""The day before each lesson: its student is reminded, and so is whoever listens."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from booking.models import Appointment
from payments import events, lesson_mails

BATCH = 100


def remind_due(*, now: datetime) -> int:
    """Remind of all lessons that begin within a day, each once whoever else is at it; says how many.

    Of one that has begun nobody is reminded, however long the clock stood still. What somebody is changing
    this very moment is left to the next time.
    """
    done = 0
    while batch := _remind_some(now):
        done += batch
    return done


@transaction.atomic
def _remind_some(now: datetime) -> int:
    lessons = list(
        Appointment.objects.to_remind(now)
        .select_related("course", "tutor", "student")
        .select_for_update(of=["self"], skip_locked=True)
        .order_by("start", "pk")[:BATCH]
    )
    for lesson in lessons:
        events.record_appointment_reminder(lesson, now=now)
        lesson_mails.record_reminder(lesson, now=now)
    Appointment.objects.filter(pk__in=[lesson.pk for lesson in lessons]).update(reminded_for=F("start"))
    return len(lessons)
