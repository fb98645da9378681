"""What a lesson's student and tutor are written when it is called off, moved or brought back."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.calendars import CANCEL, PUBLISH, lesson_calendar, teaching_calendar
from booking.changes import Actor
from booking.models import Appointment
from booking.wording import day_and_clock
from notifications.services import Attachment, record_mail


def record_cancelled(
    lesson: Appointment, *, actor: str, reason: str, consequence: str, now: datetime
) -> None:
    """`consequence` says what becomes of the student's money; the tutor is not told."""
    _record(
        lesson,
        _("Cours annulé : %(course)s, %(when)s"),
        "payments/mail/lesson_cancelled",
        actor=actor,
        reason=reason,
        consequence=consequence,
        method=CANCEL,
        now=now,
    )


def record_moved(lesson: Appointment, *, old_start: datetime, actor: str, reason: str, now: datetime) -> None:
    _record(
        lesson,
        _("Cours déplacé : %(course)s, %(when)s"),
        "payments/mail/lesson_moved",
        actor=actor,
        reason=reason,
        old_start=old_start,
        now=now,
    )


def record_restored(lesson: Appointment, *, reason: str, consequence: str, now: datetime) -> None:
    _record(
        lesson,
        _("Cours rétabli : %(course)s, %(when)s"),
        "payments/mail/lesson_restored",
        actor=Actor.ADMIN,
        reason=reason,
        consequence=consequence,
        now=now,
    )


def _record(
    lesson: Appointment,
    subject: str,
    template: str,
    *,
    actor: str,
    reason: str,
    now: datetime,
    method: str = PUBLISH,
    consequence: str = "",
    old_start: datetime | None = None,
) -> None:
    """One mail to each of the two, with the lesson as their calendar has to take it over."""
    subject = subject % {"course": lesson.course, "when": day_and_clock(lesson.start)}
    for teaching, person, calendar in (
        (False, lesson.student, lesson_calendar),
        (True, lesson.tutor.user, teaching_calendar),
    ):
        record_mail(
            to=person.email,
            subject=subject,
            template=template,
            context={
                "lesson": lesson,
                "person": person,
                "teaching": teaching,
                "own_doing": actor == (Actor.TUTOR if teaching else Actor.STUDENT),
                "actor": actor,
                "reason": reason.strip(),
                "consequence": "" if teaching else consequence,
                "old_start": old_start,
                "dashboard_url": settings.SITE_URL + reverse("dashboard"),
            },
            now=now,
            attachments=[
                Attachment(
                    "cours.ics",
                    calendar([lesson], now=now, method=method),
                    f"text/calendar; method={method}",
                )
            ],
        )
