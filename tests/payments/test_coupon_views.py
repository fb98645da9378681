"""A code on the cart's page: taken, refused with a reason, replaced, removed; never silently lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from booking.models import Cart, TimeClaim
from home.formats import long_date
from payments.models import Coupon
from payments.services.coupons import reserve
from tests.booking.pages import HTMX, text_of
from tests.factories import expire, logged_in
from tests.payments.support import (
    browser_with,
    give_credits,
    make_checkout,
    make_coupon,
    make_held_cart,
    make_shelf,
    next_lesson_time,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cart() -> Cart:
    """A guest's, with two lessons of 45,00 $."""
    return make_held_cart(*make_shelf(), starts=[next_lesson_time(hour=10), next_lesson_time(hour=13)])


@pytest.fixture
def visitor(cart: Cart) -> Client:
    return browser_with(cart)


def apply(client: Client, code: str, *, htmx: bool = True) -> Any:
    return client.post("/panier/code/", {"code": code}, headers=HTMX if htmx else {})


def remove(client: Client, *, htmx: bool = True) -> Any:
    return client.post("/panier/code/retirer/", headers=HTMX if htmx else {})


def sums(markup: str) -> dict[str, str]:
    """`{"Sous-total": "90,00 $", …}` as the page shows them."""
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", markup, re.S)
    return {text_of(name): text_of(amount) for name, amount in rows}


def words(answer: Any) -> str:
    return text_of(answer.content.decode())


WITH_TEN_PERCENT = {"Sous-total": "90,00 $", "Rabais": "−9,00 $", "Total": "81,00 $"}
WITHOUT = {"Total": "90,00 $"}


def test_without_a_code_the_total_stands_alone(visitor: Client) -> None:
    page = visitor.get("/panier/")
    assert sums(page.content.decode()) == WITHOUT
    assert "J’ai un code promo" in words(page)


@pytest.mark.parametrize("typed", ["AUTOMNE10", "automne10", "  Automne 10 "])
def test_a_code_takes_its_discount_off_the_cart(visitor: Client, cart: Cart, typed: str) -> None:
    make_coupon("AUTOMNE10", value="10.00")
    answer = apply(visitor, typed)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert sums(html) == WITH_TEN_PERCENT
    assert "Code promo : AUTOMNE10 Retirer" in text_of(html)
    assert "<!DOCTYPE html>" not in html
    assert '<div id="status" data-hx-swap-oob="innerHTML">Le code AUTOMNE10 est appliqué.</div>' in html
    cart.refresh_from_db()
    assert cart.coupon_code == "AUTOMNE10"
    assert sums(visitor.get("/panier/").content.decode()) == WITH_TEN_PERCENT


def test_without_a_script_it_leads_back_to_the_cart_and_says_so(visitor: Client) -> None:
    make_coupon("AUTOMNE10")
    answer = apply(visitor, "AUTOMNE10", htmx=False)
    assert (answer.status_code, answer["Location"]) == (302, "/panier/")
    page = visitor.get("/panier/")
    assert "Le code AUTOMNE10 est appliqué." in words(page)
    assert sums(page.content.decode()) == WITH_TEN_PERCENT


def test_a_fixed_amount_never_goes_below_nothing(visitor: Client) -> None:
    make_coupon("CADEAU", kind="fixed", value="500.00")
    assert sums(apply(visitor, "CADEAU").content.decode()) == {
        "Sous-total": "90,00 $",
        "Rabais": "−90,00 $",
        "Total": "0,00 $",
    }


def test_a_code_sent_twice_is_one_code(visitor: Client, cart: Cart) -> None:
    make_coupon("UNIQUE", max_redemptions=1)
    for _click in range(2):
        assert sums(apply(visitor, "UNIQUE").content.decode()) == WITH_TEN_PERCENT
    cart.refresh_from_db()
    assert cart.coupon_code == "UNIQUE"


def test_a_new_code_takes_the_place_of_the_old(visitor: Client) -> None:
    make_coupon("AUTOMNE10")
    make_coupon("BIENVENUE15", kind="fixed", value="15.00")
    apply(visitor, "AUTOMNE10")
    html = apply(visitor, "BIENVENUE15").content.decode()
    assert sums(html) == {"Sous-total": "90,00 $", "Rabais": "−15,00 $", "Total": "75,00 $"}
    assert "AUTOMNE10" not in html


