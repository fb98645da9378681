"""The demo's courses and tutors, with their pictures, pages and weeks."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.text import slugify
from wagtail.images import get_image_model
from wagtail.images.models import Image

from accounts.models import Role
from accounts.services import create_account
from booking.grid import local_moment
from booking.models import AvailabilityException, TimeOff, WeeklyRule
from config.demo_content.courses import COURSES, SUBJECT_NAMES
from config.demo_content.illustrations import SCENES, scene, subject
from config.demo_content.portraits import portrait
from config.demo_content.tutors import TUTORS, DemoTutor
from config.demo_content.typesetting import typeset
from courses.models import (
    Course,
    CourseIndexPage,
    CoursePage,
    Subject,
    Tutor,
    TutorCourse,
    TutorIndexPage,
    TutorPage,
)
from courses.pictures import ILLUSTRATION, PORTRAIT, PORTRAIT_LARGE, PORTRAIT_SHARED, SHARED, pictures


def make_courses(parent: CourseIndexPage) -> dict[str, Course]:
    """The courses by slug, each with its page under `parent`."""
    made = {}
    subjects = {name: Subject.objects.create(name=name, slug=slugify(name)) for name in SUBJECT_NAMES}
    for demo in COURSES:
        course = Course.objects.create(
            slug=demo.slug,
            title=demo.title,
            subject=subjects[demo.subject],
            levels=[level.value for level in demo.levels],
            description=typeset(demo.description),
            student_rate_cad=Decimal(demo.rate),
        )
        page = CoursePage(
            title=demo.title,
            slug=demo.slug,
            course=course,
            intro=typeset(demo.intro),
            search_description=typeset(demo.intro),
            image=_picture(demo.title, demo.slug, subject(demo.drawing), typeset(demo.drawing_says)),
            outcomes=typeset("\n".join(demo.outcomes)),
            body=typeset(
                [
                    ("rich_text", demo.about),
                    (
                        "cards",
                        {
                            "heading": "Une rencontre type",
                            "intro": "",
                            "numbered": True,
                            "items": [{"title": title, "text": text} for title, text in demo.steps],
                        },
                    ),
                    (
                        "questions",
                        {
                            "heading": "On nous demande souvent",
                            "items": [
                                {"question": question, "answer": answer}
                                for question, answer in demo.questions
                            ],
                        },
                    ),
                ]
            ),
        )
        parent.add_child(instance=page)
        pictures([(page.image_id, size) for size in (ILLUSTRATION, SHARED)])
        made[demo.slug] = course
    return made


def make_tutors(
    parent: TutorIndexPage, courses: dict[str, Course], *, password: str, now: datetime
) -> dict[str, Tutor]:
    """The tutors by key, each with portrait, courses, week and page under `parent`.

    Only the tutor with an e-mail of the demo's own can log in.
    """
    made = {}
    for demo in TUTORS:
        photo = _picture(f"Portrait de {demo.name}", demo.key, portrait(demo.key), f"Portrait de {demo.name}")
        pictures([(photo.pk, size) for size in (PORTRAIT, PORTRAIT_LARGE, PORTRAIT_SHARED)])
        user = create_account(
            email=demo.email or f"{slugify(demo.first_name)}.{slugify(demo.last_name)}@fanal.example",
            first_name=demo.first_name,
            last_name=demo.last_name,
            role=Role.TUTOR,
            password=password if demo.email else None,
        )
        tutor = Tutor.objects.create(
            user=user,
            display_name=demo.name,
            bio=typeset(demo.bio),
            photo=photo,
            hourly_rate_cad=Decimal(demo.rate),
            priority=demo.priority,
        )
        for status, slugs in (
            (TutorCourse.Status.APPROVED, demo.courses),
            (TutorCourse.Status.PENDING, demo.asks_for),
        ):
            for slug in slugs:
                TutorCourse.objects.create(tutor=tutor, course=courses[slug], status=status)
        _make_week(tutor, demo, now)
        parent.add_child(
            instance=TutorPage(
                title=demo.name,
                slug=slugify(demo.name),
                tutor=tutor,
                intro=typeset(demo.headline),
                search_description=typeset(demo.headline),
                body=typeset([("rich_text", demo.method)]),
            )
        )
        made[demo.key] = tutor
    return made


def make_scene(name: str) -> Image:
    """A drawing for a page of an editor's, as one of its blocks holds it."""
    words = typeset(SCENES[name][1])
    image = _picture(words, name, scene(name), words)
    image.decorative, image.contextual_alt_text = False, words
    return image


def _picture(title: str, name: str, webp: bytes, description: str) -> Image:
    image: Image = get_image_model().objects.create(
        title=title, description=description, file=ContentFile(webp, name=f"{name}.webp")
    )
    return image


def _make_week(tutor: Tutor, demo: DemoTutor, now: datetime) -> None:
    today = timezone.localdate(now)
    for hours in demo.hours:
        for weekday in hours.days:
            WeeklyRule.objects.create(
                tutor=tutor,
                weekday=weekday,
                start_minute=_minute(hours.start),
                end_minute=_minute(hours.end),
            )
    for change in demo.changes:
        kind = AvailabilityException.Kind.OPEN if change.is_open else AvailabilityException.Kind.CLOSED
        exception = AvailabilityException(tutor=tutor, date=today + timedelta(days=change.in_days), kind=kind)
        if change.start and change.end:
            exception.start_minute, exception.end_minute = _minute(change.start), _minute(change.end)
        exception.save()
    if demo.off:
        first, last = (local_moment(today + timedelta(days=days)) for days in demo.off)
        TimeOff.objects.create(tutor=tutor, during=DateTimeTZRange(first, last))


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
