"""The calendar file says the right hour, in any calendar program."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from accounts.models import Role, User
from booking.calendars import lesson_calendar, teaching_calendar
from booking.models import Appointment
from tests.factories import make_course, make_lesson, make_tutor, make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 10, 20, 15, 0, tzinfo=UTC)
TORONTO = ZoneInfo("America/Toronto")


@pytest.fixture
def lesson(student: User) -> Appointment:
    course = make_course("Mathématiques, 4e secondaire")
    tutor = make_tutor("Maude Gagnon", courses=[course])
    return make_lesson(
        course=course,
        tutor=tutor,
        start=datetime(2026, 11, 2, 19, 30, tzinfo=UTC),
        minutes=90,
        student=student,
    )


def test_file_reads_back_as_the_lesson(lesson: Appointment) -> None:
    calendar = Calendar.from_ical(lesson_calendar([lesson], now=NOW))
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "PUBLISH"
    assert calendar["VERSION"] == "2.0"
    assert event["SUMMARY"] == "Mathématiques, 4e secondaire avec Maude Gagnon"
    assert event["UID"] == f"{lesson.id}@fanal"
    assert event["STATUS"] == "CONFIRMED"
    assert event["SEQUENCE"] == 0
    assert event["URL"] == "http://127.0.0.1:8000/tableau-de-bord/"
    assert event.decoded("DTSTAMP") == NOW
    assert "LOCATION" not in event


def test_times_are_utc_and_right_in_local_time_after_the_clock_change(lesson: Appointment) -> None:
    raw = lesson_calendar([lesson], now=NOW)
    assert b"DTSTART:20261102T193000Z\r\n" in raw
    assert b"DTEND:20261102T210000Z\r\n" in raw
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert event.decoded("DTSTART").astimezone(TORONTO) == datetime(2026, 11, 2, 14, 30, tzinfo=TORONTO)


def test_one_file_holds_several_lessons_and_their_meeting_links(lesson: Appointment) -> None:
    second = make_lesson(
        course=lesson.course, tutor=lesson.tutor, start=datetime(2026, 11, 9, 19, 30, tzinfo=UTC)
    )
    second.meeting_link = "https://rencontre.example/abc"
    events = Calendar.from_ical(lesson_calendar([lesson, second], now=NOW)).walk("VEVENT")
    assert [event.get("LOCATION") for event in events] == [None, "https://rencontre.example/abc"]
    assert events[0]["UID"] != events[1]["UID"]


def test_a_cancelled_lesson_says_so_under_the_same_uid(lesson: Appointment) -> None:
    lesson.status = Appointment.Status.CANCELLED
    (event,) = Calendar.from_ical(lesson_calendar([lesson], now=NOW)).walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"
    assert event["UID"] == f"{lesson.id}@fanal"


def test_the_tutors_file_names_the_student_by_first_name_only(lesson: Appointment) -> None:
    lesson.student = make_user(Role.STUDENT, first_name="Zoé", last_name="Tremblay")
    raw = teaching_calendar([lesson], now=NOW).decode()
    assert "avec Zoé" in raw.replace("\r\n ", "")
    assert "Tremblay" not in raw


def test_markup_and_line_breaks_in_a_title_stay_text(lesson: Appointment) -> None:
    lesson.course.title = "Maths; chimie,\nphysique"
    (event,) = Calendar.from_ical(lesson_calendar([lesson], now=NOW)).walk("VEVENT")
    assert event["SUMMARY"] == "Maths; chimie,\nphysique avec Maude Gagnon"
