"""Lessons as iCalendar files (RFC 5545), for the e-mail, the download and, later, the feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from booking.models import Appointment

STATUSES = {
    Appointment.Status.SCHEDULED: "CONFIRMED",
    Appointment.Status.COMPLETED: "CONFIRMED",
    Appointment.Status.CANCELLED: "CANCELLED",
    Appointment.Status.REFUNDED: "CANCELLED",
}


def lesson_calendar(lessons: Iterable[Appointment], *, now: datetime) -> bytes:
    """The student's calendar file, in UTF-8; `now` becomes the DTSTAMP."""
    return _calendar(
        lessons,
        lambda lesson: _("%(course)s avec %(name)s") % {"course": lesson.course, "name": lesson.tutor},
        now=now,
    )


def teaching_calendar(lessons: Iterable[Appointment], *, now: datetime) -> bytes:
    """The tutor's calendar file: the same lessons named after the student, by first name only."""
    return _calendar(
        lessons,
        lambda lesson: (
            _("%(course)s avec %(name)s") % {"course": lesson.course, "name": lesson.student.get_short_name()}
        ),
        now=now,
    )


def _calendar(lessons: Iterable[Appointment], title: Callable[[Appointment], str], *, now: datetime) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Fanal//Rendez-vous//FR-CA")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for lesson in lessons:
        calendar.add_component(_event(lesson, title(lesson), now=now))
    return calendar.to_ical()


def _event(lesson: Appointment, title: str, *, now: datetime) -> Event:
    event = Event()
    # Stable, so that a calendar which gets the file twice updates the lesson instead of doubling it.
    event.add("uid", f"{lesson.id}@fanal")
    event.add("sequence", 0)
    event.add("dtstamp", now)
    # Stored in UTC and written so: no reader has to know Toronto's clock changes.
    event.add("dtstart", lesson.start)
    event.add("dtend", lesson.end)
    event.add("summary", title)
    event.add("status", STATUSES[Appointment.Status(lesson.status)])
    event.add("url", settings.SITE_URL + reverse("dashboard"))
    if lesson.meeting_link:
        event.add("location", lesson.meeting_link)
    return event
