"""Holds that ran out: named, taken again with one click, or replaced by a time nearby."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from booking.models import AvailabilityException, CartLine, TimeClaim
from courses.models import Course, Tutor
from tests.booking.carts import add, cart_page, choice
from tests.booking.pages import HTMX, links, text_of, times_by_day
from tests.factories import expire, make_lesson

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


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
    for headers in (HTMX, {}):
        response = client.post(f"/panier/{line.pk}/reprendre/", headers=headers)
        assert response.status_code == 409
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
