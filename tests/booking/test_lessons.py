"""The dashboard shows each person their own lessons, and nothing of the other's money."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from booking.models import Appointment
from courses.models import Course, Tutor
from tests.factories import make_lesson, make_tutor, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def tutor(course: Course) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[course], rate="31.37")


def upcoming_lesson(course: Course, tutor: Tutor, student: User, *, day: int = 4) -> Appointment:
    """A lesson of January 2099, so that it is ahead whenever the test runs: 14:30 to 16:00 in Toronto."""
    return make_lesson(
        course=course,
        tutor=tutor,
        student=student,
        start=datetime(2099, 1, day, 19, 30, tzinfo=UTC),
        minutes=90,
    )


def test_a_student_sees_the_next_lesson_with_day_time_course_and_tutor(
    client: Client, student: User, course: Course, tutor: Tutor
) -> None:
    lesson = upcoming_lesson(course, tutor, student)
    client.force_login(student)
    html = client.get("/tableau-de-bord/").content.decode()
    assert "dimanche 4 janvier 2099" in html
    assert "14\xa0h\xa030 à 16\xa0h" in html
    assert "Mathématiques" in html
    assert "avec Maude Gagnon" in html
    assert f"/rendez-vous/{lesson.pk}/calendrier.ics" in html
    assert "Rejoindre" not in html


def test_the_meeting_link_is_a_button_once_it_is_set(
    client: Client, student: User, course: Course, tutor: Tutor
) -> None:
    lesson = upcoming_lesson(course, tutor, student)
    Appointment.objects.filter(pk=lesson.pk).update(meeting_link="https://rencontre.example/abc")
    client.force_login(student)
    html = client.get("/tableau-de-bord/").content.decode()
    assert 'href="https://rencontre.example/abc" target="_blank" rel="noopener noreferrer"' in " ".join(
        html.split()
    )


def test_a_student_sees_only_their_own_lessons(
    client: Client, student: User, stranger: User, course: Course, tutor: Tutor
) -> None:
    upcoming_lesson(course, tutor, stranger)
    client.force_login(student)
    html = client.get("/tableau-de-bord/").content.decode()
    assert "2099" not in html
    assert "Aucun cours à venir" in html
    assert 'href="/cours/"' in html


def test_past_and_cancelled_lessons_are_under_past_ones_with_their_state(
    client: Client, student: User, course: Course, tutor: Tutor
) -> None:
    make_lesson(course=course, tutor=tutor, student=student, start=datetime(2025, 3, 3, 15, 0, tzinfo=UTC))
    cancelled = upcoming_lesson(course, tutor, student)
    Appointment.objects.filter(pk=cancelled.pk).update(status=Appointment.Status.CANCELLED)
    client.force_login(student)
    html = client.get("/tableau-de-bord/").content.decode()
    before, _, after = html.partition('id="past-title"')
    assert "2099" not in before
    assert "lundi 3 mars 2025" in after
    assert "dimanche 4 janvier 2099" in after
    assert "Annulé" in after
    assert "calendrier.ics" not in after


def test_past_lessons_are_paged(client: Client, student: User, course: Course, tutor: Tutor) -> None:
    for day in range(1, 22):
        make_lesson(
            course=course, tutor=tutor, student=student, start=datetime(2025, 3, day, 15, 0, tzinfo=UTC)
        )
    client.force_login(student)
    first = client.get("/tableau-de-bord/").content.decode()
    assert first.count('class="lesson"') == 20
    assert 'href="?page=2"' in first
    second = client.get("/tableau-de-bord/?page=2").content.decode()
    assert second.count('class="lesson"') == 1
    assert "samedi 1er mars 2025" in second
    assert client.get("/tableau-de-bord/?page=rien").status_code == 200


def test_a_tutor_sees_the_students_first_name_and_no_price_at_all(
    client: Client, course: Course, tutor: Tutor
) -> None:
    upcoming_lesson(course, tutor, make_user(first_name="Zoé", last_name="Tremblay"))
    client.force_login(tutor.user)
    html = client.get("/tableau-de-bord/").content.decode()
    assert "avec Zoé" in html
    assert "Tremblay" not in html
    assert "$" not in html
    assert "31,37" not in html


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMIN])
def test_who_works_in_the_admin_is_sent_there(client: Client, role: str) -> None:
    client.force_login(make_user(role))
    response = client.get("/tableau-de-bord/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_a_visitor_is_asked_to_log_in(client: Client, db: None) -> None:
    response = client.get("/tableau-de-bord/")
    assert (response.status_code, response["Location"]) == (302, "/connexion/?next=/tableau-de-bord/")


def test_the_number_of_queries_does_not_grow_with_the_lessons(
    client: Client,
    student: User,
    course: Course,
    tutor: Tutor,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for day in range(4, 10):
        upcoming_lesson(course, tutor, student, day=day)
        make_lesson(
            course=course, tutor=tutor, student=student, start=datetime(2025, 3, day, 15, 0, tzinfo=UTC)
        )
    client.force_login(student)
    client.get("/tableau-de-bord/")  # fills the session's cache
    # the person, the lessons to come, the number of past ones, a page of them, their ratings, the badge
    with django_assert_num_queries(6):
        client.get("/tableau-de-bord/")


def test_the_calendar_file_is_the_students_own(
    client: Client, student: User, stranger: User, course: Course, tutor: Tutor
) -> None:
    lesson = upcoming_lesson(course, tutor, student)
    address = f"/rendez-vous/{lesson.pk}/calendrier.ics"
    client.force_login(student)
    response = client.get(address)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert event["SUMMARY"] == "Mathématiques avec Maude Gagnon"
    assert "no-store" in response["Cache-Control"]
    client.force_login(stranger)
    assert client.get(address).status_code == 404


def test_the_tutor_gets_the_lesson_named_after_the_student(
    client: Client, course: Course, tutor: Tutor
) -> None:
    lesson = upcoming_lesson(course, tutor, make_user(first_name="Zoé", last_name="Tremblay"))
    client.force_login(tutor.user)
    raw = client.get(f"/rendez-vous/{lesson.pk}/calendrier.ics").content.decode()
    assert "Mathématiques avec Zoé" in raw
    assert "Tremblay" not in raw
