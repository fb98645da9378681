"""Lessons that make the demo's weeks look lived in: some are the demo student's, most are of other people."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from accounts.models import Role, User
from accounts.services import create_account
from booking.grid import local_moment
from booking.models import Appointment, TimeClaim
from booking.slots import open_slots
from config.demo_content.tutors import TUTORS
from courses.models import Course, Tutor

SEED = 20260105  # the same weeks at each first start
DAYS = 28
SHARE = 0.16  # of the half-hours at which a lesson could begin
OTHERS = [
    ("Noah", "Fortin"),
    ("Léa", "Bélanger"),
    ("William", "Ouellet"),
    ("Florence", "Desjardins"),
    ("Adam", "Cissé"),
    ("Rosalie", "Poirier"),
    ("Malik", "Benali"),
]


def make_others() -> list[User]:
    return [
        create_account(
            email=f"eleve{number}@fanal.example", first_name=first, last_name=last, role=Role.STUDENT
        )
        for number, (first, last) in enumerate(OTHERS, 1)
    ]


def book(
    *,
    student: User,
    others: list[User],
    tutors: dict[str, Tutor],
    courses: dict[str, Course],
    now: datetime,
) -> None:
    _past_lessons(student, tutors["maude"], courses["mathematiques-du-secondaire"], now)
    _next_lesson(student, tutors["maude"], courses["mathematiques-du-secondaire"], now, minutes=90)
    _next_lesson(student, tutors["amelie"], courses["francais-ecrit"], now, minutes=60)
    dice = Random(SEED)  # noqa: S311  # no secret
    for demo in TUTORS:
        taught = [courses[slug] for slug in demo.courses]
        _fill(tutors[demo.key], taught, others, dice, now)
    # Booked long enough ago for the reminders and the tutors' lists of the day to go out.
    Appointment.objects.update(created_at=now - timedelta(days=8))


def _past_lessons(student: User, tutor: Tutor, course: Course, now: datetime) -> None:
    """Two Tuesdays, at 17 h."""
    today = timezone.localdate(now)
    tuesday = today - timedelta(days=(today.weekday() - 1) % 7 or 7)
    for day in (tuesday - timedelta(days=7), tuesday):
        start = local_moment(day, time(17))
        make_lesson(student, tutor, course, start, 60, Appointment.Status.COMPLETED)


def _next_lesson(student: User, tutor: Tutor, course: Course, now: datetime, *, minutes: int) -> None:
    """The first time that is free from the day after tomorrow, with the link to the meeting."""
    today = timezone.localdate(now)
    free = open_slots(
        course=course,
        duration=minutes,
        first_day=today + timedelta(days=2),
        last_day=today + timedelta(days=DAYS),
        now=now,
        tutor=tutor,
    )
    lesson = make_lesson(student, tutor, course, free[0].start, minutes)
    lesson.meeting_link = f"https://rencontre.example/fanal/{lesson.pk}"
    lesson.save(update_fields=["meeting_link"])


def _fill(tutor: Tutor, taught: list[Course], students: list[User], dice: Random, now: datetime) -> None:
    """Lessons of one hour or an hour and a half, here and there over the next weeks."""
    today = timezone.localdate(now)
    free = open_slots(
        course=taught[0],
        duration=90,
        first_day=today,
        last_day=today + timedelta(days=DAYS),
        now=now,
        tutor=tutor,
    )
    taken_until = now
    for slot in free:
        if slot.start < taken_until or dice.random() > SHARE:
            continue
        minutes = dice.choice((60, 60, 90))
        make_lesson(dice.choice(students), tutor, dice.choice(taught), slot.start, minutes)
        taken_until = slot.start + timedelta(minutes=minutes)


def make_lesson(
    student: User,
    tutor: Tutor,
    course: Course,
    start: datetime,
    minutes: int,
    status: str = Appointment.Status.SCHEDULED,
) -> Appointment:
    end = start + timedelta(minutes=minutes)
    lesson = Appointment.objects.create(
        student=student, tutor=tutor, course=course, start=start, end=end, status=status
    )
    TimeClaim.objects.create(
        tutor=tutor, during=DateTimeTZRange(start, end), state=TimeClaim.State.LESSON, appointment=lesson
    )
    return lesson
