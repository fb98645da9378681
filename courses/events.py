"""What the outside is told about the admins' work on the catalogue: told at once, kept nowhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from courses.models import Course, Tutor
from notifications.services import record_event

_RATE = "hourly_rate_cad"


def tell_course(course: Course, action: str, *, now: datetime) -> None:
    """`action` is created, updated or deleted."""
    record_event(
        type=f"course.{action}",
        payload={
            "course_id": course.public_id,
            "title": course.title,
            "slug": course.slug,
            "student_rate_cad": course.student_rate_cad,
            "active": course.active,
            "action": action,
            "timestamp": now,
        },
        now=now,
    )


def tell_tutor_created(tutor: Tutor, *, now: datetime) -> None:
    _tell_tutor("created", tutor, "created", now)


def tell_tutor_changed(
    tutor: Tutor, *, changed: Collection[str], before: Mapping[str, Any], now: datetime
) -> None:
    """`changed` are the names of fields, `before` what they were. A new rate is an event of its own."""
    if _RATE in changed:
        rates = {"old_rate_cad": before[_RATE], "new_rate_cad": tutor.hourly_rate_cad}
        _tell_tutor("rate.updated", tutor, _RATE, now, **rates)
    if others := [name for name in changed if name != _RATE]:
        _tell_tutor("updated", tutor, ",".join(others), now)


def _tell_tutor(what: str, tutor: Tutor, change: str, now: datetime, **more: Any) -> None:
    record_event(
        type=f"tutor.{what}",
        payload={
            "tutor_id": tutor.public_id,
            "display_name": tutor.display_name,
            "active": tutor.active,
            "change": change,
            **more,
            "timestamp": now,
        },
        now=now,
    )
