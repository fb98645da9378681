"""The cart over HTTP: what it shows and to whom, what removing frees, what its badge counts."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from booking.errors import TryAgain
from booking.models import Cart, CartLine, TimeClaim
from booking.services import begin_payment, carts, hold_slot
from courses.models import Course, Tutor
from tests.booking.carts import START, add, cart_page
from tests.booking.holding import DEADLINE, NOW
from tests.booking.pages import HTMX, links, text_of
from tests.factories import expire, logged_in, make_cart

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


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
    member = logged_in(student)
    for somebody_else in (Client(), member):
        assert "Votre panier est vide." in text_of(cart_page(somebody_else))


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
    thief = logged_in(student)
    for address in (f"/panier/{line.pk}/retirer/", f"/panier/{line.pk}/reprendre/"):
        thief.post(address)
        Client().post(address)
    assert TimeClaim.objects.get().line == line
    assert CartLine.objects.get().cart == line.cart


def test_a_line_that_is_being_paid_stays(client: Client, course: Course, tutor: Tutor) -> None:
    line = add(client, course)
    begin_payment(cart=line.cart, deadline=DEADLINE, now=NOW)
    html = cart_page(client)
    assert "Paiement en cours" in text_of(html)
    assert f"/panier/{line.pk}/retirer/" not in html
    assert "Passer au paiement" not in html
    response = client.post(f"/panier/{line.pk}/retirer/", headers=HTMX)
    assert response.status_code == 409
    assert "Ce cours est en cours de paiement." in text_of(response.content.decode())
    assert TimeClaim.objects.get().state == "paying"


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


def test_a_guest_whose_cart_is_busy_is_logged_in_and_has_it_on_the_next_page(
    client: Client, student: User, course: Course, tutor: Tutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = add(client, course)

    def busy(**_carts: Cart) -> None:
        raise TryAgain

    with monkeypatch.context() as patch:
        patch.setattr(carts, "merge_carts", busy)
        client.force_login(student)
        assert client.get("/tableau-de-bord/").status_code == 200

    assert "Total 45,00 $" in text_of(cart_page(client))
    line.refresh_from_db()
    assert line.cart.user == student


def test_a_members_cart_is_found_by_the_account(
    client: Client, student: User, course: Course, tutor: Tutor
) -> None:
    client.force_login(student)
    add(client, course)
    elsewhere = logged_in(student)
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
    hold_slot(cart=make_cart(), course=course, start=START, duration=60, now=NOW)
    assert "Votre panier est vide." in text_of(cart_page(client))
