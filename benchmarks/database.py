"""A database for one run, made from the migrations and dropped afterwards, and believable rows in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection
from wagtail.models import Locale, Page, Site

from courses.models import Course, CourseIndexPage, CoursePage, TutorCourse
from home.models import HomePage
from tests.factories import make_course, make_tutor

OFFICE_HOURS = [(day, start, end) for day in range(5) for start, end in ((540, 720), (780, 1080))]


@contextmanager
def bench_database() -> Iterator[None]:
    """Point Django at a new database beside the one of DATABASE_URL."""
    settings = connection.settings_dict
    settings["TEST"]["NAME"] = f"bench_{settings['NAME']}"
    own_name = settings["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(own_name, verbosity=0)


def course_of(tutors: int, *, first: datetime, days: int) -> Course:
    """A course and its tutors, each with one lesson a day: a quarter of 60 days' hours and years beyond."""
    course = make_course(f"Cours à {tutors}")
    for number in range(tutors):
        make_tutor(f"Tuteur {number}", courses=[course], weekly=OFFICE_HOURS)
    book_a_quarter(course, first=first, days=days)
    return course


def book_a_quarter(course: Course, *, first: datetime, days: int) -> None:
    """Two hours of eight on every day, at hours that differ from tutor to tutor."""
    tutor_ids = TutorCourse.objects.filter(course=course).values_list("tutor_id", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH lesson AS (
                INSERT INTO booking_appointment
                    (id, course_id, tutor_id, student_id, start, "end", status, sequence, meeting_link,
                     created_at)
                SELECT gen_random_uuid(), %(course)s, t.id, t.user_id, s, s + interval '1 hour', 'scheduled',
                       0, '', now()
                FROM courses_tutor t,
                     generate_series(0, %(days)s - 1) day, unnest(ARRAY[0, 1]) half,
                     LATERAL (SELECT %(first)s::timestamptz + day * interval '1 day'
                                     + (half * 4 + (t.id + day) %% 3) * interval '1 hour' AS s) hours
                WHERE t.id = ANY (%(tutors)s)
                RETURNING id, tutor_id, start, "end"
            )
            INSERT INTO booking_timeclaim (tutor_id, during, state, appointment_id)
            SELECT tutor_id, tstzrange(start, "end"), 'lesson', id FROM lesson
            """,
            {"course": course.pk, "first": first, "days": days, "tutors": list(tutor_ids)},
        )


def course_page(course: Course) -> CoursePage:
    """A page in the site's tree that presents the course."""
    home = HomePage.objects.first()
    if home is None:
        root = Page.get_first_root_node() or Page.add_root(
            instance=Page(title="Root", slug="root", locale=Locale.get_active())
        )
        home = root.add_child(instance=HomePage(title="Fanal", slug="fanal"))
        Site.objects.all().delete()
        Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
        home.add_child(instance=CourseIndexPage(title="Cours", slug="cours"))
    index = CourseIndexPage.objects.get()
    return index.add_child(instance=CoursePage(title=course.title, slug=course.slug, course=course))


def local_nine_o_clock(now: datetime) -> datetime:
    """About nine in the morning in Toronto, tomorrow."""
    return now.replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(days=1)
