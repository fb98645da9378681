"""The checkout page when the cart, its coupon or its owner's credits are not what they were: over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from booking.models import Cart, TimeClaim, WeeklyRule
from courses.models import Course
from payments.models import Checkout, Order
from payments.services.credits import balance
from tests.booking.pages import text_of
from tests.factories import logged_in
from tests.payments.checkout_pages import BY_SCRIPT, TYPED, press_pay, shown_by
from tests.payments.support import (
    DECLINED,
    browser_with,
    give_credits,
    make_coupon,
    make_held_cart,
    make_shelf,
    next_lesson_time,
    set_aside,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]
HTMX = {"HX-Request": "true"}


def two_lessons(user: User | None = None, *, code: str = "") -> Cart:
    """Of 45,00 $ each."""
    cart = make_held_cart(
        *make_shelf(), user=user, starts=[next_lesson_time(hour=10), next_lesson_time(hour=13)]
    )
    Cart.objects.filter(pk=cart.pk).update(coupon_code=code)
    return cart


def client_of(user: User, *, credits: str = "") -> Client:  # noqa: A002
    if credits:
        give_credits(user, credits)
    return logged_in(user)


def send(client: Client, *, shown: str, **typed: str) -> Any:
    """The form as a browser without scripts sends it."""
    return client.post("/paiement/", {**TYPED, "shown": shown, **typed})


def lose(cart: Cart, *, hour: int) -> str:
    line = cart.lines.get(start=next_lesson_time(hour=hour))
    TimeClaim.objects.filter(line=line).update(expires_at=timezone.now() - timedelta(seconds=1))
    return str(line.pk)


class TestSums:
    def test_coupon_and_credits_are_summed_up(self, student: User) -> None:
        make_coupon("AUTOMNE10")
        two_lessons(student, code="AUTOMNE10")
        client = client_of(student, credits="30.00")
        before = text_of(client.get("/paiement/").content.decode())
        assert "Sous-total 90,00 $ Rabais AUTOMNE10 −9,00 $ Total 81,00 $" in before
        assert "Utiliser mes crédits (30,00 $)" in before

        page = client.get("/paiement/", {"use_credits": "on"}, headers=HTMX).content.decode()
        assert "Sous-total 90,00 $ Rabais AUTOMNE10 −9,00 $ Crédits −30,00 $ Total 51,00 $" in text_of(page)
        assert 'data-cents="5100"' in page
        assert "Payer 51,00 $" in text_of(page)
        assert "<form" not in page  # what was typed stays where it is

    def test_unticking_takes_the_credits_out_again(self, student: User) -> None:
        two_lessons(student)
        client = client_of(student, credits="30.00")
        page = client.get("/paiement/", headers=HTMX).content.decode()
        assert 'data-cents="9000"' in page
        assert "Crédits −" not in text_of(page)

    def test_without_a_script_a_button_updates_the_total_and_keeps_what_was_typed(
        self, student: User
    ) -> None:
        two_lessons(student)
        client = client_of(student, credits="30.00")
        answer = send(client, shown="", use_credits="on", update="1", city="Trois-Rivières", postal_code="x")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'value="Trois-Rivières"' in page
        assert "Payer 60,00 $" in text_of(page)
        assert "corriger" not in page
        assert not Checkout.objects.exists()

    def test_without_credits_none_are_offered(self, student: User) -> None:
        two_lessons(student)
        assert "Utiliser mes crédits" not in client_of(student).get("/paiement/").content.decode()

    def test_a_guest_has_none_whatever_is_sent(self) -> None:
        client = browser_with(two_lessons())
        page = client.get("/paiement/", {"use_credits": "on"}, headers=HTMX).content.decode()
        assert 'data-cents="9000"' in page

    def test_after_a_declined_card_the_page_still_counts_the_credits_in(self, student: User) -> None:
        two_lessons(student)
        client = client_of(student, credits="30.00")
        shown = self.shown_with_credits(client)
        press_pay(client, card=DECLINED, shown=shown, use_credits="on")
        page = client.get("/paiement/").content.decode()
        assert "Payer 60,00 $" in text_of(page)
        assert re.search(r'name="use_credits"\s+value="on"\s+checked', page)

    def shown_with_credits(self, client: Client) -> str:
        page = client.get("/paiement/", {"use_credits": "on"}, headers=HTMX).content.decode()
        found = re.search(r'name="shown"\s+value="([^"]+)"', page)
        assert found
        return found[1]

    def test_credits_that_cover_all_need_neither_card_nor_script(self, student: User) -> None:
        two_lessons(student)
        client = client_of(student, credits="100.00")
        answer = send(client, shown=self.shown_with_credits(client), use_credits="on")
        page = client.get(answer.headers["Location"], follow=True)
        assert page.redirect_chain[-1][0] == "/tableau-de-bord/"
        assert "est confirmée" in page.content.decode()
        assert (Order.objects.get().total_cad, balance(user=student)) == (Decimal("0.00"), Decimal("10.00"))

    def test_a_coupon_for_all_makes_a_guests_account_and_logs_in(self) -> None:
        make_coupon("GRATUIT", value="100.00")
        client = browser_with(two_lessons(code="GRATUIT"))
        answer = send(client, shown=shown_by(client))
        page = client.get(answer.headers["Location"], follow=True)
        assert page.redirect_chain[-1][0] == "/tableau-de-bord/"
        assert client.session["_auth_user_id"] == str(User.objects.get(email="zoe@exemple.ca").pk)

    def test_a_coupon_that_ended_is_said_once_and_leaves_the_cart(self) -> None:
        coupon = make_coupon("RENTREE")
        cart = two_lessons(code="RENTREE")
        coupon.active = False
        coupon.save()
        client = browser_with(cart)
        assert "Le code RENTREE n’est plus valide." in client.get("/paiement/").content.decode()
        assert "RENTREE" not in client.get("/paiement/").content.decode()


class TestChanged:
    def test_the_script_gets_what_changed_and_keeps_the_form(self) -> None:
        client = browser_with(two_lessons())
        shown = shown_by(client)
        Course.objects.update(student_rate_cad=Decimal("50.00"))
        answer = press_pay(client, shown=shown)
        assert answer.status_code == 409
        html = answer.json()["html"]
        assert "<form" not in html
        assert "Total : avant 90,00 $ → maintenant 100,00 $" in text_of(html)
        assert 'data-cents="10000"' in html
        assert not Checkout.objects.exists()
        fresh = re.search(r'name="shown"\s+value="([^"]+)"', html)
        assert fresh
        assert press_pay(client, shown=fresh[1]).status_code == 200

    def test_without_a_script_the_page_says_it_and_keeps_what_was_typed(self, student: User) -> None:
        coupon = make_coupon("RENTREE", value="100.00", max_redemptions=1)
        two_lessons(student, code="RENTREE")
        client = client_of(student)
        shown = shown_by(client)
        set_aside(coupon)
        answer = send(client, shown=shown, city="Trois-Rivières")
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "a déjà servi autant de fois que prévu" in page
        assert "avant 0,00 $ → maintenant 90,00 $" in text_of(page)
        assert 'value="Trois-Rivières"' in page
        assert Order.objects.count() == 0

    def test_a_text_that_looks_like_markup_is_shown_as_text(self) -> None:
        cart = two_lessons()
        client = browser_with(cart)
        shown = shown_by(client)
        Course.objects.update(title="<script>alert(1)</script>", student_rate_cad=Decimal("50.00"))
        html = press_pay(client, shown=shown).json()["html"]
        assert "<script>" not in html
        assert "&lt;script&gt;" in html


class TestLost:
    def test_a_lost_hold_is_named_with_ways_on(self) -> None:
        cart = two_lessons()
        client = browser_with(cart)
        shown = shown_by(client)
        line = lose(cart, hour=13)
        answer = press_pay(client, shown=shown)
        html = answer.json()["html"]
        assert answer.status_code == 409
        assert "13 h à 14 h : n’est plus retenu" in text_of(html)
        assert re.search(rf'name="again"\s+value="{line}"', html)
        assert 'data-cents="4500"' in html
        assert not Checkout.objects.exists()

    def test_it_is_taken_back_with_one_click_and_paid(self) -> None:
        cart = two_lessons()
        client = browser_with(cart)
        line = lose(cart, hour=13)
        answer = client.post("/paiement/", {"again": line, "city": "Trois-Rivières"}, headers=HTMX)
        assert answer.status_code == 200
        assert 'data-cents="9000"' in answer.content.decode()
        assert press_pay(client).status_code == 200
        assert Checkout.objects.get().total_cad == Decimal("90.00")

    def test_one_that_is_taken_by_now_says_so_and_can_be_left_out(self) -> None:
        cart = two_lessons()
        client = browser_with(cart)
        line = lose(cart, hour=13)
        lesson = cart.lines.get(pk=line)
        make_held_cart(lesson.course, lesson.tutor, starts=[lesson.start])
        answer = send(client, shown="", again=line)
        assert answer.status_code == 409
        assert "Cette plage vient d’être prise" in answer.content.decode()
        answer = send(client, shown="", without=line, city="Trois-Rivières")
        assert answer.status_code == 200
        assert 'value="Trois-Rivières"' in answer.content.decode()
        assert cart.lines.count() == 1

    def test_taking_the_last_one_out_leads_to_the_empty_cart(self) -> None:
        cart = make_held_cart(*make_shelf())
        client = browser_with(cart)
        answer = client.post("/paiement/", {"without": str(cart.lines.get().pk)}, headers=HTMX)
        assert answer.headers["HX-Redirect"] == "/panier/"

    @pytest.mark.parametrize("what", ["again", "without"])
    @pytest.mark.parametrize("line", ["", "abc", "someone else's"])
    def test_a_line_that_is_not_ones_own_is_left_alone(self, what: str, line: str) -> None:
        course, tutor = make_shelf()
        theirs = make_held_cart(course, tutor, starts=[next_lesson_time(days=5)])
        client = browser_with(make_held_cart(course, tutor))
        line = str(theirs.lines.get().pk) if line == "someone else's" else line
        assert client.post("/paiement/", {what: line}, headers=HTMX).status_code == 200
        assert (theirs.lines.count(), TimeClaim.objects.count()) == (1, 2)

    def test_a_time_that_its_tutor_withdrew_is_named(self) -> None:
        client = browser_with(two_lessons())
        shown = shown_by(client)
        WeeklyRule.objects.filter(start_minute=540).update(end_minute=12 * 60)
        answer = press_pay(client, shown=shown)
        html = answer.json()["html"]
        assert answer.status_code == 409
        assert "13 h à 14 h" in text_of(html).split("Votre commande")[0]
        assert "10 h à 11 h" not in text_of(html).split("Votre commande")[0]
        assert 'name="again"' not in html


class TestAgain:
    def test_back_and_pay_again_after_paying_leads_to_the_same_order(self, student: User) -> None:
        two_lessons(student)
        client = client_of(student)
        shown = shown_by(client)
        first = press_pay(client, shown=shown).json()["location"]
        client.get(first)
        again = press_pay(client, shown=shown)
        assert again.json() == {"location": first}
        assert client.get(first).headers["Location"] == "/tableau-de-bord/"
        assert Order.objects.count() == 1

    def test_a_guest_who_pays_again_from_the_page_before_the_log_in_leads_there_too(self) -> None:
        client = browser_with(two_lessons())
        shown = shown_by(client)
        first = press_pay(client, shown=shown).json()["location"]
        client.get(first)
        assert press_pay(client, shown=shown).json() == {"location": first}
        assert Order.objects.count() == 1

    def test_a_page_left_open_for_long_after_paying_says_that_the_cart_is_empty(self, student: User) -> None:
        two_lessons(student)
        client = client_of(student)
        shown = shown_by(client)
        client.get(press_pay(client, shown=shown).json()["location"])
        Checkout.objects.update(settled_at=timezone.now() - timedelta(minutes=16))
        assert press_pay(client, shown=shown).json() == {"location": "/panier/"}

    def test_a_strangers_payment_is_nobody_elses_answer(self, student: User, stranger: User) -> None:
        two_lessons(student)
        client = client_of(student)
        client.get(press_pay(client).json()["location"])
        assert press_pay(client_of(stranger), shown="").json() == {"location": "/panier/"}

    def test_fields_that_are_wrong_are_said_before_any_change(self) -> None:
        client = browser_with(two_lessons())
        shown = shown_by(client)
        Course.objects.update(student_rate_cad=Decimal("50.00"))
        answer = press_pay(client, shown=shown, phone="")
        assert answer.status_code == 422
        assert client.post("/paiement/", headers=BY_SCRIPT).status_code == 422
