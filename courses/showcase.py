"""What cards and lists show of the catalogue.

Templates get these small values instead of rows, so that a tutor's hourly rate is in no public context. Each
function makes a number of queries that does not grow with the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Left, Length
from django.http import HttpRequest
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet

from courses.free_times import FreeTimes, When, free_times
from courses.live import NOBODY, NextFree
from courses.models.catalogue import Course, Tutor, TutorCourse
from courses.pictures import ILLUSTRATION, PORTRAIT, SHARED, Picture, Wanted, pictures
from courses.scores import NO_SCORE, Score
from home.search import fold

if TYPE_CHECKING:
    from courses.models.pages import CoursePage, TutorPage

# Enough of a page for a card; its body stays in the database.
_CARD_FIELDS = ("title", "intro", "url_path", "path", "depth", "live", "locale")
_TEACHER_FIELDS = (
    "tutor_id",
    "tutor__public_id",
    "tutor__display_name",
    "tutor__photo_id",
    "tutor__rating_count",
    "tutor__rating_points",
)
MOST_RELATED = 3


@dataclass(frozen=True)
class TutorCard:
    name: str
    portrait: Picture | None
    url: str = ""
    headline: str = ""
    courses: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    next_free: NextFree = NOBODY
    score: Score = NO_SCORE


@dataclass(frozen=True)
class CourseCard:
    title: str
    price_from: Decimal
    """Of the shortest lesson."""
    url: str = ""
    intro: str = ""
    subject: str = ""
    levels: tuple[str, ...] = ()
    image: Picture | None = None
    tutors: tuple[TutorCard, ...] = ()
    next_free: NextFree = NOBODY
    score: Score = NO_SCORE


class Teacher(NamedTuple):
    """Who teaches a course."""

    pk: int
    public_id: UUID
    name: str
    photo_id: int | None
    rating_count: int
    rating_points: int

    @property
    def score(self) -> Score:
        return Score(self.rating_count, self.rating_points)


class Taught(NamedTuple):
    """What a tutor teaches."""

    slug: str
    title: str
    subject_slug: str
    subject: str


@dataclass(frozen=True)
class OfferedCourse:
    """A published page of an active course, and its teachers, best first."""

    page: CoursePage
    teachers: Sequence[Teacher]

    @property
    def tutor_ids(self) -> list[int]:
        return [teacher.pk for teacher in self.teachers]

    @cached_property
    def values(self) -> Mapping[str, Collection[str]]:
        """What each filter finds it by."""
        course = self.page.course
        return {
            "matiere": [course.subject.slug] if course.subject else [],
            "niveau": course.levels,
            "tuteur": {str(teacher.public_id) for teacher in self.teachers},
        }


@dataclass(frozen=True)
class OfferedTutor:
    """A published page of an active tutor, and what this person teaches, by title."""

    page: TutorPage
    taught: Sequence[Taught]

    @property
    def tutor_ids(self) -> list[int]:
        return [self.page.tutor_id]

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(course.subject for course in self.taught if course.subject))

    @cached_property
    def values(self) -> Mapping[str, Collection[str]]:
        """What each filter finds them by."""
        return {
            "matiere": {course.subject_slug for course in self.taught},
            "cours": {course.slug for course in self.taught},
        }


def offered_courses(pages: PageQuerySet[CoursePage]) -> list[OfferedCourse]:
    """The published ones of these pages whose course is active, in their order. Two queries."""
    shown = list(_course_pages(pages))
    ties = TutorCourse.objects.current().filter(course__in={page.course_id for page in shown})
    teaching = defaultdict(list)
    for course_id, *teacher in ties.values_list("course_id", *_TEACHER_FIELDS):
        teaching[course_id].append(Teacher(*teacher))
    return [OfferedCourse(page, teaching[page.course_id]) for page in shown]


def _course_pages(pages: PageQuerySet[CoursePage]) -> PageQuerySet[CoursePage]:
    return (
        open_to_all(pages)
        .filter(course__active=True)
        .select_related("course__subject")
        .only(
            *_CARD_FIELDS,
            "image_id",
            "course__student_rate_cad",
            "course__levels",
            "course__rating_count",
            "course__rating_points",
            "course__subject__name",
            "course__subject__slug",
        )
    )


def offered_tutors(pages: PageQuerySet[TutorPage]) -> list[OfferedTutor]:
    """The published ones of these pages whose tutor is active, in their order. Two queries."""
    shown = list(
        open_to_all(pages)
        .filter(tutor__active=True, tutor__user__is_active=True)
        .select_related("tutor")
        .only(
            *_CARD_FIELDS,
            "tutor__display_name",
            "tutor__photo_id",
            "tutor__rating_count",
            "tutor__rating_points",
        )
    )
    ties = TutorCourse.objects.current().filter(
        tutor__in={page.tutor_id for page in shown}, course__active=True
    )
    taught = defaultdict(list)
    for tutor_id, slug, title, subject_slug, subject in ties.order_by("course__title").values_list(
        "tutor_id", "course__slug", "course__title", "course__subject__slug", "course__subject__name"
    ):
        taught[tutor_id].append(Taught(slug, title, subject_slug or "", subject or ""))
    return [OfferedTutor(page, taught[page.tutor_id]) for page in shown]


def open_to_all(pages: PageQuerySet[Any]) -> PageQuerySet[Any]:
    """The published ones that nobody has to log in for; `.live().public()` without a query of its own."""
    restricted = PageViewRestriction.objects.filter(page__path=Left(OuterRef("path"), Length("page__path")))
    return pages.live().filter(~Exists(restricted))


def times_of(offered: Iterable[OfferedCourse | OfferedTutor], now: datetime) -> FreeTimes:
    """The free times of everybody who teaches any of these. One query."""
    return free_times(tutor_ids={key for one in offered for key in one.tutor_ids}, now=now)


def course_cards(
    offered: Sequence[OfferedCourse],
    request: HttpRequest | None,
    *,
    when: Collection[When] = (),
    tutor: str = "",
) -> list[CourseCard]:
    """One query, for the pictures. With `when`, the free time is the first inside of it; with `tutor` (a
    public id), the links open the picker with that tutor.
    """
    drawn = pictures(
        {(one.page.image_id, ILLUSTRATION) for one in offered if one.page.image_id}
        | {(who.photo_id, PORTRAIT) for one in offered for who in one.teachers if who.photo_id}
    )
    return _course_cards(offered, request, drawn=drawn, when=when, tutor=tutor)


def _course_cards(
    offered: Sequence[OfferedCourse],
    request: HttpRequest | None,
    *,
    drawn: Mapping[Wanted, Picture],
    when: Collection[When] = (),
    tutor: str = "",
) -> list[CourseCard]:
    query = f"?{urlencode({'tuteur': tutor})}" if tutor else ""
    return [
        CourseCard(
            title=one.page.title,
            price_from=_price_from(one.page.course),
            url=_address(one.page, request) + query,
            intro=one.page.intro,
            subject=one.page.course.subject.name if one.page.course.subject else "",
            levels=tuple(one.page.course.level_names()),
            image=drawn.get((one.page.image_id, ILLUSTRATION)) if one.page.image_id else None,
            tutors=tuple(
                TutorCard(name=who.name, portrait=_portrait(drawn, who.photo_id)) for who in one.teachers
            ),
            next_free=NextFree(tuple(one.tutor_ids), tuple(when)),
            score=one.page.course.score,
        )
        for one in offered
    ]


def tutor_cards(
    offered: Sequence[OfferedTutor],
    request: HttpRequest | None,
    *,
    when: Collection[When] = (),
) -> list[TutorCard]:
    """One query, for the pictures. With `when`, the free time is the first inside of it."""
    drawn = pictures({(one.page.tutor.photo_id, PORTRAIT) for one in offered if one.page.tutor.photo_id})
    return [
        TutorCard(
            name=one.page.tutor.display_name,
            portrait=drawn.get((one.page.tutor.photo_id, PORTRAIT)),
            url=_address(one.page, request),
            headline=one.page.intro,
            courses=tuple(course.title for course in one.taught),
            subjects=one.subjects,
            next_free=NextFree(tuple(one.tutor_ids), tuple(when)),
            score=one.page.tutor.score,
        )
        for one in offered
    ]


def _portrait(drawn: Mapping[Wanted, Picture], photo_id: int | None) -> Picture | None:
    return drawn.get((photo_id, PORTRAIT)) if photo_id else None


def _address(page: Page | None, request: HttpRequest | None) -> str:
    """Empty without a page."""
    return (page.get_url(request) or "") if page else ""


def _price_from(course: Course) -> Decimal:
    return min(price for _, price in course.prices())


def course_offer(
    page: CoursePage,
    courses: PageQuerySet[CoursePage],
    tutors: PageQuerySet[TutorPage],
    request: HttpRequest | None,
) -> dict[str, Any]:
    """What a course page shows around its own words.

    Its `illustration`, and the same to be shared (`shared_picture`); `tutors`: those who teach, in the order
    in which "le premier disponible" takes them, nobody when the course is not offered; `next_free` of them
    all; `related`: cards of other courses, those of the same subject and levels first. Four queries.
    """
    course = page.course if page.course_id else None
    near = _nearest(course, courses)
    teaching, subjects = _teachers(course, [other.course_id for other in near])
    teachers = teaching[course.pk] if course and course.active else []
    related = [OfferedCourse(other, teaching[other.course_id]) for other in near]
    page_of = _first_by("tutor_id", tutors.filter(tutor__in=[who.pk for who in teachers]))
    drawn = pictures(
        {(page.image_id, ILLUSTRATION) for page in [page, *near] if page.image_id}
        | ({(page.image_id, SHARED)} if page.image_id else set())
        | {(who.photo_id, PORTRAIT) for shown in teaching.values() for who in shown if who.photo_id}
    )
    return {
        "illustration": drawn.get((page.image_id, ILLUSTRATION)) if page.image_id else None,
        "shared_picture": drawn.get((page.image_id, SHARED)) if page.image_id else None,
        "tutors": [
            TutorCard(
                name=who.name,
                portrait=_portrait(drawn, who.photo_id),
                url=_address(page_of.get(who.pk), request),
                headline=page_of[who.pk].intro if who.pk in page_of else "",
                subjects=tuple(sorted(subjects[who.pk], key=fold)),
                next_free=NextFree((who.pk,)),
                score=who.score,
            )
            for who in teachers
        ],
        "next_free": NextFree(tuple(who.pk for who in teachers)),
        "related": _course_cards(related, request, drawn=drawn),
    }


def _nearest(course: Course | None, pages: PageQuerySet[CoursePage]) -> list[CoursePage]:
    """The pages of other courses to go on to, the nearest first; a course's first page only. One query."""
    others = _course_pages(pages).order_by("path")
    first = {page.course_id: page for page in reversed(others.exclude(course=course) if course else others)}

    def nearness(page: CoursePage) -> tuple[bool, int]:
        if course is None:
            return False, 0
        same_subject = course.subject_id is not None and page.course.subject == course.subject
        return same_subject, len(set(page.course.levels) & set(course.levels))

    by_path = sorted(first.values(), key=lambda page: page.path)
    return sorted(by_path, key=nearness, reverse=True)[:MOST_RELATED]


