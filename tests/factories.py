"""Rows and browsers for tests: typed functions with the arguments that matter, the rest believable, fixed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.utils.text import slugify

from accounts.models import Role, User
from accounts.services import create_account
from booking.models import Appointment, Cart, CartLine, TimeClaim, WeeklyRule
from courses.models import Course, CourseIndexPage, CoursePage, Subject, Tutor, TutorCourse

PASSWORD = "une-phrase-de-passe"
_serial = count(1)

# (weekday, start minute, end minute), Monday is 0
EVERY_DAY_9_TO_17 = [(weekday, 9 * 60, 17 * 60) for weekday in range(7)]


def make_user(
    role: str = Role.STUDENT,
    *,
    email: str = "",
    first_name: str = "Zoé",
    last_name: str = "Roy",
    password: str = PASSWORD,
) -> User:
    return create_account(
        email=email or f"personne{next(_serial)}@exemple.ca",
        password=password,
        first_name=first_name,
        last_name=last_name,
        role=role,
    )


def logged_in(user: User) -> Client:
    """A browser in which this person has logged in."""
    client = Client()
    client.force_login(user)
    return client


def make_course(
    title: str = "Mathématiques",
    *,
    rate: str = "45.00",
    active: bool = True,
    subject: Subject | None = None,
    levels: Sequence[str] = (),
) -> Course:
    return Course.objects.create(
        title=title,
        slug=f"{slugify(title)}-{next(_serial)}",
        student_rate_cad=Decimal(rate),
        active=active,
        subject=subject,
        levels=list(levels),
    )


def make_tutor(
    name: str = "Maude Gagnon",
    *,
    courses: Iterable[Course] = (),
    weekly: Sequence[tuple[int, int, int]] = EVERY_DAY_9_TO_17,
    rate: str = "30.00",
    priority: int = 100,
    active: bool = True,
) -> Tutor:
    """An approved tutor of `courses` with weekly rules in local minutes since midnight."""
    tutor = Tutor.objects.create(
        user=make_user(Role.TUTOR, first_name=name.split()[0], last_name=name.split()[-1]),
        display_name=name,
        hourly_rate_cad=Decimal(rate),
        priority=priority,
        active=active,
    )
    # Without signals: pages that exist already are not indexed anew, which costs more than all the rest.
    TutorCourse.objects.bulk_create(
        TutorCourse(tutor=tutor, course=course, status=TutorCourse.Status.APPROVED) for course in courses
    )
    WeeklyRule.objects.bulk_create(
        WeeklyRule(tutor=tutor, weekday=weekday, start_minute=start, end_minute=end)
        for weekday, start, end in weekly
    )
    return tutor


def make_cart(user: User | None = None) -> Cart:
    return Cart.objects.create(user=user)


def make_lesson(
    *, course: Course, tutor: Tutor, start: datetime, minutes: int = 60, student: User | None = None
) -> Appointment:
    """A scheduled lesson that occupies its time."""
    end = start + timedelta(minutes=minutes)
    lesson = Appointment.objects.create(
        course=course, tutor=tutor, student=student or make_user(), start=start, end=end
    )
    TimeClaim.objects.create(
        tutor=tutor, during=DateTimeTZRange(start, end), state=TimeClaim.State.LESSON, appointment=lesson
    )
    return lesson


def make_many_lessons(*, course: Course, first: datetime, days: int) -> None:
    """One hour a day for every tutor of a course, all with one student, fast."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH lesson AS (
                INSERT INTO booking_appointment
                    (id, course_id, tutor_id, student_id, start, "end", status, meeting_link, sequence,
                     created_at)
                SELECT gen_random_uuid(), %s, tc.tutor_id, %s, s, s + interval '1 hour', 'scheduled', '',
                       0, now()
                FROM courses_tutorcourse tc, generate_series(%s::timestamptz, %s, interval '1 day') s
                WHERE tc.course_id = %s
                RETURNING id, tutor_id, start, "end"
            )
            INSERT INTO booking_timeclaim (tutor_id, during, state, appointment_id)
            SELECT tutor_id, tstzrange(start, "end"), 'lesson', id FROM lesson
            """,
            [course.pk, make_user().pk, first, first + timedelta(days=days - 1), course.pk],
        )


def expire(line: CartLine) -> None:
    """Let a line's hold run out, on the clock of the database and on any that a test has set."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    CartLine.objects.filter(pk=line.pk).update(held_until=long_ago)
    TimeClaim.objects.filter(line=line).update(expires_at=long_ago)


def make_course_page(course: Course, *, slug: str) -> CoursePage:
    """The published page of a course, at /cours/SLUG/."""
    page: CoursePage = CourseIndexPage.objects.get().add_child(
        instance=CoursePage(title=course.title, slug=slug, course=course)
    )
    return page
