"""Adding to the cart over HTTP: the time is held, and what can not be held is refused with a word."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from booking.models import Cart, CartLine, TimeClaim
from courses.models import Course, Tutor
from tests.booking.carts import MORNING, START, add, cart_page, choice
from tests.booking.pages import HTMX, links, starts, text_of, times_by_day
from tests.factories import make_tutor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


def test_adding_holds_the_time_and_leads_to_the_cart(client: Client, course: Course, tutor: Tutor) -> None:
    response = client.post("/panier/ajouter/", choice(course, duree="90"))
    assert (response.status_code, response["Location"]) == (302, "/panier/")
    claim = TimeClaim.objects.get()
    assert (claim.tutor, claim.state, claim.during.lower) == (tutor, "hold", START)
    words = text_of(cart_page(client))
    assert re.search(r"C’est retenu jusqu’à \d+ h( \d\d)?\.", words)
    assert "mardi 12 janvier 2027" in words
    assert "9 h à 10 h 30 (1 h 30)" in words
    assert "Mathématiques avec Maude Gagnon" in words
    assert "67,50 $" in words
    assert "encore 15 min" in words


def test_adding_by_htmx_answers_with_a_fresh_picker_and_the_badge(
    client: Client, course: Course, tutor: Tutor
) -> None:
    response = client.post(
        "/panier/ajouter/",
        choice(course, semaine="2027-01-12"),
        headers={**HTMX, "HX-Current-URL": "http://testserver/cours/maths/"},
    )
    html = response.content.decode()
    assert response.status_code == 200
    assert re.search(r"C’est retenu jusqu’à \d+ h", text_of(html))
    assert links(html)["Voir le panier"] == "/panier/"
    assert times_by_day(html)["mardi 12 janvier 2027"] == ["10 h", "10 h 30", "11 h"]
    assert 'id="cart-badge" data-hx-swap-oob="true"' in html
    assert "/cours/maths/?semaine=2027-01-19" in html
    assert "<!DOCTYPE html>" not in html


def test_a_named_tutor_is_the_one_who_is_held(client: Client, course: Course, tutor: Tutor) -> None:
    other = make_tutor("Luc Roy", courses=[course], weekly=MORNING, priority=200)
    add(client, course, tuteur=str(other.public_id))
    assert TimeClaim.objects.get().tutor == other


def test_the_same_choice_sent_twice_is_one_line(client: Client, course: Course, tutor: Tutor) -> None:
    make_tutor("Luc Roy", courses=[course], weekly=MORNING)
    first = add(client, course)
    again = add(client, course)
    assert again == first
    assert again.held_until == first.held_until
    assert CartLine.objects.count() == TimeClaim.objects.count() == 1


def test_a_slot_that_somebody_else_took_gets_a_word_and_a_fresh_picker(
    client: Client, course: Course, tutor: Tutor
) -> None:
    add(Client(), course)
    for headers in (HTMX, {}):
        response = client.post("/panier/ajouter/", choice(course), headers=headers)
        html = response.content.decode()
        assert response.status_code == 409
        assert "Cette plage vient d’être prise. Choisissez-en une autre." in text_of(html)
        assert times_by_day(html)["mardi 12 janvier 2027"] == ["10 h", "10 h 30", "11 h"]
    assert TimeClaim.objects.count() == 1


def test_a_visitor_who_comes_too_late_waits_for_nobody_and_leaves_nothing_behind(
    client: Client, course: Course, tutor: Tutor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add(Client(), course)
    with django_assert_num_queries(3) as captured:  # the course, the diary of the day, the week
        assert client.post("/panier/ajouter/", choice(course), headers=HTMX).status_code == 409
    assert not any("advisory" in query["sql"] for query in captured.captured_queries)
    assert Cart.objects.count() == 1
    assert "sessionid" not in client.cookies


def test_a_visitor_who_loses_the_rush_under_the_lock_leaves_nothing_behind_either(
    client: Client, course: Course, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(Client(), course)
    monkeypatch.setattr("booking.views.cart.refuse_unbookable", lambda **_: None)  # it was free a moment ago
    assert client.post("/panier/ajouter/", choice(course), headers=HTMX).status_code == 409
    assert Cart.objects.count() == 1
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"debut": ""}, "Choisissez une heure, puis ajoutez-la au panier."),
        ({"debut": "demain"}, "Cette heure n’a pas été comprise."),
        ({"debut": "2027-01-12T09:00"}, "Cette heure n’a pas été comprise."),
        ({"debut": "0001-01-01T00:00Z"}, "Cette heure n’a pas été comprise."),
        ({"debut": "9999-12-31T23:59Z"}, "Cette heure n’a pas été comprise."),
        ({"debut": "2027-01-12T14:10Z"}, "Un cours commence à l’heure juste ou à la demie."),
        ({"debut": "2027-01-11T16:00Z"}, "Un cours se réserve au moins 12 heures d’avance."),
        ({"debut": "2026-12-01T14:00Z"}, "Un cours se réserve au moins 12 heures d’avance."),
        ({"debut": "2027-04-12T14:00Z"}, "Un cours se réserve au plus 60 jours d’avance."),
        ({"debut": "2027-01-12T23:00Z"}, "Le tuteur n’est pas disponible à cette heure."),
        ({"duree": "75"}, "Cette heure n’a pas été comprise."),
        ({"duree": ""}, "Cette heure n’a pas été comprise."),
        ({"duree": "soixante"}, "Cette heure n’a pas été comprise."),
        ({"tuteur": "1"}, "Ce tuteur n’est pas offert en ce moment."),
        ({"tuteur": "5f0c2a52-7b3f-4d7e-9f55-0f6f1f0f3c11"}, "Ce tuteur n’est pas offert en ce moment."),
    ],
)
def test_a_bad_choice_is_refused_with_a_word_and_times(
    client: Client, course: Course, tutor: Tutor, changes: dict[str, str], words: str
) -> None:
    response = client.post("/panier/ajouter/", choice(course, **changes), headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 422
    assert words in text_of(html)
    assert starts(html)
    assert not TimeClaim.objects.exists()
    assert client.post("/panier/ajouter/", choice(course, **changes)).status_code == 422


@pytest.mark.parametrize("cours", ["", "rien", "5f0c2a52-7b3f-4d7e-9f55-0f6f1f0f3c11", "null\x00"])
def test_an_unknown_course_is_refused(client: Client, course: Course, tutor: Tutor, cours: str) -> None:
    response = client.post("/panier/ajouter/", choice(course, cours=cours))
    assert response.status_code == 422
    assert "Ce cours n’est pas offert en ce moment." in text_of(response.content.decode())


def test_a_page_left_open_until_the_course_was_withdrawn_says_so(
    client: Client, course: Course, tutor: Tutor
) -> None:
    Course.objects.update(active=False)
    response = client.post("/panier/ajouter/", choice(course), headers=HTMX)
    assert response.status_code == 422
    assert "Ce cours n’est pas offert en ce moment." in text_of(response.content.decode())
    assert not CartLine.objects.exists()


def test_a_tutor_who_does_not_give_the_course_is_refused(
    client: Client, course: Course, tutor: Tutor
) -> None:
    stranger = make_tutor("Luc Roy", weekly=MORNING)
    response = client.post("/panier/ajouter/", choice(course, tuteur=str(stranger.public_id)), headers=HTMX)
    assert response.status_code == 422
    assert "Ce tuteur ne donne pas ce cours en ce moment." in text_of(response.content.decode())


def test_too_many_holds_are_refused_with_the_ceiling(
    client: Client, course: Course, tutor: Tutor, settings: object
) -> None:
    settings.MAX_HOLDS_PER_CART = 1  # type: ignore[attr-defined]
    add(client, course)
    response = client.post("/panier/ajouter/", choice(course, debut="2027-01-12T15:00Z"), headers=HTMX)
    assert response.status_code == 422
    assert "le maximum" in text_of(response.content.decode())


def test_the_hold_remembers_the_visitors_address(client: Client, course: Course, tutor: Tutor) -> None:
    assert add(client, course).address == "127.0.0.1"


def test_adding_needs_the_forms_own_token(course: Course, tutor: Tutor) -> None:
    assert Client(enforce_csrf_checks=True).post("/panier/ajouter/", choice(course)).status_code == 403


def test_what_changes_the_cart_is_never_a_get(client: Client, course: Course, tutor: Tutor) -> None:
    line = add(client, course)
    for address in ("/panier/ajouter/", f"/panier/{line.pk}/retirer/", f"/panier/{line.pk}/reprendre/"):
        assert client.get(address).status_code == 405
    assert client.post("/panier/").status_code == 405


def test_holding_takes_seven_queries_and_nine_with_a_fresh_picker(
    client: Client, course: Course, tutor: Tutor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_tutor("Luc Roy", courses=[course], weekly=MORNING)
    add(client, course)
    with django_assert_num_queries(7):  # the course, the cart, and five of the transaction that claims
        client.post("/panier/ajouter/", choice(course, debut="2027-01-13T14:00Z"))
    with django_assert_num_queries(9):  # and the diaries and the badge of the answer
        client.post("/panier/ajouter/", choice(course, debut="2027-01-14T14:00Z"), headers=HTMX)
