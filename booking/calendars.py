"""Lessons as iCalendar files (RFC 5545), for the e-mail, the download and, later, the feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from booking.models import Appointment

STATUSES = {
    Appointment.Status.SCHEDULED: "CONFIRMED",
    Appointment.Status.COMPLETED: "CONFIRMED",
    Appointment.Status.CANCELLED: "CANCELLED",
    Appointment.Status.REFUNDED: "CANCELLED",
}


# RFC 5546: what a calendar program does with the file.
PUBLISH, CANCEL = "PUBLISH", "CANCEL"


def lesson_calendar(lessons: Iterable[Appointment], *, now: datetime, method: str = PUBLISH) -> bytes:
    """The student's calendar file, in UTF-8; `now` becomes the DTSTAMP.

    By CANCEL a calendar takes lessons out that it has; a lesson that moved is published again.
    """
    return _calendar(
        lessons,
        lambda lesson: _("%(course)s avec %(name)s") % {"course": lesson.course, "name": lesson.tutor},
        now=now,
        method=method,
    )


def teaching_calendar(lessons: Iterable[Appointment], *, now: datetime, method: str = PUBLISH) -> bytes:
    """The tutor's calendar file: the same lessons named after the student, by first name only."""
    return _calendar(
        lessons,
        lambda lesson: (
            _("%(course)s avec %(name)s") % {"course": lesson.course, "name": lesson.student.get_short_name()}
        ),
        now=now,
        method=method,
    )


def _calendar(
    lessons: Iterable[Appointment], title: Callable[[Appointment], str], *, now: datetime, method: str
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Fanal//Rendez-vous//FR-CA")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for lesson in lessons:
        calendar.add_component(_event(lesson, title(lesson), now=now))
    return calendar.to_ical()


def _event(lesson: Appointment, title: str, *, now: datetime) -> Event:
    event = Event()
    # Stable, so that a calendar which gets the file twice updates the lesson instead of doubling it.
    event.add("uid", f"{lesson.id}@fanal")
    # Only with a higher number does a calendar believe that the lesson moved or is off.
    event.add("sequence", lesson.sequence)
    event.add("dtstamp", now)
    event.add("organizer", _organizer())
    # Stored in UTC and written so: no reader has to know Toronto's clock changes.
    event.add("dtstart", lesson.start)
    event.add("dtend", lesson.end)
    event.add("summary", title)
    event.add("status", STATUSES[Appointment.Status(lesson.status)])
    event.add("url", settings.SITE_URL + reverse("dashboard"))
    if lesson.meeting_link:
        event.add("location", lesson.meeting_link)
    return event


def _organizer() -> vCalAddress:
    """The school. RFC 5546 wants one in every file that is sent."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    organizer = vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = name or settings.WAGTAIL_SITE_NAME
    return organizer
