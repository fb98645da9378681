"""The cart over HTTP: adding holds, removing frees, a lost hold is named and offered again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from booking.models import AvailabilityException, Cart, CartLine, TimeClaim
from booking.services import begin_payment, hold_slot
from courses.models import Course, Tutor
from tests.booking.pages import HTMX, links, starts, text_of, times_by_day
from tests.factories import expire, make_course, make_lesson, make_tutor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

TUESDAY_9 = "2027-01-12T14:00Z"
START = datetime(2027, 1, 12, 14, 0, tzinfo=UTC)
MORNING = [(weekday, 9 * 60, 12 * 60) for weekday in range(7)]


@pytest.fixture
def course() -> Course:
    return make_course("Mathématiques", rate="45.00")


@pytest.fixture
def tutor(course: Course) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[course], weekly=MORNING, rate="31.37")


def choice(course: Course, **changes: str) -> dict[str, str]:
    return {"cours": str(course.public_id), "debut": TUESDAY_9, "duree": "60", "tuteur": "", **changes}


def add(client: Client, course: Course, **changes: str) -> CartLine:
    response = client.post("/panier/ajouter/", choice(course, **changes))
    assert response.status_code == 302, text_of(response.content.decode())
    return CartLine.objects.order_by("-held_until").first()  # type: ignore[return-value]


def cart_page(client: Client) -> str:
    response = client.get("/panier/")
    assert response.status_code == 200
    return response.content.decode()


# Adding


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


# Seeing


def test_an_empty_cart_has_a_sentence_and_a_way_on(client: Client) -> None:
    html = cart_page(client)
    assert "Votre panier est vide." in text_of(html)
    assert links(html)["Choisir un cours"] == "/cours/"
    assert "Passer au paiement" not in html


def test_the_cart_adds_up_and_leads_to_payment(client: Client, course: Course, tutor: Tutor) -> None:
    add(client, course)
    add(client, course, debut="2027-01-13T14:00Z", duree="120")
    html = cart_page(client)
    assert "Total 135,00 $" in text_of(html)
    assert links(html)["Passer au paiement"] == "/paiement/"


def test_no_page_of_the_cart_tells_what_the_tutor_earns(client: Client, course: Course, tutor: Tutor) -> None:
    add(client, course)
    assert "31,37" not in cart_page(client)


def test_a_cart_is_nobody_elses(client: Client, student: User, course: Course, tutor: Tutor) -> None:
    add(client, course)
    assert "Votre panier est vide." in text_of(cart_page(Client()))
    client.force_login(student)
    assert Cart.objects.filter(user=student).count() <= 1


def test_the_cart_is_never_stored_by_a_browser(client: Client) -> None:
    response = client.get("/panier/")
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert "HX-Request" in response["Vary"]


def test_the_cart_takes_the_same_queries_for_one_line_and_for_six(
    client: Client, course: Course, tutor: Tutor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add(client, course)
    cart_page(client)
    with django_assert_num_queries(3):  # the cart, its lines, the badge
        cart_page(client)
    for day in range(13, 18):
        add(client, course, debut=f"2027-01-{day}T14:00Z")
    cart_page(client)
    with django_assert_num_queries(3):
        cart_page(client)
    for line in CartLine.objects.all():
        expire(line)
    with django_assert_num_queries(4):  # and whether the lost times are still free
        cart_page(client)


# Removing


def test_removing_frees_the_time_at_once(client: Client, course: Course, tutor: Tutor) -> None:
    line = add(client, course)
    response = client.post(f"/panier/{line.pk}/retirer/")
    assert (response.status_code, response["Location"]) == (302, "/panier/")
    assert not TimeClaim.objects.exists()
    words = text_of(cart_page(client))
    assert "Le cours est retiré du panier; son heure est libérée." in words
    assert "Votre panier est vide." in words
    add(Client(), course)


def test_removing_by_htmx_answers_with_the_cart_and_the_badge(
    client: Client, course: Course, tutor: Tutor
) -> None:
    line = add(client, course)
    add(client, course, debut="2027-01-13T14:00Z")
    html = client.post(f"/panier/{line.pk}/retirer/", headers=HTMX).content.decode()
    assert "mercredi 13 janvier 2027" in text_of(html)
    assert "mardi 12 janvier 2027" not in text_of(html)
    assert 'id="cart-badge" data-hx-swap-oob="true"' in html
    assert '<div id="status" data-hx-swap-oob="innerHTML">Le cours est retiré du panier' in html


def test_removing_twice_is_as_good_as_once(client: Client, course: Course, tutor: Tutor) -> None:
    line = add(client, course)
    client.post(f"/panier/{line.pk}/retirer/")
    assert client.post(f"/panier/{line.pk}/retirer/").status_code == 302


def test_somebody_elses_line_can_be_neither_removed_nor_renewed(
    client: Client, student: User, course: Course, tutor: Tutor
) -> None:
    line = add(client, course)
    thief = Client()
    thief.force_login(student)
    for address in (f"/panier/{line.pk}/retirer/", f"/panier/{line.pk}/reprendre/"):
        thief.post(address)
        Client().post(address)
    assert TimeClaim.objects.get().line == line
    assert CartLine.objects.get().cart == line.cart


def test_a_line_that_is_being_paid_stays(client: Client, course: Course, tutor: Tutor) -> None:
    line = add(client, course)
    now = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
    begin_payment(cart=line.cart, deadline=now + timedelta(minutes=10), now=now)
    html = cart_page(client)
    assert "Paiement en cours" in text_of(html)
    assert f"/panier/{line.pk}/retirer/" not in html
    assert "Passer au paiement" not in html
    response = client.post(f"/panier/{line.pk}/retirer/", headers=HTMX)
    assert response.status_code == 409
    assert "Ce cours est en cours de paiement." in text_of(response.content.decode())
    assert TimeClaim.objects.get().state == "paying"


# Losing, and taking again


def test_a_lost_hold_is_named_and_taken_again_with_one_click(
    client: Client, course: Course, tutor: Tutor
) -> None:
    line = add(client, course)
    expire(line)
    html = cart_page(client)
    words = text_of(html)
    assert "Un cours n’est plus retenu : les 15 minutes sont passées." in words
    assert "N’est plus retenu, mais l’heure est encore libre." in words
    assert "Total" not in words
    assert "Passer au paiement" not in words
    response = client.post(f"/panier/{line.pk}/reprendre/", headers=HTMX)
    assert response.status_code == 200
    assert "encore 15 min" in text_of(response.content.decode())
    assert TimeClaim.objects.get().line_id == line.pk
    assert "Total 45,00 $" in text_of(cart_page(client))


def test_taking_again_what_is_still_held_changes_nothing(
    client: Client, course: Course, tutor: Tutor
) -> None:
    line = add(client, course)
    client.post(f"/panier/{line.pk}/reprendre/")
    assert CartLine.objects.get().held_until == line.held_until


def test_a_lost_hold_that_somebody_else_took_leads_to_the_neighbouring_times(
    client: Client, course: Course, tutor: Tutor
) -> None:
    line = add(client, course)
    expire(line)
    add(Client(), course)
    html = cart_page(client)
    assert "N’est plus retenu, et l’heure n’est plus libre." in text_of(html)
    assert f"/panier/{line.pk}/reprendre/" not in html
    (address,) = [link for words, link in links(html).items() if words.startswith("Voir les heures voisines")]
    there = client.get(address)
    assert times_by_day(there.content.decode())["mardi 12 janvier 2027"] == ["10 h", "10 h 30", "11 h"]
    for headers, status in ((HTMX, 409), ({}, 409)):
        response = client.post(f"/panier/{line.pk}/reprendre/", headers=headers)
        assert response.status_code == status
        assert "Cette plage vient d’être prise." in text_of(response.content.decode())


def alternatives(markup: str) -> list[dict[str, str]]:
    """What each button near a lost line sends."""
    found = []
    for form in re.findall(r'<form[^>]*action="/panier/ajouter/">.*?</form>', markup, re.S):
        fields = dict(re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', form))
        fields.pop("csrfmiddlewaretoken")
        for value in re.findall(r'name="debut"\s+value="([^"]+)"', form):
            found.append({**fields, "debut": value})
    return found


@pytest.fixture
def gone(client: Client, course: Course, tutor: Tutor) -> CartLine:
    """Wednesday, 10:00 to 11:30, was lost, and somebody else has it from 10:30."""
    line = add(client, course, debut="2027-01-13T15:00Z", duree="90")
    expire(line)
    TimeClaim.objects.all().delete()
    make_lesson(course=course, tutor=tutor, start=datetime(2027, 1, 13, 15, 30, tzinfo=UTC), minutes=60)
    return line


def test_a_lost_time_that_is_gone_is_replaced_by_a_near_one_with_one_click(
    client: Client, course: Course, tutor: Tutor, gone: CartLine
) -> None:
    html = cart_page(client)
    near = alternatives(html)
    # What is left of that day, then the days around it at the same hour.
    assert [sent["debut"] for sent in near] == [
        "2027-01-13T14:00:00+00:00",
        "2027-01-12T15:00:00+00:00",
        "2027-01-14T15:00:00+00:00",
    ]
    assert (
        "Prendre plutôt : mercredi 13 janvier 2027 à 9 h mardi 12 janvier 2027 à 10 h "
        "jeudi 14 janvier 2027 à 10 h" in text_of(html)
    )
    for _click in range(2):
        response = client.post("/panier/ajouter/", near[0])
        assert (response.status_code, response["Location"]) == (302, "/panier/")
        line = CartLine.objects.get()
        assert (line.tutor, line.start.isoformat(), line.minutes) == (tutor, near[0]["debut"], 90)
        assert line.pk != gone.pk
    assert "n’est plus retenu" not in text_of(cart_page(client))


def test_every_alternative_can_be_held(client: Client, gone: CartLine) -> None:
    for sent in alternatives(cart_page(client)):
        assert client.post("/panier/ajouter/", sent).status_code == 302
    assert TimeClaim.objects.filter(line__cart=gone.cart_id).count() == 3


def test_an_alternative_that_was_taken_meanwhile_leaves_the_lost_line(
    client: Client, course: Course, tutor: Tutor, gone: CartLine
) -> None:
    (first, *_others) = alternatives(cart_page(client))
    make_lesson(course=course, tutor=tutor, start=datetime(2027, 1, 13, 14, 0, tzinfo=UTC))
    response = client.post("/panier/ajouter/", first)
    assert response.status_code == 409
    assert "mercredi 13" in text_of(response.content.decode())
    assert list(CartLine.objects.all()) == [gone]
    assert first["debut"] not in [sent["debut"] for sent in alternatives(cart_page(client))]


def test_only_a_lost_line_of_ones_own_is_replaced(
    client: Client, course: Course, tutor: Tutor, gone: CartLine
) -> None:
    held = add(client, course, debut="2027-01-15T14:00Z")
    visitor = Client()
    add(visitor, course, debut="2027-01-18T14:00Z", remplace=str(gone.pk))
    add(client, course, debut="2027-01-19T14:00Z", remplace=str(held.pk))
    assert {gone.pk, held.pk} <= set(CartLine.objects.values_list("pk", flat=True))
    response = client.post("/panier/ajouter/", choice(course, debut="2027-01-20T14:00Z", remplace="tout"))
    assert response.status_code == 422


def test_a_lost_time_of_a_tutor_who_left_has_no_alternatives(client: Client, gone: CartLine) -> None:
    Tutor.objects.update(active=False)
    html = cart_page(client)
    assert "l’heure n’est plus libre" in text_of(html)
    assert alternatives(html) == []


def test_a_lost_time_of_today_leads_to_those_that_can_still_be_booked(
    client: Client, course: Course, tutor: Tutor, gone: CartLine
) -> None:
    """It is 10:00, and the notice of 12 hours ends at 22:00: a time of 11:00, and one that is over."""
    CartLine.objects.filter(pk=gone.pk).update(start=datetime(2027, 1, 11, 16, 0, tzinfo=UTC), minutes=60)
    CartLine.objects.create(
        cart=gone.cart,
        course=course,
        tutor=tutor,
        start=datetime(2027, 1, 11, 14, 0, tzinfo=UTC),
        minutes=60,
        held_until=gone.held_until,
    )
    assert [sent["debut"] for sent in alternatives(cart_page(client))] == [
        "2027-01-12T15:00:00+00:00",
        "2027-01-12T15:30:00+00:00",
        "2027-01-12T16:00:00+00:00",
    ]


def test_alternatives_take_one_query_for_any_number_of_lost_lines(
    client: Client, course: Course, tutor: Tutor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for day in (13, 15, 20, 22):
        line = add(client, course, debut=f"2027-01-{day}T14:00Z")
        expire(line)
        TimeClaim.objects.filter(line=line).delete()
        make_lesson(course=course, tutor=tutor, start=line.start)
    cart_page(client)
    with django_assert_num_queries(4):  # the cart, its lines, the badge, what is free around them
        html = cart_page(client)
    assert len(alternatives(html)) == 12


def test_what_the_cart_offers_again_is_what_taking_it_again_accepts(
    client: Client, course: Course, tutor: Tutor
) -> None:
    """Three lost lines: one free, one of a day the tutor closed since, one under a lesson of today's."""
    free = add(client, course)
    closed = add(client, course, debut="2027-01-13T14:00Z")
    booked = add(client, course, debut="2027-01-14T14:00Z")
    for line in (free, closed, booked):
        expire(line)
    AvailabilityException.objects.create(tutor=tutor, date="2027-01-13", kind="closed")
    TimeClaim.objects.filter(line=booked).delete()
    make_lesson(course=course, tutor=tutor, start=datetime(2027, 1, 14, 14, 30, tzinfo=UTC))
    html = cart_page(client)
    offered = {line.pk for line in (free, closed, booked) if f"/panier/{line.pk}/reprendre/" in html}
    accepted = {
        line.pk
        for line in (free, closed, booked)
        if client.post(f"/panier/{line.pk}/reprendre/").status_code == 302
    }
    assert offered == accepted == {free.pk}