@pytest.mark.parametrize("htmx", [True, False])
def test_a_code_is_removed_and_removing_it_again_is_harmless(visitor: Client, cart: Cart, htmx: bool) -> None:
    make_coupon("AUTOMNE10")
    apply(visitor, "AUTOMNE10")
    for _click in range(2):
        answer = remove(visitor, htmx=htmx)
        assert answer.status_code == (200 if htmx else 302)
    page = visitor.get("/panier/")
    assert sums(page.content.decode()) == WITHOUT
    cart.refresh_from_db()
    assert cart.coupon_code == ""


IN_TWO_DAYS = timezone.now() + timedelta(days=2)


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize(
    ("coupon", "typed", "reason"),
    [
        ({}, "AUTOMME10", "Ce code n’existe pas. Vérifiez comment il s’écrit."),
        (
            {"starts_at": IN_TWO_DAYS},
            "AUTOMNE10",
            f"Le code AUTOMNE10 vaut à partir du {long_date(IN_TWO_DAYS)}.",
        ),
        ({"ends_at": timezone.now()}, "AUTOMNE10", "Le code AUTOMNE10 n’est plus valide."),
        ({"active": False}, "AUTOMNE10", "Le code AUTOMNE10 n’est plus valide."),
        ({"max_redemptions": 0}, "AUTOMNE10", "Le code AUTOMNE10 a déjà servi autant de fois que prévu."),
        ({}, "", "Écrivez un code, puis appliquez-le."),
        ({}, "   ", "Écrivez un code, puis appliquez-le."),
        ({}, "A" * 41, "Un code a au plus 40 caractères."),
        ({}, "<b>&", "Ce code n’existe pas. Vérifiez comment il s’écrit."),
        ({}, "nul\x00", "Le caractère nul n’est pas autorisé."),
    ],
)
def test_a_refused_code_says_why_and_stays_in_the_field(
    visitor: Client, cart: Cart, coupon: dict[str, Any], typed: str, reason: str, htmx: bool
) -> None:
    make_coupon("AUTOMNE10", **coupon)
    answer = apply(visitor, typed, htmx=htmx)
    assert answer.status_code == 422
    assert reason in words(answer)
    html = answer.content.decode()
    assert sums(html) == WITHOUT
    assert '<details class="coupon" open>' in html
    assert 'aria-invalid="true"' in html
    if typed == "<b>&":
        assert 'value="&lt;b&gt;&amp;"' in html
    cart.refresh_from_db()
    assert cart.coupon_code == ""


def test_a_refused_code_leaves_the_one_that_holds(visitor: Client) -> None:
    make_coupon("AUTOMNE10")
    apply(visitor, "AUTOMNE10")
    assert sums(apply(visitor, "AUTRE").content.decode()) == WITH_TEN_PERCENT


def test_a_coupon_that_ended_meanwhile_is_said_once_and_not_counted(visitor: Client, cart: Cart) -> None:
    make_coupon("AUTOMNE10")
    apply(visitor, "AUTOMNE10")
    Coupon.objects.update(ends_at=timezone.now())
    page = visitor.get("/panier/")
    assert sums(page.content.decode()) == WITHOUT
    assert words(page).count("Le code AUTOMNE10 n’est plus valide. Le total est donc sans rabais.") == 1
    assert "AUTOMNE10" not in words(visitor.get("/panier/"))
    cart.refresh_from_db()
    assert cart.coupon_code == ""


def test_a_lesson_that_is_removed_lowers_the_discount(visitor: Client, cart: Cart) -> None:
    make_coupon("AUTOMNE10")
    apply(visitor, "AUTOMNE10")
    answer = visitor.post(f"/panier/{cart.lines.all()[0].pk}/retirer/", headers=HTMX)
    assert sums(answer.content.decode()) == {
        "Sous-total": "45,00 $",
        "Rabais": "−4,50 $",
        "Total": "40,50 $",
    }


