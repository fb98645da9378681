"""The slot picker: every bookable time of a week, said plainly, and a way on from a week without any."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from booking.models import AvailabilityException
from courses.models import Course, TutorCourse
from tests.booking.pages import (
    HTMX,
    UNTIL_11,
    WEDNESDAY_ONLY,
    fragment,
    links,
    starts,
    text_of,
    times_by_day,
    tutor_fragment,
    week_title,
)
from tests.factories import make_course, make_lesson, make_tutor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


# What is offered


def test_seven_days_begin_with_the_first_that_can_be_booked(client: Client, course: Course) -> None:
    make_tutor(courses=[course], weekly=UNTIL_11)
    html = fragment(client, course)
    assert week_title(html) == "Du mardi 12 au lundi 18 janvier 2027"
    offered = times_by_day(html)
    assert list(offered) == [
        "mardi 12 janvier 2027",
        "mercredi 13 janvier 2027",
        "jeudi 14 janvier 2027",
        "vendredi 15 janvier 2027",
        "samedi 16 janvier 2027",
        "dimanche 17 janvier 2027",
        "lundi 18 janvier 2027",
    ]
    assert offered["mardi 12 janvier 2027"] == ["9 h", "9 h 30", "10 h"]
    assert starts(html)[:3] == ["2027-01-12T14:00Z", "2027-01-12T14:30Z", "2027-01-12T15:00Z"]
    assert "heure de l’Est" in text_of(html)


def test_an_evening_that_is_twelve_hours_away_opens_today(client: Client, course: Course) -> None:
    make_tutor(courses=[course], weekly=[(0, 20 * 60, 24 * 60)])
    html = fragment(client, course)
    assert week_title(html) == "Du lundi 11 au dimanche 17 janvier 2027"
    assert times_by_day(html) == {"lundi 11 janvier 2027": ["22 h", "22 h 30", "23 h"]}


def test_each_length_shows_its_price(client: Client, course: Course) -> None:
    make_tutor(courses=[course])
    words = text_of(fragment(client, course))
    assert "60 min 45,00 $" in words
    assert "1 h 30 67,50 $" in words
    assert "2 h 90,00 $" in words


def test_a_longer_lesson_has_fewer_starts(client: Client, course: Course) -> None:
    make_tutor(courses=[course], weekly=UNTIL_11)
    assert times_by_day(fragment(client, course, duree="120"))["mardi 12 janvier 2027"] == ["9 h"]


def test_taken_times_are_not_offered(client: Client, course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=UNTIL_11)
    make_lesson(course=course, tutor=tutor, start=datetime(2027, 1, 12, 14, 0, tzinfo=UTC))
    assert times_by_day(fragment(client, course))["mardi 12 janvier 2027"] == ["10 h"]


def test_the_union_of_tutors_or_one_of_them(client: Client, course: Course) -> None:
    make_tutor("Maude Gagnon", courses=[course], weekly=[(1, 9 * 60, 10 * 60)])
    second = make_tutor("Luc Roy", courses=[course], weekly=[(1, 14 * 60, 15 * 60)])
    assert times_by_day(fragment(client, course)) == {"mardi 12 janvier 2027": ["9 h", "14 h"]}
    html = fragment(client, course, tuteur=str(second.public_id))
    assert times_by_day(html) == {"mardi 12 janvier 2027": ["14 h"]}
    assert f'<option value="{second.public_id}" selected>Luc Roy</option>' in html
    assert "Le premier disponible" in html


def test_only_approved_active_tutors_are_named(client: Client, course: Course) -> None:
    make_tutor("Maude Gagnon", courses=[course])
    make_tutor("Inès Pelletier", courses=[course])
    waiting = make_tutor("En Attente")
    TutorCourse.objects.create(tutor=waiting, course=course, status=TutorCourse.Status.PENDING)
    make_tutor("Parti Loin", courses=[course], active=False)
    html = fragment(client, course)
    assert "Maude Gagnon" in html
    assert "En Attente" not in html
    assert "Parti Loin" not in html


def test_what_a_tutor_earns_is_nowhere(client: Client, course: Course) -> None:
    make_tutor("Maude Gagnon", courses=[course], rate="31.37")
    make_tutor("Luc Roy", courses=[course], rate="32.41")
    html = fragment(client, course)
    assert "31,37" not in html
    assert "31.37" not in html
    assert "32.41" not in html


def test_the_hour_that_comes_twice_is_shown_twice_and_told_apart(client: Client, course: Course) -> None:
    make_tutor(courses=[course], weekly=[(6, 0, 3 * 60)])
    with time_machine.travel(datetime(2026, 10, 28, 15, 0, tzinfo=UTC), tick=False):
        html = fragment(client, course)
    assert times_by_day(html)["dimanche 1er novembre 2026"] == [
        "0 h",
        "0 h 30",
        "1 h (heure avancée)",
        "1 h 30 (heure avancée)",
        "1 h (heure normale)",
        "1 h 30 (heure normale)",
        "2 h",
    ]
    assert starts(html)[2:6] == [
        "2026-11-01T05:00Z",
        "2026-11-01T05:30Z",
        "2026-11-01T06:00Z",
        "2026-11-01T06:30Z",
    ]


def test_the_hour_that_is_missing_is_not_offered(client: Client, course: Course) -> None:
    make_tutor(courses=[course], weekly=[(6, 60, 5 * 60)])
    with time_machine.travel(datetime(2027, 3, 10, 15, 0, tzinfo=UTC), tick=False):
        html = fragment(client, course)
    assert times_by_day(html)["dimanche 14 mars 2027"] == ["1 h", "1 h 30", "3 h", "3 h 30", "4 h"]


# Weeks


def test_weeks_lead_forward_and_back_to_the_first(client: Client, course: Course) -> None:
    make_tutor(courses=[course])
    first = fragment(client, course)
    assert "Semaine précédente" not in first
    second = fragment(client, course, semaine="2027-01-19")
    assert week_title(second) == "Du mardi 19 au lundi 25 janvier 2027"
    back = parse_qs(urlsplit(links(second)["Semaine précédente"]).query)
    assert back["semaine"] == ["2027-01-12"]


def test_the_last_week_ends_with_the_sixtieth_day(client: Client, course: Course) -> None:
    make_tutor(courses=[course])
    html = fragment(client, course, semaine="2027-03-09")
    assert week_title(html) == "Du mardi 9 au vendredi 12 mars 2027"
    assert list(times_by_day(html))[-1] == "vendredi 12 mars 2027"
    assert "Semaine suivante" not in html


def test_a_week_across_two_months_and_two_years_is_named_in_full(client: Client, course: Course) -> None:
    make_tutor(courses=[course])
    assert week_title(fragment(client, course, semaine="2027-01-29")) == (
        "Du vendredi 29 janvier au jeudi 4 février 2027"
    )
    assert week_title(fragment(client, course, semaine="2027-02-01")) == (
        "Du lundi 1er au dimanche 7 février 2027"
    )
    with time_machine.travel(datetime(2026, 12, 28, 15, 0, tzinfo=UTC), tick=False):
        assert week_title(fragment(client, course)) == "Du mardi 29 décembre 2026 au lundi 4 janvier 2027"


def test_a_day_without_times_says_so_in_one_sentence(client: Client, course: Course) -> None:
    make_tutor(courses=[course], weekly=WEDNESDAY_ONLY)
    html = fragment(client, course)
    assert times_by_day(html) == {"mercredi 13 janvier 2027": ["9 h"]}
    assert text_of(html).count("Aucune heure libre") == 6


# An empty week


def test_an_empty_week_leads_to_the_next_free_date(client: Client, course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=[])
    AvailabilityException.objects.create(
        tutor=tutor, date=date(2027, 2, 4), kind="open", start_minute=9 * 60, end_minute=10 * 60
    )
    html = fragment(client, course)
    assert times_by_day(html) == {}
    assert "Aucune heure libre pour un cours de 60 min cette semaine-là." in text_of(html)
    address = links(html)["Prochaine date libre : jeudi 4 février 2027"]
    there = client.get(address.partition("#")[0], headers=HTMX).content.decode()
    assert times_by_day(there) == {"jeudi 4 février 2027": ["9 h"]}


def test_an_empty_week_after_the_last_free_date_leads_back(client: Client, course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=[])
    AvailabilityException.objects.create(
        tutor=tutor, date=date(2027, 1, 13), kind="open", start_minute=9 * 60, end_minute=10 * 60
    )
    html = fragment(client, course, semaine="2027-02-20")
    assert "Première date libre : mercredi 13 janvier 2027" in links(html)


def test_an_empty_week_suggests_other_lengths_and_other_tutors(client: Client, course: Course) -> None:
    short = make_tutor("Maude Gagnon", courses=[course], weekly=WEDNESDAY_ONLY)
    make_tutor("Luc Roy", courses=[course], weekly=[(3, 9 * 60, 12 * 60)])
    html = fragment(client, course, duree="90", tuteur=str(short.public_id))
    words = links(html)
    assert "Un cours de 60 min" in words
    assert "Avec Luc Roy" in words
    assert "Un cours de 2 h" not in words
    assert (
        "Maude Gagnon n’a aucune heure libre pour un cours de 1 h 30 dans les 60 prochains jours."
        in text_of(html)
    )
    there = client.get(words["Avec Luc Roy"].partition("#")[0], headers=HTMX).content.decode()
    assert times_by_day(there) == {"jeudi 14 janvier 2027": ["9 h", "9 h 30", "10 h", "10 h 30"]}


def test_a_course_without_tutors_has_a_sentence_and_no_error(client: Client, course: Course) -> None:
    words = text_of(fragment(client, course))
    assert "Aucune heure libre pour un cours de 60 min dans les 60 prochains jours." in words


# Speed


@pytest.mark.parametrize("tutors", [1, 4, 12])
def test_a_visitors_fragment_takes_two_queries_whatever_the_number_of_tutors(
    client: Client, course: Course, tutors: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(tutors):
        tutor = make_tutor(f"Tuteur {number}", courses=[course])
        make_lesson(course=course, tutor=tutor, start=datetime(2027, 1, 13, 15, 0, tzinfo=UTC))
    with django_assert_num_queries(2):  # the course, the diaries
        fragment(client, course)


def test_an_empty_week_with_its_suggestions_takes_one_query_more(
    client: Client, course: Course, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tutor = make_tutor(courses=[course], weekly=[])
    make_tutor("Luc Roy", courses=[course])
    with django_assert_num_queries(3):  # all 60 days
        fragment(client, course, tuteur=str(tutor.public_id))


def test_a_tutors_fragment_takes_two_queries(
    client: Client, course: Course, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tutor = make_tutor(courses=[course, make_course("Physique")])
    with django_assert_num_queries(2):  # the tutor with the courses, the diary
        tutor_fragment(client, tutor)


def test_a_visitor_with_a_cart_takes_three_queries_and_sees_what_it_keeps(
    client: Client, course: Course, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_tutor(courses=[course], weekly=UNTIL_11)
    client.post(
        "/panier/ajouter/", {"cours": str(course.public_id), "debut": "2027-01-12T14:00Z", "duree": "60"}
    )
    with django_assert_num_queries(3):  # and the cart
        html = fragment(client, course)
    assert times_by_day(html)["mardi 12 janvier 2027"] == ["10 h"]
    assert "9 h à 10 h au panier" in links(html)
    assert "au panier" not in text_of(fragment(Client(), course)).replace("Ajouter au panier", "")
