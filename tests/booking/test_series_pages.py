"""A weekly series over HTTP: the page that proposes it, and what of it goes into the cart."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import datetime

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from booking.models import CartLine, TimeClaim
from courses.models import Course, Tutor
from tests.booking.holding import EVENINGS, WEDNESDAY_18, WEEK
from tests.booking.pages import links, text_of
from tests.factories import expire, logged_in, make_lesson, make_tutor

pytestmark = pytest.mark.django_db
NEXT_3 = ["2027-01-20T23:00Z", "2027-01-27T23:00Z", "2027-02-03T23:00Z"]


@pytest.fixture
def tutor(course: Course) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[course], weekly=EVENINGS, rate="31.37")


@pytest.fixture
def line(client: Client, course: Course, tutor: Tutor, monday_morning: datetime) -> CartLine:
    sent = {"cours": str(course.public_id), "debut": "2027-01-13T23:00Z", "duree": "60", "tuteur": ""}
    assert client.post("/panier/ajouter/", sent).status_code == 302
    return CartLine.objects.get()


def page(client: Client, line: CartLine, **params: str) -> str:
    response = client.get(f"/panier/{line.pk}/repeter/", params)
    assert response.status_code == 200
    return response.content.decode()


def send(client: Client, line: CartLine, debut: Sequence[str], mode: str = "toutes") -> HttpResponse:
    sent = {"debut": debut, "mode": mode, "semaines": "3"}
    return client.post(f"/panier/{line.pk}/repeter/", sent)  # type: ignore[return-value]


def boxes(markup: str) -> dict[str, bool]:
    """The dates that can be ticked, and whether they are."""
    found = re.findall(r'<input type="checkbox"\s+name="debut"\s+value="([^"]+)"( checked)?', markup)
    return {html.unescape(value): bool(checked) for value, checked in found}


def test_the_cart_leads_from_a_held_line_to_its_series(client: Client, line: CartLine) -> None:
    (address,) = [
        link
        for words, link in links(client.get("/panier/").content.decode()).items()
        if words.startswith("Répéter chaque semaine")
    ]
    assert address == f"/panier/{line.pk}/repeter/"
    markup = page(client, line)
    assert boxes(markup) == {**dict.fromkeys(NEXT_3, True), "2027-02-10T23:00Z": True}
    words = text_of(markup)
    assert (
        "Mathématiques avec Maude Gagnon, comme le mercredi 13 janvier 2027, 18 h à 19 h (60 min)." in words
    )
    assert "45,00 $ par cours" in words
    assert "31,37" not in markup


def test_each_week_says_how_it_stands(client: Client, line: CartLine, course: Course, tutor: Tutor) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + WEEK)
    markup = page(client, line, semaines="9")
    assert boxes(markup) == {
        "2027-01-20T22:00Z": False,
        **{
            f"2027-{day}T23:00Z": True
            for day in ("01-27", "02-03", "02-10", "02-17", "02-24", "03-03", "03-10")
        },
    }
    words = text_of(markup)
    assert "mercredi 20 janvier 2027 Cette plage est déjà prise. Plutôt 17 h à 18 h" in words
    assert "mercredi 17 mars 2027 Un cours se réserve au plus 60 jours d’avance." in words


def test_the_chosen_weeks_go_into_the_cart_as_lines_of_their_own(client: Client, line: CartLine) -> None:
    response = send(client, line, NEXT_3)
    assert (response.status_code, response["Location"]) == (302, "/panier/")
    assert "3 cours de la série sont retenus dans votre panier." in text_of(
        client.get("/panier/").content.decode()
    )
    assert [claim.during.lower for claim in TimeClaim.objects.order_by("during")] == [
        WEDNESDAY_18 + n * WEEK for n in range(4)
    ]
    assert {held.cart_id for held in CartLine.objects.all()} == {line.cart_id}
    assert {held.address for held in CartLine.objects.all()} == {"127.0.0.1"}
    assert "Déjà dans votre panier." in text_of(page(client, line))


def test_sending_the_same_weeks_twice_is_as_good_as_once(client: Client, line: CartLine) -> None:
    send(client, line, NEXT_3)
    before = set(CartLine.objects.values_list("pk", "held_until"))
    for mode in ("toutes", "libres"):
        assert send(client, line, [*NEXT_3, *NEXT_3], mode).status_code == 302
    assert set(CartLine.objects.values_list("pk", "held_until")) == before


def test_all_or_none_adds_nothing_and_names_the_week_that_is_gone(
    client: Client, line: CartLine, course: Course, tutor: Tutor
) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + 2 * WEEK)
    response = send(client, line, NEXT_3)
    assert response.status_code == 409
    markup = response.content.decode()
    words = text_of(markup)
    assert "Un des cours choisis n’est plus libre; rien n’a été ajouté au panier." in words
    assert "Pas ajouté : mercredi 27 janvier 2027 à 18 h. Cette plage vient d’être prise." in words
    # What was ticked stays so, and the lost week offers its neighbour.
    assert boxes(markup) == {NEXT_3[0]: True, "2027-01-27T22:00Z": False, NEXT_3[2]: True}
    assert list(CartLine.objects.all()) == [line]


def test_what_is_still_free_is_added_with_an_account_of_what_was_not(
    client: Client, line: CartLine, course: Course, tutor: Tutor
) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + 2 * WEEK)
    assert send(client, line, NEXT_3, "libres").status_code == 302
    words = text_of(client.get("/panier/").content.decode())
    assert "2 cours de la série sont retenus dans votre panier." in words
    assert "Pas ajouté : mercredi 27 janvier 2027 à 18 h. Cette plage vient d’être prise." in words
    assert CartLine.objects.count() == 3


def test_when_nothing_is_free_any_more_the_page_says_so(
    client: Client, line: CartLine, course: Course, tutor: Tutor
) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + WEEK)
    response = send(client, line, NEXT_3[:1], "libres")
    assert response.status_code == 409
    assert "Aucune des dates cochées n’est encore libre" in text_of(response.content.decode())
    assert list(CartLine.objects.all()) == [line]


@pytest.mark.parametrize("mode", ["toutes", "libres"])
def test_the_ceiling_of_holds_counts_for_series_too(
    client: Client, line: CartLine, settings: object, mode: str
) -> None:
    settings.MAX_HOLDS_PER_CART = 3  # type: ignore[attr-defined]
    response = send(client, line, NEXT_3, mode)
    markup = (response if mode == "toutes" else client.get("/panier/")).content.decode()
    assert "le maximum" in text_of(markup)
    assert TimeClaim.objects.count() == (1 if mode == "toutes" else 3)


@pytest.mark.parametrize(
    ("debut", "mode", "words"),
    [
        ([], "toutes", "Cochez au moins une date"),
        (["demain"], "toutes", "Cette heure n’a pas été comprise."),
        (["2027-01-20T18:00"], "libres", "Cette heure n’a pas été comprise."),
        (["0001-01-01T00:00Z"], "libres", "Cette heure n’a pas été comprise."),
        ([f"2027-01-{day}T23:00Z" for day in range(14, 27)], "toutes", "Cette heure n’a pas été comprise."),
        (NEXT_3, "", "Dites s’il faut ajouter toutes les dates"),
        (NEXT_3, "au hasard", "Dites s’il faut ajouter toutes les dates"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused_with_a_word(
    client: Client, line: CartLine, debut: list[str], mode: str, words: str
) -> None:
    response = send(client, line, debut, mode)
    assert response.status_code == 422
    assert words in text_of(response.content.decode())
    assert list(CartLine.objects.all()) == [line]


def test_times_of_a_page_that_was_left_open_are_judged_anew(client: Client, line: CartLine) -> None:
    response = send(client, line, ["2027-01-11T16:00Z", "2027-01-20T23:10Z"])
    assert response.status_code == 409
    words = text_of(response.content.decode())
    assert "Un cours se réserve au moins 12 heures d’avance." in words
    assert "Un cours commence à l’heure juste ou à la demie." in words


@pytest.mark.parametrize("weeks", ["1", "13", "-4", "quatre", "4.0", "99999999999"])
def test_another_number_of_weeks_becomes_four(client: Client, line: CartLine, weeks: str) -> None:
    markup = page(client, line, semaines=weeks)
    assert len(boxes(markup)) == 4
    assert "Une série compte de 2 à 12 semaines." in text_of(markup)


def test_somebody_elses_line_can_not_be_repeated(client: Client, line: CartLine, student: User) -> None:
    thief = logged_in(student)
    for stranger in (Client(), thief):
        assert stranger.get(f"/panier/{line.pk}/repeter/").status_code == 404
        assert send(stranger, line, NEXT_3).status_code == 404
    assert list(CartLine.objects.all()) == [line]


def test_only_a_held_line_offers_its_series(client: Client, line: CartLine) -> None:
    expire(line)
    assert "Répéter" not in client.get("/panier/").content.decode()


def test_the_page_takes_the_same_queries_for_two_weeks_and_for_twelve(
    client: Client, line: CartLine, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page(client, line)
    for weeks in ("2", "12"):
        with django_assert_num_queries(4):  # the cart, the line, the diary, the badge
            page(client, line, semaines=weeks)