def test_a_page_left_open_until_the_cart_was_empty_says_so(visitor: Client, cart: Cart) -> None:
    make_coupon("AUTOMNE10")
    for line in cart.lines.all():
        expire(line)
    for client in (visitor, Client()):
        for htmx in (True, False):
            answer = apply(client, "AUTOMNE10", htmx=htmx)
            assert answer.status_code == 409
            assert "Rien n’est retenu dans votre panier : choisissez d’abord une heure." in words(answer)
    assert remove(Client()).status_code == 200


def test_while_it_is_being_paid_the_code_stays(visitor: Client, cart: Cart) -> None:
    coupon = make_coupon("UNIQUE", max_redemptions=1)
    apply(visitor, "UNIQUE")
    make_coupon("AUTOMNE10")
    checkout = make_checkout(cart=cart, code="UNIQUE", discount="9.00")
    reserve(coupon=coupon, checkout=checkout, now=timezone.now())
    TimeClaim.objects.update(state=TimeClaim.State.PAYING)

    page = visitor.get("/panier/").content.decode()
    assert sums(page) == WITH_TEN_PERCENT
    assert "/panier/code/" not in page
    for answer in (apply(visitor, "AUTOMNE10"), remove(visitor)):
        assert answer.status_code == 409
        assert "Annulez-le d’abord pour changer de code promo." in words(answer)
    cart.refresh_from_db()
    assert cart.coupon_code == "UNIQUE"


def test_a_code_is_a_carts_own(visitor: Client) -> None:
    make_coupon("AUTOMNE10")
    apply(visitor, "AUTOMNE10")
    other = browser_with(make_held_cart(*make_shelf()))
    assert sums(other.get("/panier/").content.decode()) == {"Total": "45,00 $"}


def test_guessing_codes_is_stopped_also_for_one_that_exists(visitor: Client) -> None:
    make_coupon("AUTOMNE10")
    for number in range(site_settings.COUPON_TRIES_LIMIT):
        assert apply(visitor, f"ESSAI{number}").status_code == 422
    stopped = apply(visitor, "AUTOMNE10")
    assert stopped.status_code == 429
    assert "Trop d’essais de suite. Attendez quelques minutes, puis réessayez." in words(stopped)
    assert sums(stopped.content.decode()) == WITHOUT
    assert remove(visitor).status_code == 200


def test_without_redis_codes_are_taken(visitor: Client, settings: Settings) -> None:
    make_coupon("AUTOMNE10")
    nobody_there = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nobody_there}
    settings.COUPON_TRIES_LIMIT = 1
    for _try in range(3):
        assert sums(apply(visitor, "AUTOMNE10").content.decode()) == WITH_TEN_PERCENT


@pytest.mark.parametrize("address", ["/panier/code/", "/panier/code/retirer/"])
def test_a_code_is_never_changed_by_a_link_or_from_elsewhere(visitor: Client, address: str) -> None:
    assert visitor.get(address).status_code == 405
    assert Client(enforce_csrf_checks=True).post(address, {"code": "X"}).status_code == 403


def test_a_member_is_told_of_credits_that_can_be_used(student: User, stranger: User) -> None:
    course, tutor = make_shelf()
    make_held_cart(course, tutor, user=student)
    give_credits(student, "30.00")
    make_held_cart(course, tutor, user=stranger, starts=[next_lesson_time(hour=13)])
    pages = []
    for person in (student, stranger):
        client = logged_in(person)
        pages.append(words(client.get("/panier/")))
    assert "Vous avez 30,00 $ de crédits, à utiliser au paiement." in pages[0]
    assert "crédits" not in pages[1]


def test_the_page_asks_no_more_for_many_lessons_than_for_one(
    student: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_coupon("AUTOMNE10", max_redemptions=5)
    give_credits(student, "30.00")
    cart = make_held_cart(*make_shelf(), user=student)
    client = logged_in(student)
    apply(client, "AUTOMNE10")
    client.get("/panier/", headers=HTMX)
    # Person, cart, its lines; the coupon and its uses; the balance and what of it is promised; the badge.
    with django_assert_num_queries(8):
        client.get("/panier/", headers=HTMX)
    course, tutor = make_shelf()
    for hour in (9, 11, 14):
        line = make_held_cart(course, tutor, starts=[next_lesson_time(hour=hour)]).lines.get()
        line.cart = cart
        line.save()
    with django_assert_num_queries(8):
        client.get("/panier/", headers=HTMX)
