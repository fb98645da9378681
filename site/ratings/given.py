"""Which lessons a student may have an opinion of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, Exists, Max, OuterRef, When

from accounts.models import User
from booking.models import Appointment
from courses.models import Course, Tutor
from ratings.models import Rating

COMPLETED = Appointment.Status.COMPLETED


class ToRate(NamedTuple):
    """A tutor and a course of which lessons were given, and no rating was."""

    tutor_id: UUID
    """The public ids."""
    course_id: UUID
    tutor: str
    course: str
    last: datetime
    """When the latest lesson began."""


@dataclass(frozen=True)
class Given:
    """A tutor and a course, as far as they are a student's: the latest lesson, one that was given before
    any other, and the rating."""

    lesson: Appointment
    rating: Rating | None

    @property
    def tutor(self) -> Tutor:
        return self.lesson.tutor

    @property
    def course(self) -> Course:
        return self.lesson.course


def still_to_rate(*, student: User) -> list[ToRate]:
    """One for each tutor and course, the latest first. One query."""
    rated = Rating.objects.filter(student=student, tutor=OuterRef("tutor"), course=OuterRef("course"))
    lessons = (
        Appointment.objects.filter(~Exists(rated), student=student, status=COMPLETED)
        .values("tutor", "course")
        .annotate(last=Max("start"))
        .order_by("-last", "tutor__display_name")
    )
    return [
        ToRate(*lesson)
        for lesson in lessons.values_list(
            "tutor__public_id", "course__public_id", "tutor__display_name", "course__title", "last"
        )
    ]


def given(*, student: User, tutor: UUID, course: UUID) -> Given | None:
    """By public ids; None where the student has no lesson of that tutor in that course. Two queries."""
    lesson = (
        Appointment.objects.filter(student=student, tutor__public_id=tutor, course__public_id=course)
        .select_related("tutor", "course")
        .order_by(Case(When(status=COMPLETED, then=0), default=1), "-start", "pk")
        .first()
    )
    if lesson is None:
        return None
    rating = Rating.objects.filter(student=student, tutor=lesson.tutor_id, course=lesson.course_id).first()
    return Given(lesson, rating)
