"""The subjects that are taught, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.http import HttpRequest
from django.template.loader import select_template

from courses.models import CourseIndexPage, CoursePage
from courses.showcase import open_to_all
from home.search import fold


@dataclass(frozen=True)
class SubjectCard:
    name: str
    url: str
    """The list of its courses."""
    courses: int
    drawing: Any
    """A template: the subject's own drawing, or the one for any."""


def subject_cards(request: HttpRequest | None) -> list[SubjectCard]:
    """The subjects that a published page offers a course of, by name. Two queries."""
    found = (
        open_to_all(CoursePage.objects.all())
        .filter(course__active=True, course__subject__isnull=False)
        .order_by()
        .values_list("course__subject__name", "course__subject__slug")
        .annotate(courses=Count("course", distinct=True))
    )
    shown = sorted(found, key=lambda subject: fold(subject[0]))
    index = CourseIndexPage.objects.live().first() if shown else None
    if index is None:
        return []
    return [
        SubjectCard(
            name=name,
            url=f"{index.get_url(request)}?{urlencode({'matiere': slug})}",
            courses=courses,
            drawing=select_template([f"courses/subjects/{slug}.svg", "courses/subjects/any.svg"]),
        )
        for name, slug, courses in shown
    ]
