"""Why a day offers what it offers: each rule's hours by hand, and who may ask."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from booking.explain import explain_days
from booking.models import AvailabilityException, TimeOff
from booking.services import begin_payment, hold_slot
from booking.slots import open_slots
from courses.models import Course, Tutor
from tests.booking.holding import NOW
from tests.booking.pages import links, text_of
from tests.factories import logged_in, make_cart, make_lesson, make_tutor, make_user

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2027, 1, 13)
HALF_HOUR = timedelta(minutes=30)


def at(hour: int, minute: int = 0) -> datetime:
    """An hour of that Wednesday in Toronto."""
    return datetime(2027, 1, 13, hour + 5, minute, tzinfo=UTC)


def told(
    tutor: Tutor,
    day: date = WEDNESDAY,
    *,
    minutes: int = 60,
    course: Course | None = None,
    now: datetime = NOW,
) -> list[tuple[str, str]]:
    (explained,) = explain_days(course=course, tutors=[tutor], day=day, minutes=minutes, now=now)
    return [(stretch.hours.replace("\xa0", " "), stretch.words) for stretch in explained.stretches]


@pytest.fixture
def tutor(course: Course) -> Tutor:
    """From 9:00 to 17:00 each day."""
    return make_tutor("Maude Gagnon", courses=[course], rate="31.37")


@pytest.fixture
def busy_day(course: Course, tutor: Tutor) -> None:
    """Every rule takes its part of Wednesday; the lesson is Zoé Roy's."""
    Tutor.objects.update(buffer_after_minutes=30)
    AvailabilityException.objects.create(
        tutor=tutor, date=WEDNESDAY, kind="closed", start_minute=540, end_minute=600
    )
    TimeOff.objects.create(tutor=tutor, during=DateTimeTZRange(at(10), at(10, 30)))
    make_lesson(course=course, tutor=tutor, start=at(11), student=make_user(last_name="Tremblay-Untel"))
    hold_slot(cart=make_cart(), course=course, start=at(14), duration=60, now=NOW)
    cart = make_cart()
    hold_slot(cart=cart, course=course, start=at(16), duration=60, now=NOW)
    begin_payment(cart=cart, deadline=NOW + timedelta(minutes=10), now=NOW)


@pytest.mark.usefixtures("busy_day")
def test_each_rule_is_named_where_it_takes_time_away(tutor: Tutor) -> None:
    assert told(tutor) == [
        ("0 h à 9 h", "Hors des heures de la semaine"),
        ("9 h à 10 h", "Fermé ce jour-là par une exception"),
        ("10 h à 10 h 30", "Congé"),
        ("10 h 30 à 11 h", "Pause avant ou après un cours"),
        ("11 h à 12 h", "Cours réservé"),
        ("12 h à 12 h 30", "Pause avant ou après un cours"),
        ("12 h 30 à 13 h 30", "Libre"),
        ("13 h 30 à 14 h", "Pause avant ou après un cours"),
        ("14 h à 15 h", "Retenu dans un panier"),
        ("15 h à 16 h", "Pause avant ou après un cours"),
        ("16 h à 17 h", "En train d’être payé"),
        ("17 h à 0 h", "Hors des heures de la semaine"),
    ]
    assert ("12 h 30 à 13 h 30", "Trop court pour un cours de cette durée") in told(tutor, minutes=90)