def _teachers(
    course: Course | None, others: Collection[int]
) -> tuple[Mapping[int, list[Teacher]], Mapping[int, set[str]]]:
    """Who teaches each of these courses, best first; and the subjects of those who teach the first one. One
    query.
    """
    own = Tutor.objects.teaching(course).order_by().values("pk") if course else Tutor.objects.none()
    ties = TutorCourse.objects.current().filter(Q(course__in=others) | Q(tutor__in=own, course__active=True))
    teaching, subjects = defaultdict(list), defaultdict(set)
    for course_id, subject, *fields in ties.values_list(
        "course_id", "course__subject__name", *_TEACHER_FIELDS
    ):
        who = Teacher(*fields)
        if course_id in others or (course and course_id == course.pk):
            teaching[course_id].append(who)
        if subject:
            subjects[who.pk].add(subject)
    return teaching, subjects


def tutor_offer(
    tutor: Tutor | None, pages: PageQuerySet[CoursePage], request: HttpRequest | None
) -> dict[str, Any]:
    """What a tutor page shows around its own words: `courses` with the prices that students pay, `subjects`,
    and `next_free`; nothing where the tutor is not offered. Two queries.
    """
    if tutor is None or not tutor.is_offered:
        return {"courses": [], "subjects": [], "next_free": NOBODY}
    courses = list(Course.objects.taught_by(tutor).select_related("subject"))
    page_of = _first_by("course_id", pages.filter(course__in=courses))
    return {
        "courses": [
            CourseCard(
                title=course.title,
                price_from=_price_from(course),
                url=_address(page_of.get(course.pk), request),
                levels=tuple(course.level_names()),
            )
            for course in courses
        ],
        "subjects": sorted({course.subject.name for course in courses if course.subject}, key=fold),
        "next_free": NextFree((tutor.pk,)),
    }


def _first_by(field: str, pages: PageQuerySet[Any]) -> dict[int, Any]:
    """The page to link to: a course may have several, one per campaign; the first in the tree is its own."""
    shown: Iterable[Any] = pages.live().order_by("-path").only(*_CARD_FIELDS, field)
    return {getattr(page, field): page for page in shown}
