"""What cards and lists show of the catalogue.

Templates get these small values instead of rows, so that a tutor's hourly rate is in no public context. Each
function makes a number of queries that does not grow with the rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch
from django.http import HttpRequest
from wagtail.images import get_image_model
from wagtail.images.models import Image
from wagtail.models import Page
from wagtail.query import PageQuerySet

from courses.models.catalogue import Course, Tutor, TutorCourse

if TYPE_CHECKING:
    from courses.models.pages import CoursePage, TutorPage

# One rendition of a portrait for lists and one for its own page; the templates ask for the same.
PORTRAIT = "fill-256x256|format-webp"
PORTRAIT_LARGE = "fill-560x560|format-webp"
COURSE_IMAGE = "fill-720x405|format-webp"


@dataclass(frozen=True)
class TutorCard:
    name: str
    photo: Image | None
    url: str = ""
    headline: str = ""
    courses: tuple[str, ...] = ()


@dataclass(frozen=True)
class CourseCard:
    title: str
    hourly_price: Decimal
    url: str = ""
    intro: str = ""
    image: Image | None = None
    tutors: tuple[TutorCard, ...] = ()


def course_cards(pages: PageQuerySet[CoursePage], request: HttpRequest | None) -> list[CourseCard]:
    """The published pages of active courses, with the faces of those who teach them."""
    shown = (
        pages.live()
        .public()
        .filter(course__active=True)
        .defer_streamfields()
        .select_related("course")
        .prefetch_related(
            _with_rendition("image", COURSE_IMAGE),
            Prefetch(
                "course__tutor_courses",
                queryset=TutorCourse.objects.current()
                .select_related("tutor")
                .prefetch_related(_with_rendition("tutor__photo", PORTRAIT)),
                to_attr="current_tutors",
            ),
        )
    )
    return [
        CourseCard(
            title=page.title,
            hourly_price=page.course.student_rate_cad,
            url=page.get_url(request) or "",
            intro=page.intro,
            image=page.image,
            tutors=tuple(
                TutorCard(name=row.tutor.display_name, photo=row.tutor.photo)
                for row in page.course.current_tutors
            ),
        )
        for page in shown
    ]


def tutor_cards(pages: PageQuerySet[TutorPage], request: HttpRequest | None) -> list[TutorCard]:
    """The published pages of active tutors, with what they teach."""
    shown = (
        pages.live()
        .public()
        .filter(tutor__active=True, tutor__user__is_active=True)
        .defer_streamfields()
        .select_related("tutor")
        .prefetch_related(
            _with_rendition("tutor__photo", PORTRAIT),
            Prefetch(
                "tutor__tutor_courses",
                queryset=TutorCourse.objects.current()
                .filter(course__active=True)
                .select_related("course")
                .order_by("course__title"),
                to_attr="current_courses",
            ),
        )
    )
    return [
        TutorCard(
            name=page.tutor.display_name,
            photo=page.tutor.photo,
            url=page.get_url(request) or "",
            headline=page.intro,
            courses=tuple(row.course.title for row in page.tutor.current_courses),
        )
        for page in shown
    ]


def tutors_of(course: Course, request: HttpRequest | None) -> list[TutorCard]:
    """Who teaches a course, in the order in which "le premier disponible" takes them."""
    tutors = Tutor.objects.teaching(course).prefetch_related(_with_rendition("photo", PORTRAIT), "pages")
    cards = []
    for tutor in tutors:
        page: TutorPage | None = _first_live(tutor.pages.all())
        cards.append(
            TutorCard(
                name=tutor.display_name,
                photo=tutor.photo,
                url=(page.get_url(request) or "") if page else "",
                headline=page.intro if page else "",
            )
        )
    return cards


def courses_of(tutor: Tutor, request: HttpRequest | None) -> list[CourseCard]:
    """What a tutor teaches, with the prices that students pay."""
    cards = []
    for course in Course.objects.taught_by(tutor).prefetch_related("pages"):
        page: CoursePage | None = _first_live(course.pages.all())
        cards.append(
            CourseCard(
                title=course.title,
                hourly_price=course.student_rate_cad,
                url=(page.get_url(request) or "") if page else "",
                intro=page.intro if page else course.description,
            )
        )
    return cards


def _with_rendition(relation: str, spec: str) -> Prefetch[Any]:
    return Prefetch(relation, queryset=get_image_model().objects.prefetch_renditions(spec))


def _first_live(pages: Iterable[Page]) -> Any:
    """The page to link to: a course may have several, one per campaign."""
    return next((page for page in pages if page.live), None)
