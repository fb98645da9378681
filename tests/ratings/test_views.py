"""The dashboard's ratings: what a student gives, what a tutor gets, and what happens to each wrong form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from booking.models import Appointment
from ratings.models import Rating
from ratings.services import hide
from tests.factories import logged_in, make_course, make_lesson, make_tutor, make_user
from tests.ratings.support import NOW, make_given, make_rating

pytestmark = pytest.mark.django_db
ALL = "/tableau-de-bord/evaluations/"
BEST = {"q1_courtoisie": 5, "q2_maitrise": 5, "q3_pedagogie": 5, "q4_dynamisme": 5}


def url_of(lesson: Appointment) -> str:
    return reverse("rate", args=[lesson.tutor.public_id, lesson.course.public_id])


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


def send(client: Client, lesson: Appointment, **changes: Any) -> HttpResponse:
    return client.post(url_of(lesson), {**BEST, "comment": "", "version": 0, **changes})  # type: ignore[return-value]


@pytest.fixture
def lesson(student: User) -> Appointment:
    course = make_course("Algèbre")
    return make_given(student=student, tutor=make_tutor("Maude Gagnon", courses=[course]), course=course)


@pytest.fixture
def client(student: User) -> Client:
    return logged_in(student)


# A student


def test_a_student_rates_from_the_list_and_finds_it_again(client: Client, lesson: Appointment) -> None:
    assert "Rien à évaluer" in text(logged_in(make_user()).get(ALL))
    html = text(client.get(ALL))
    assert ("À évaluer" in html, "avec Maude Gagnon, la dernière fois le" in html) == (True, True)
    assert f'href="{url_of(lesson)}"' in html

    form = text(client.get(url_of(lesson)))
    assert form.count('type="radio"') == 20
    assert "checked" not in form
    answer = send(
        client, lesson, q4_dynamisme=4, comment="Patiente.\r\nEt drôle! <b>Merci</b> https://a.example"
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, ALL)

    html = text(client.get(ALL))
    assert "Merci! Votre avis sur Maude Gagnon en Algèbre est publié." in html
    assert "À évaluer" not in html
    assert "<strong>4,75</strong>" in html
    # Text and nothing else: what was typed is shown as it was typed.
    assert "<p>Patiente.<br>Et drôle! &lt;b&gt;Merci&lt;/b&gt; https://a.example</p>" in html
    assert Rating.objects.get().comment == "Patiente.\nEt drôle! <b>Merci</b> https://a.example"


def test_a_rating_can_be_changed_and_begins_with_what_it_was(client: Client, lesson: Appointment) -> None:
    send(client, lesson, q2_maitrise=3, comment="Bien.")
    form = text(client.get(url_of(lesson)))
    assert re.findall(r'name="(q\d_\w+)" value="(\d)"[^>]* checked', form) == [
        ("q1_courtoisie", "5"), ("q2_maitrise", "3"), ("q3_pedagogie", "5"), ("q4_dynamisme", "5"),
    ]  # fmt: skip
    assert ('name="version" value="1"' in form, "Bien.</textarea>" in form) == (True, True)

    assert send(client, lesson, q1_courtoisie=1, version=1).status_code == 302
    assert "Votre avis sur Maude Gagnon en Algèbre est à jour." in text(client.get(ALL))
    assert Rating.objects.get().answers == (1, 5, 5, 5)


def test_one_line_for_all_lessons_of_a_tutor_in_a_course(client: Client, lesson: Appointment) -> None:
    make_given(student=lesson.student, tutor=lesson.tutor, course=lesson.course)
    make_given(student=lesson.student, tutor=lesson.tutor, course=make_course("Latin"))
    html = text(client.get(ALL))
    assert re.findall("<h3>(.*?)</h3>", html) == ["Algèbre", "Latin"]


def test_a_lesson_that_was_given_leads_to_its_rating(client: Client, lesson: Appointment) -> None:
    make_lesson(
        course=lesson.course, tutor=lesson.tutor, student=lesson.student, start=NOW - timedelta(days=40)
    )
    assert text(client.get("/tableau-de-bord/")).count("Évaluer ") == 1
    send(client, lesson, q4_dynamisme=4)
    html = text(client.get("/tableau-de-bord/"))
    assert ("Votre note : 4,75" in html, "Évaluer " in html) == (True, False)
    assert url_of(lesson) not in text(logged_in(lesson.tutor.user).get("/tableau-de-bord/"))


# What is wrong, or comes twice, or late


def test_an_empty_form_says_what_is_missing_and_keeps_the_rest(client: Client, lesson: Appointment) -> None:
    html = text(client.post(url_of(lesson), {"q1_courtoisie": 4, "comment": "Déjà écrit"}), 422)
    assert html.count("Choisissez de 1 à 5 étoiles.") == 6  # thrice beside, thrice in the summary
    assert 'href="#id_q2_maitrise_0">Maîtrise</a>' in html
    assert 'id="id_q2_maitrise_0"' in html
    assert ("Déjà écrit</textarea>" in html, 'value="4"' in html) == (True, True)
    assert Rating.objects.count() == 0


@pytest.mark.parametrize("answer", ["0", "6", "-1", "4.5", "cinq", "9" * 40, "\x00"])
def test_an_answer_out_of_range_is_asked_again(client: Client, lesson: Appointment, answer: str) -> None:
    html = text(send(client, lesson, q3_pedagogie=answer, comment="Déjà écrit"), 422)
    assert "Choisissez de 1 à 5 étoiles." in html
    assert "Déjà écrit</textarea>" in html
    assert Rating.objects.count() == 0


def test_2000_characters_fit_whatever_the_browser_makes_of_its_lines(
    client: Client, lesson: Appointment
) -> None:
    assert send(client, lesson, comment="a\r\n" * 999 + "éé").status_code == 302
    assert len(Rating.objects.get().comment) == 2000


def test_one_more_is_said_and_nothing_is_lost(client: Client, lesson: Appointment) -> None:
    html = text(send(client, lesson, comment="é" * 2001), 422)
    assert "Votre commentaire compte 2001 caractères; il peut en avoir 2000." in html
    assert "é" * 2001 in html
    assert "maxlength" not in html
    assert Rating.objects.count() == 0


def test_sent_twice_it_is_one(client: Client, lesson: Appointment) -> None:
    for _ in range(2):
        assert send(client, lesson, comment="Merci").status_code == 302
    assert Rating.objects.get().version == 1


def test_an_old_page_is_told_so_and_can_be_sent_again(client: Client, lesson: Appointment) -> None:
    send(client, lesson)
    send(client, lesson, q1_courtoisie=4, version=1)
    html = text(send(client, lesson, q1_courtoisie=1, comment="D’un autre onglet", version=1), 409)
    assert "Cette évaluation a changé depuis que cette page est ouverte." in html
    assert ("D’un autre onglet</textarea>" in html, 'name="version" value="2"' in html) == (True, True)
    assert Rating.objects.get().answers == (4, 5, 5, 5)

    assert send(client, lesson, q1_courtoisie=1, comment="D’un autre onglet", version=2).status_code == 302
    assert Rating.objects.get().answers == (1, 5, 5, 5)


def test_a_lesson_that_is_still_to_come_is_not_rated_yet(client: Client, student: User) -> None:
    course = make_course()
    ahead = make_lesson(course=course, tutor=make_tutor(courses=[course]), student=student, start=NOW)
    html = text(client.get(url_of(ahead)))
    assert "Vous pourrez donner votre avis une fois un premier cours donné." in html
    assert "radio" not in html
    # Called off while the page was open: what was typed is still there.
    html = text(send(client, ahead, comment="Déjà écrit"), 409)
    assert "Vous pourrez donner votre avis" in html
    assert "Déjà écrit</textarea>" in html
    assert Rating.objects.count() == 0


def test_nobody_rates_what_is_not_theirs(lesson: Appointment, stranger: User) -> None:
    other = logged_in(stranger)
    nothing = reverse("rate", args=[uuid4(), uuid4()])
    for answer in (other.get(url_of(lesson)), send(other, lesson), other.get(nothing)):
        assert answer.status_code == 404
    assert send(logged_in(lesson.tutor.user), lesson).status_code == 403
    assert send(Client(), lesson).headers["Location"].startswith("/connexion/")
    assert Rating.objects.count() == 0


def test_a_student_sees_that_a_rating_was_hidden(client: Client, lesson: Appointment, admin: User) -> None:
    rating = make_rating(1, 1, 1, 1, lesson=lesson)
    hide(rating=rating, by=admin, reason="Injure", now=NOW)
    assert "la direction l’a masqué" in text(client.get(ALL))
    send(client, lesson, version=1)
    assert "Votre évaluation est enregistrée. Elle reste masquée sur le site." in text(client.get(ALL))


# A tutor


def test_a_tutor_reads_ratings_without_names(lesson: Appointment, admin: User) -> None:
    make_rating(5, 4, 5, 5, lesson=lesson, comment="Patiente.")
    others = [
        make_rating(3, 3, 3, 3, tutor=lesson.tutor, course=lesson.course, first_name="Octavie"),
        make_rating(1, 1, 1, 1, tutor=lesson.tutor, course=lesson.course, comment="Une injure"),
    ]
    hide(rating=others[1], by=admin, reason="Injure", now=NOW)
    make_rating(comment="D’une autre")
    html = text(logged_in(lesson.tutor.user).get(ALL))

    assert ("Patiente." in html, "mars 2026" in html, "Sans commentaire." in html) == (True, True, True)
    assert ("Une injure" in html, "D’une autre" in html) == (False, False)
    assert '<p class="averages-figure">3,88' in html  # 31 / 8
    assert re.findall(r'class="numeric">([\d,]+)<', html) == ["4,00", "3,50", "4,00", "4,00"]
    for student in (lesson.student, others[0].student):
        for name in (student.first_name, student.last_name, student.email, str(student.pk)):
            assert name not in html


def test_a_tutor_looks_at_some_dates(lesson: Appointment) -> None:
    # One minute before and after midnight, in Québec.
    for moment, words in (
        (datetime(2026, 3, 31, 3, 59, tzinfo=UTC), "La veille"),
        (datetime(2026, 3, 31, 4, 1, tzinfo=UTC), "Le jour"),
    ):
        make_rating(tutor=lesson.tutor, course=lesson.course, comment=words, now=moment)
    client = logged_in(lesson.tutor.user)

    def seen(query: str, status: int = 200) -> list[bool]:
        html = text(client.get(ALL + query), status)
        return [words in html for words in ("La veille", "Le jour")]

    assert seen("") == seen("?du=2026-03-30&au=2026-03-31") == [True, True]
    assert seen("?du=2026-03-31") == seen("?du=2026-03-31&au=2026-03-31") == [False, True]
    assert seen("?au=2026-03-30") == [True, False]
    assert seen("?du=2026-04-01") == [False, False]
    assert seen("?du=2026-04-01&au=2026-03-01", 422) == [True, True]
    assert "La fin vient après le début." in text(client.get(ALL + "?du=2026-04-01&au=2026-03-01"), 422)
    for unreadable in ("du=hier", "du=0001-01-01", "au=9999-12-31"):
        assert "Écrivez une date comme 2026-03-31." in text(client.get(f"{ALL}?{unreadable}"), 422)
    assert "Aucune évaluation entre ces dates." in text(client.get(ALL + "?du=2027-01-01"))


def test_the_pages_ask_as_many_questions_for_many_ratings_as_for_few(
    student: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[])
    for number in range(6):
        make_rating(tutor=tutor, course=course)
        each = make_course(f"Cours {number}")
        given = make_given(student=student, tutor=tutor, course=each)
        if number % 2:
            make_rating(lesson=given)
    for user in (student, tutor.user):
        client = logged_in(user)
        client.get(ALL)
        # Who it is, and their cart; then: those to rate, the number and the page of those given; of a tutor:
        # the sums, the number and the page.
        with django_assert_num_queries(5):
            client.get(ALL)


def test_who_works_in_the_admin_reads_them_there(admin: User) -> None:
    assert logged_in(admin).get(ALL).headers["Location"] == "/admin/"


def test_the_day_of_an_opinion_is_that_of_its_last_change(client: Client, lesson: Appointment) -> None:
    make_rating(lesson=lesson)
    with time_machine.travel(datetime(2026, 12, 24, 17, tzinfo=UTC), tick=False):
        send(client, lesson, q1_courtoisie=2, version=1)
    assert "avis du jeudi 24 décembre 2026" in text(client.get(ALL))
