"""What admins and tutors do to the catalogue. It leaves no row in the database."""

from __future__ import annotations

from notifications.catalogue.fields import Field, a_flag, a_text, a_time, an_id, cad, one_of
from notifications.catalogue.types import EventType

_NOW = a_time("timestamp", "When it happened.", "2026-12-01T15:04:05Z")


def _course(action: str, when: str) -> EventType:
    fields = (
        an_id("course_id", "The course."),
        a_text("title", "Its title.", "Chimie, secondaire 5"),
        a_text("slug", "Its part of the address of its page.", "chimie-secondaire-5"),
        cad("student_rate_cad", "What students pay for an hour.", 45.0),
        a_flag("active", "Whether it can be booked.", example=True),
        one_of("action", "What was done.", action),
        _NOW,
    )
    return EventType(f"course.{action}", when, "ADMIN", fields, recorded=False)


def _tutor(what: str, when: str, change: str, *rates: Field) -> EventType:
    fields = (
        an_id("tutor_id", "The tutor, as in the catalogue."),
        a_text("display_name", "The name that students see.", "Camille Tremblay"),
        a_flag("active", "Whether lessons can be booked.", example=True),
        a_text("change", "What changed, as names of fields with commas between.", change),
        *rates,
        _NOW,
    )
    return EventType(f"tutor.{what}", when, "ADMIN", fields, recorded=False)


ADMIN_WORK = (
    _course("created", "An admin makes a course."),
    _course("updated", "An admin changes a course."),
    _course("deleted", "An admin deletes a course, or switches one off that has a history."),
    _tutor("created", "An admin adds a tutor to the catalogue.", "created"),
    _tutor("updated", "An admin changes a tutor, otherwise than in the rate.", "display_name,bio"),
    _tutor(
        "rate.updated",
        "An admin changes what a tutor earns.",
        "hourly_rate_cad",
        cad("old_rate_cad", "What an hour paid before.", 30.0),
        cad("new_rate_cad", "What an hour pays from now on.", 32.0),
    ),
    _tutor("availability.updated", "A tutor's times change.", "weekly_rules"),
)
