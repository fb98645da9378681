"""What cards and lists show of the catalogue.

Templates get these small values instead of rows, so that a tutor's hourly rate is in no public context. Each
function makes a number of queries that does not grow with the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from wagtail.query import PageQuerySet

from courses.models.catalogue import Course, Tutor, TutorCourse
from courses.pictures import ILLUSTRATION, PORTRAIT, Picture, pictures

if TYPE_CHECKING:
    from courses.models.pages import CoursePage, TutorPage

# Enough of a page for a card; its body stays in the database.
_CARD_FIELDS = ("title", "intro", "url_path", "path", "depth", "live", "locale")


@dataclass(frozen=True)
class TutorCard:
    name: str
    portrait: Picture | None
    url: str = ""
    headline: str = ""
    courses: tuple[str, ...] = ()


@dataclass(frozen=True)
class CourseCard:
    title: str
    hourly_price: Decimal
    url: str = ""
    intro: str = ""
    image: Picture | None = None
    tutors: tuple[TutorCard, ...] = ()


def course_cards(pages: PageQuerySet[CoursePage], request: HttpRequest | None) -> list[CourseCard]:
    """The published pages of active courses, with the faces of those who teach them. Three queries."""
    shown = list(
        pages.live()
        .public()
        .filter(course__active=True)
        .select_related("course")
        .only(*_CARD_FIELDS, "image_id", "course__student_rate_cad")
    )
    teaching = defaultdict(list)
    current = TutorCourse.objects.current().filter(course__in=[page.course_id for page in shown])
    for course_id, name, photo_id in current.values_list(
        "course_id", "tutor__display_name", "tutor__photo_id"
    ):
        teaching[course_id].append((name, photo_id))
    drawn = pictures(
        {(page.image_id, ILLUSTRATION) for page in shown if page.image_id}
        | {(photo, PORTRAIT) for tutors in teaching.values() for _, photo in tutors if photo}
    )
    return [
        CourseCard(
            title=page.title,
            hourly_price=page.course.student_rate_cad,
            url=page.get_url(request) or "",
            intro=page.intro,
            image=drawn.get((page.image_id, ILLUSTRATION)),
            tutors=tuple(
                TutorCard(name=name, portrait=drawn.get((photo, PORTRAIT)))
                for name, photo in teaching[page.course_id]
            ),
        )
        for page in shown
    ]


def tutor_cards(pages: PageQuerySet[TutorPage], request: HttpRequest | None) -> list[TutorCard]:
    """The published pages of active tutors, with what they teach. Three queries."""
    shown = list(
        pages.live()
        .public()
        .filter(tutor__active=True, tutor__user__is_active=True)
        .select_related("tutor")
        .only(*_CARD_FIELDS, "tutor__display_name", "tutor__photo_id")
    )
    taught = defaultdict(list)
    current = TutorCourse.objects.current().filter(
        tutor__in=[page.tutor_id for page in shown], course__active=True
    )
    for tutor_id, title in current.order_by("course__title").values_list("tutor_id", "course__title"):
        taught[tutor_id].append(title)
    drawn = pictures({(page.tutor.photo_id, PORTRAIT) for page in shown if page.tutor.photo_id})
    return [
        TutorCard(
            name=page.tutor.display_name,
            portrait=drawn.get((page.tutor.photo_id, PORTRAIT)),
            url=page.get_url(request) or "",
            headline=page.intro,
            courses=tuple(taught[page.tutor_id]),
        )
        for page in shown
    ]


def offer_of(
    course: Course | None, image_id: int | None, pages: PageQuerySet[TutorPage], request: HttpRequest | None
) -> dict[str, Any]:
    """A course page's `illustration` and `tutors`: those who teach, in the order in which "le premier
    disponible" takes them; nobody when the course is not offered. Three queries.
    """
    teaching = Tutor.objects.teaching(course) if course and course.active else Tutor.objects.none()
    tutors = list(teaching.values_list("pk", "display_name", "photo_id"))
    page_of = _first_by("tutor_id", pages.filter(tutor__in=[key for key, *_ in tutors]))
    drawn = pictures(
        {(photo, PORTRAIT) for _, _, photo in tutors if photo}
        | ({(image_id, ILLUSTRATION)} if image_id else set())
    )
    return {
        "illustration": drawn.get((image_id, ILLUSTRATION)) if image_id else None,
        "tutors": [
            TutorCard(
                name=name,
                portrait=drawn.get((photo, PORTRAIT)),
                url=(page_of[key].get_url(request) or "") if key in page_of else "",
                headline=page_of[key].intro if key in page_of else "",
            )
            for key, name, photo in tutors
        ],
    }


def courses_of(
    tutor: Tutor, pages: PageQuerySet[CoursePage], request: HttpRequest | None
) -> list[CourseCard]:
    """What a tutor teaches, with the prices that students pay. Two queries."""
    courses = list(Course.objects.taught_by(tutor))
    page_of = _first_by("course_id", pages.filter(course__in=courses))
    return [
        CourseCard(
            title=course.title,
            hourly_price=course.student_rate_cad,
            url=(page_of[course.pk].get_url(request) or "") if course.pk in page_of else "",
        )
        for course in courses
    ]


def _first_by(field: str, pages: PageQuerySet[Any]) -> dict[int, Any]:
    """The page to link to: a course may have several, one per campaign; the first in the tree is its own."""
    shown: Iterable[Any] = pages.live().order_by("-path").only(*_CARD_FIELDS, field)
    return {getattr(page, field): page for page in shown}