def test_taking_again_a_line_that_was_removed_meanwhile_says_so(
    client: Client, course: Course, tutor: Tutor
) -> None:
    line = add(client, course)
    client.post(f"/panier/{line.pk}/retirer/")
    response = client.post(f"/panier/{line.pk}/reprendre/")
    assert response.status_code == 409
    assert "Ce cours n’est plus dans votre panier." in text_of(response.content.decode())


# The badge


def badge(client: Client) -> str:
    found = re.search(r'<div id="cart-badge".*?</div>', cart_page(client), re.S)
    assert found
    return text_of(found.group())


def test_the_badge_counts_lessons_and_minutes(client: Client, course: Course, tutor: Tutor) -> None:
    assert badge(client) == "Panier"
    first = add(client, course)
    assert badge(client) == "Panier , 1 cours, encore 15 min"
    add(client, course, debut="2027-01-13T14:00Z")
    assert badge(client) == "Panier , 2 cours, encore 15 min"
    expire(first)
    assert badge(client) == "Panier , 1 cours, encore 15 min"


def test_the_badge_says_when_everything_was_lost(client: Client, course: Course, tutor: Tutor) -> None:
    expire(add(client, course))
    assert badge(client) == "Panier , cours à reprendre !"


def test_the_badge_of_a_visitor_without_a_cart_takes_no_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/panier/")  # the frame of the page comes from the cache from now on
    with django_assert_num_queries(0):
        client.get("/panier/")


def test_a_members_cart_is_found_by_the_account(
    client: Client, student: User, course: Course, tutor: Tutor
) -> None:
    client.force_login(student)
    add(client, course)
    elsewhere = Client()
    elsewhere.force_login(student)
    assert badge(elsewhere) == "Panier , 1 cours, encore 15 min"
    assert Cart.objects.get().user == student


def test_a_cart_of_the_session_is_no_longer_a_guests_once_it_has_an_account(
    client: Client, student: User, course: Course, tutor: Tutor
) -> None:
    """A session that kept the id of a cart which was given to an account must not open it."""
    line = add(client, course)
    Cart.objects.filter(pk=line.cart_id).update(user=student)
    assert badge(client) == "Panier"
    assert "Votre panier est vide." in text_of(cart_page(client))


def test_a_hold_of_another_cart_is_never_shown_as_ones_own(
    client: Client, course: Course, tutor: Tutor
) -> None:
    hold_slot(
        cart=Cart.objects.create(),
        course=course,
        start=START,
        duration=60,
        now=datetime(2027, 1, 11, 15, 0, tzinfo=UTC),
    )
    assert "Votre panier est vide." in text_of(cart_page(client))
