"""Lessons that were given, and what students say of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from accounts.models import User
from booking.models import Appointment
from courses.models import Course, Tutor
from ratings.models import Rating
from ratings.services import rate
from tests.factories import make_course, make_lesson, make_tutor, make_user

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
_hours = count(1)


def make_given(
    *, student: User | None = None, tutor: Tutor | None = None, course: Course | None = None
) -> Appointment:
    """A lesson that was given, each at a time of its own."""
    course = course or make_course()
    lesson = make_lesson(
        course=course,
        tutor=tutor or make_tutor(courses=[course], weekly=[]),
        student=student,
        start=NOW - timedelta(days=3, hours=2 * next(_hours)),
    )
    lesson.status = Appointment.Status.COMPLETED
    lesson.save(update_fields=["status"])
    return lesson


def make_rating(
    *answers: int,
    lesson: Appointment | None = None,
    tutor: Tutor | None = None,
    course: Course | None = None,
    comment: str = "",
    first_name: str = "Zoé",
    now: datetime = NOW,
) -> Rating:
    """By a student of its own, unless the lesson is given; 5, 5, 5, 5 without answers."""
    lesson = lesson or make_given(student=make_user(first_name=first_name), tutor=tutor, course=course)
    return rate(
        student=lesson.student,
        tutor=lesson.tutor,
        course=lesson.course,
        answers=answers or (5, 5, 5, 5),
        comment=comment,
        version=0,
        now=now,
    )[0]