@pytest.mark.usefixtures("busy_day")
@pytest.mark.parametrize("minutes", [60, 90, 120])
def test_what_is_called_free_is_what_the_picker_offers(course: Course, tutor: Tutor, minutes: int) -> None:
    for number in range(62):
        day = NOW.date() + timedelta(days=number)
        slots = open_slots(
            course=course, duration=minutes, first_day=day - timedelta(days=1), last_day=day, now=NOW
        )
        offered = {slot.start + n * HALF_HOUR for slot in slots for n in range(minutes // 30)}
        (explained,) = explain_days(course=course, tutors=[tutor], day=day, minutes=minutes, now=NOW)
        for stretch in explained.stretches:
            inside = {
                stretch.start + n * HALF_HOUR for n in range((stretch.end - stretch.start) // HALF_HOUR)
            }
            assert inside <= offered if stretch.bookable else inside.isdisjoint(offered)


def test_the_notice_and_the_sixty_days_are_named(tutor: Tutor) -> None:
    assert told(tutor, date(2027, 1, 11))[1] == ("9 h à 17 h", "Dans moins de 12 heures, ou déjà passé")
    # The last start is at 10:00 on the sixtieth day.
    assert told(tutor, date(2027, 3, 12))[1:3] == [
        ("9 h à 11 h", "Libre"),
        ("11 h à 17 h", "Dans plus de 60 jours"),
    ]
    assert told(tutor, date(2027, 3, 13))[1] == ("9 h à 17 h", "Dans plus de 60 jours")


def test_a_day_with_all_its_lessons_says_so(course: Course, tutor: Tutor) -> None:
    Tutor.objects.update(daily_lesson_limit=1)
    make_lesson(course=course, tutor=tutor, start=at(9))
    assert told(tutor)[1:3] == [
        ("9 h à 10 h", "Cours réservé; Nombre de cours par jour atteint"),
        ("10 h à 17 h", "Nombre de cours par jour atteint"),
    ]


def test_several_reasons_are_all_told(course: Course, tutor: Tutor) -> None:
    make_lesson(course=course, tutor=tutor, start=at(11))
    AvailabilityException.objects.create(tutor=tutor, date=WEDNESDAY, kind="closed")
    assert ("11 h à 12 h", "Fermé ce jour-là par une exception; Cours réservé") in told(tutor)


def test_a_lesson_outside_the_weekly_hours_is_told(course: Course, tutor: Tutor) -> None:
    make_lesson(course=course, tutor=tutor, start=at(18))
    assert ("18 h à 19 h", "Hors des heures de la semaine; Cours réservé") in told(tutor)


def test_a_lesson_may_run_into_the_day(course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=[(0, 1350, 1440), (1, 0, 30)])
    tuesday = date(2027, 1, 19)
    assert told(tutor, tuesday, minutes=90)[0] == ("0 h à 0 h 30", "Libre")
    assert told(tutor, tuesday, minutes=90)[1:] == [("0 h 30 à 0 h", "Hors des heures de la semaine")]


def test_the_day_on_which_clocks_go_back_has_its_twentyfive_hours(course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=[(6, 30, 240)])
    (explained,) = explain_days(
        course=course,
        tutors=[tutor],
        day=date(2026, 11, 1),
        minutes=60,
        now=datetime(2026, 10, 20, tzinfo=UTC),
    )
    assert [(s.start, s.end) for s in explained.stretches if s.bookable] == [
        (datetime(2026, 11, 1, 4, 30, tzinfo=UTC), datetime(2026, 11, 1, 9, 0, tzinfo=UTC))
    ]
    assert explained.stretches[-1].end == datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


def test_a_tutor_who_does_not_give_the_course_has_one_reason(course: Course) -> None:
    stranger = make_tutor("Luc Roy")
    assert told(stranger, course=course) == [("0 h à 0 h", "Le tuteur ne donne pas ce cours en ce moment")]
    assert ("9 h à 17 h", "Libre") in told(stranger)


def test_ten_tutors_take_one_query(course: Course, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    tutors = [make_tutor(courses=[course]) for _ in range(10)]
    with django_assert_num_queries(1):
        assert len(explain_days(course=course, tutors=tutors, day=WEDNESDAY, minutes=60, now=NOW)) == 10


# Who may ask

OF_WEDNESDAY = {"jour": "2027-01-13", "duree": "60"}


def ask(user: User | None, **params: str) -> tuple[int, str]:
    client = Client()
    if user:
        client.force_login(user)
    response = client.get("/creneaux/pourquoi/", {**OF_WEDNESDAY, **params})
    return response.status_code, response.content.decode()


@pytest.mark.usefixtures("busy_day", "monday_morning")
def test_a_tutor_reads_the_own_day_without_names_or_rates(course: Course, tutor: Tutor) -> None:
    status, markup = ask(tutor.user, tuteur=str(tutor.public_id), cours=str(course.public_id))
    words = text_of(markup)
    assert status == 200
    assert "Mathématiques, 60 min, le mercredi 13 janvier 2027." in words
    assert "11 h à 12 h Cours réservé" in words
    assert "Tremblay-Untel" not in markup
    assert "31,37" not in markup
    assert ask(tutor.user, cours=str(course.public_id))[0] == 200
    there = links(markup)["Jour suivant"]
    assert "jour=2027-01-14" in there
    client = logged_in(tutor.user)
    assert "jeudi 14 janvier 2027" in text_of(client.get(there).content.decode())


@pytest.mark.usefixtures("monday_morning")
def test_nobody_but_admins_reads_somebody_elses_day(
    course: Course, tutor: Tutor, student: User, editor: User, admin: User
) -> None:
    other = make_tutor("Luc Roy", courses=[course])
    params = {"tuteur": str(tutor.public_id), "cours": str(course.public_id)}
    for person in (other.user, student, editor):
        assert ask(person, **params)[0] == 404
        assert ask(person, tuteur=params["tuteur"])[0] == 404
    assert ask(None, **params)[0] == 302
    assert "Luc Roy" not in ask(admin, **params)[1]
    status, everybody = ask(admin, cours=params["cours"])
    assert status == 200
    assert "Maude Gagnon" in everybody
    assert "Luc Roy" in everybody
    assert "Maude Gagnon" not in ask(other.user, cours=params["cours"])[1]


@pytest.mark.usefixtures("monday_morning")
@pytest.mark.parametrize(
    "params",
    [
        {"jour": ""},
        {"jour": "demain"},
        {"jour": "0001-01-01"},
        {"jour": "9999-12-31"},
        {"tuteur": "1"},
        {"tuteur": ""},
        {"cours": "rien"},
        {"cours": "5f0c2a52-7b3f-4d7e-9f55-0f6f1f0f3c11"},
        {"duree": "75"},
    ],
)
def test_what_can_not_be_read_is_not_found(tutor: Tutor, admin: User, params: dict[str, str]) -> None:
    assert ask(admin, **{"tuteur": str(tutor.public_id), **params})[0] == 404


# From the picker


def why_links(user: User | None, course: Course, **params: str) -> list[str]:
    client = Client()
    if user:
        client.force_login(user)
    markup = client.get(
        "/creneaux/", {"cours": str(course.public_id), **params}, headers={"HX-Request": "true"}
    ).content.decode()
    return [link for link in links(markup).values() if link.startswith("/creneaux/pourquoi/")]


@pytest.mark.usefixtures("monday_morning")
def test_the_picker_leads_tutors_and_admins_to_each_day_and_nobody_else(
    course: Course, tutor: Tutor, student: User, editor: User, admin: User
) -> None:
    other = make_tutor("Luc Roy")
    for person in (None, student, editor, other.user):
        assert why_links(person, course) == []
    fixed = f"cours={course.public_id}&tuteur={tutor.public_id}&duree=60"
    days = [f"/creneaux/pourquoi/?{fixed}&jour=2027-01-{day}" for day in range(12, 19)]
    assert why_links(tutor.user, course) == days
    assert why_links(admin, course)[0] == days[0].replace(str(tutor.public_id), "")
    for person in (tutor.user, admin):
        assert ask(person, cours=str(course.public_id), tuteur="")[0] == 200


@pytest.mark.usefixtures("monday_morning")
def test_an_empty_week_leads_there_too(course: Course, tutor: Tutor, admin: User) -> None:
    TimeOff.objects.create(tutor=tutor, during=DateTimeTZRange(NOW, NOW + timedelta(days=30)))
    make_tutor("Luc Roy", courses=[course])
    chosen = {"tuteur": str(tutor.public_id)}
    for person in (tutor.user, admin):
        assert len(why_links(person, course, **chosen)) == 7
        assert f"tuteur={tutor.public_id}" in why_links(person, course, **chosen)[0]
    assert why_links(Tutor.objects.get(display_name="Luc Roy").user, course, **chosen) == []
