"""Members' cards: kept on request once they have paid, offered the next time, removed on the profile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from booking.models import Cart
from payments.errors import CardGone, PaymentDeclined, PaymentUnavailable, TriedBefore
from payments.gateway import Intent, IntentStatus, gateway
from payments.models import Checkout, Order, SavedCard, StripeCustomer
from payments.services import Wishes, pay, reconcile, settle
from payments.services.cards import customer_of, remove_card
from tests.factories import logged_in
from tests.payments.checkout_pages import TYPED, press_pay, shown_by
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import (
    ASKS_3D_SECURE,
    DECLINED,
    PAYS,
    RETURN_URL,
    make_held_cart,
    make_shelf,
    next_lesson_time,
    start,
    start_and_pay,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]
KEEP = Wishes(save_card=True)
AWAY = "http://127.0.0.1:9"


def cart_of(user: User, *, days: int = 3) -> Cart:
    Cart.objects.filter(user=user).delete()
    return make_held_cart(*make_shelf(), user=user, starts=[next_lesson_time(days=days)])


def keep_a_card(user: User, number: str = PAYS) -> SavedCard:
    """Pay by it and have it kept; its owner's cart is empty again."""
    paid = start_and_pay(cart_of(user), user=user, card=number, wishes=KEEP)
    settle(intent_id=paid.intent_id or "", now=timezone.now())
    return SavedCard.objects.filter(user=user).latest("created_at")


def pay_with(checkout: Checkout, card: SavedCard, **more: Any) -> Intent:
    return pay(checkout=checkout, kept_card=card, return_url=RETURN_URL, now=timezone.now(), **more)


def customers(sandbox: StripeSandbox) -> list[str]:
    told = sandbox.http.get("/v1/events?type=customer.created", headers=sandbox.as_merchant).json()
    return [event["data"]["object"]["id"] for event in told["data"]]


class TestKeeping:
    def test_a_card_is_kept_on_request_once_it_has_paid(self, student: User) -> None:
        paid = start_and_pay(cart_of(student), user=student, wishes=KEEP)
        assert not SavedCard.objects.exists()
        settle(intent_id=paid.intent_id or "", now=timezone.now())
        card = SavedCard.objects.get()
        assert (card.user, card.brand, card.last4, card.exp_month, card.exp_year) == (
            student,
            "visa",
            "4242",
            12,
            2034,
        )
        assert str(card) == "Visa se terminant par 4242"

    def test_it_is_not_kept_unless_asked_and_no_customer_is_made(
        self, student: User, stripe_sandbox: StripeSandbox
    ) -> None:
        paid = start_and_pay(cart_of(student), user=student)
        settle(intent_id=paid.intent_id or "", now=timezone.now())
        assert (SavedCard.objects.count(), StripeCustomer.objects.count()) == (0, 0)
        assert customers(stripe_sandbox) == []

    def test_settling_ten_times_keeps_it_once(self, student: User) -> None:
        paid = start_and_pay(cart_of(student), user=student, wishes=KEEP)
        for _time in range(10):
            settle(intent_id=paid.intent_id or "", now=timezone.now())
        assert SavedCard.objects.count() == 1

    def test_a_second_card_belongs_to_the_same_customer(
        self, student: User, stripe_sandbox: StripeSandbox
    ) -> None:
        keep_a_card(student)
        keep_a_card(student, "5555555555554444")
        assert SavedCard.objects.count() == 2
        assert customers(stripe_sandbox) == [StripeCustomer.objects.get().customer_id]

    def test_the_same_card_typed_again_is_kept_once(self, student: User) -> None:
        old = keep_a_card(student)
        new = keep_a_card(student)
        assert [card.payment_method_id for card in SavedCard.objects.all()] == [new.payment_method_id]
        assert gateway().card_of(payment_method_id=old.payment_method_id).customer_id is None

    def test_a_customer_made_by_a_process_that_died_is_found_again(
        self, student: User, stripe_sandbox: StripeSandbox
    ) -> None:
        first = customer_of(user=student)
        StripeCustomer.objects.all().delete()
        assert customer_of(user=student) == first
        StripeCustomer.objects.all().delete()
        student.first_name = "Zoée"
        assert customer_of(user=student) != first  # Stripe would refuse the old key with another name

    def test_a_declined_card_is_not_kept_and_the_second_try_may_say_otherwise(self, student: User) -> None:
        cart = cart_of(student)
        with pytest.raises(PaymentDeclined):
            start_and_pay(cart, user=student, card=DECLINED, wishes=KEEP)
        paid = start_and_pay(cart, user=student)
        settle(intent_id=paid.intent_id or "", now=timezone.now())
        assert not SavedCard.objects.exists()

    def test_a_second_try_may_ask_to_keep_what_the_first_did_not(self, student: User) -> None:
        cart = cart_of(student)
        with pytest.raises(PaymentDeclined):
            start_and_pay(cart, user=student, card=DECLINED)
        paid = start_and_pay(cart, user=student, wishes=KEEP)
        settle(intent_id=paid.intent_id or "", now=timezone.now())
        assert SavedCard.objects.get().last4 == "4242"
        assert Checkout.objects.count() == 1

    def test_an_unanswered_bank_and_then_a_wish_to_keep_starts_over_without_a_charge(
        self, student: User
    ) -> None:
        """Stripe takes no customer for an intent that waits for the bank's question to be answered."""
        cart = cart_of(student)
        waiting = start_and_pay(cart, user=student, card=ASKS_3D_SECURE)
        with pytest.raises(TriedBefore):
            start_and_pay(cart, user=student, wishes=KEEP)
        assert gateway().retrieve_intent(intent_id=waiting.intent_id or "").status == IntentStatus.CANCELED
        paid = start_and_pay(cart, user=student, wishes=KEEP)
        settle(intent_id=paid.intent_id or "", now=timezone.now())
        assert (Order.objects.count(), SavedCard.objects.count()) == (1, 1)

    def test_when_stripe_is_away_at_settlement_reconciliation_keeps_it(
        self, student: User, stripe_sandbox: StripeSandbox
    ) -> None:
        paid = start_and_pay(cart_of(student), user=student, wishes=KEEP)
        stripe_sandbox.control("fail", path="/v1/payment_methods", n=10, status=500)
        settle(intent_id=paid.intent_id or "", now=timezone.now())
        assert (Order.objects.count(), SavedCard.objects.count()) == (1, 0)
        reconcile(now=timezone.now())
        assert SavedCard.objects.count() == 0
        stripe_sandbox.control("reset")
        reconcile(now=timezone.now())
        assert SavedCard.objects.get().user == student

    def test_a_card_that_was_removed_stays_so_when_a_late_webhook_settles_again(self, student: User) -> None:
        card = keep_a_card(student)
        remove_card(card=card)
        Checkout.objects.update(saves_card=True)  # as if it had died before it noted that it was kept
        settle(intent_id=Checkout.objects.get().intent_id or "", now=timezone.now())
        assert not SavedCard.objects.exists()


class TestPayingAgain:
    def test_a_kept_card_pays_with_one_click(self, student: User) -> None:
        card = keep_a_card(student)
        checkout = start(cart_of(student, days=4), user=student)
        intent = pay_with(checkout, card)
        assert (intent.status, intent.payment_method_id) == (
            IntentStatus.SUCCEEDED,
            card.payment_method_id,
        )
        settle(intent_id=intent.id, now=timezone.now())
        assert (Order.objects.count(), SavedCard.objects.count()) == (2, 1)

    def test_its_bank_may_ask_3d_secure(self, student: User, stripe_sandbox: StripeSandbox) -> None:
        paid = start_and_pay(cart_of(student), user=student, card=ASKS_3D_SECURE, wishes=KEEP)
        stripe_sandbox.answer_challenge(paid.intent_id or "")
        settle(intent_id=paid.intent_id or "", now=timezone.now())
        card = SavedCard.objects.get()
        checkout = start(cart_of(student, days=4), user=student)
        intent = pay_with(checkout, card)
        assert (intent.status, intent.redirect_url) == (IntentStatus.REQUIRES_ACTION, None)
        stripe_sandbox.answer_challenge(intent.id)
        settle(intent_id=intent.id, now=timezone.now())
        assert Order.objects.count() == 2

    def test_one_that_was_removed_at_stripe_is_said_and_offered_no_more(self, student: User) -> None:
        card = keep_a_card(student)
        gateway().detach_card(payment_method_id=card.payment_method_id)
        checkout = start(cart_of(student, days=4), user=student)
        with pytest.raises(CardGone, match="n’est plus gardée"):
            pay_with(checkout, card)
        assert not SavedCard.objects.exists()
        checkout.refresh_from_db()
        assert (checkout.status, checkout.confirming_since) == (Checkout.Status.PAYING, None)

    def test_a_refusal_for_another_reason_keeps_the_card(
        self, student: User, stripe_sandbox: StripeSandbox
    ) -> None:
        card = keep_a_card(student)
        checkout = start(cart_of(student, days=4), user=student)
        stripe_sandbox.control("fail", path="/confirm", n=1, status=400)
        with pytest.raises(PaymentUnavailable):
            pay_with(checkout, card)
        assert SavedCard.objects.get() == card


class TestPage:
    def test_kept_cards_are_offered_and_expired_ones_are_not(self, student: User, stranger: User) -> None:
        keep_a_card(student)
        keep_a_card(stranger, "5555555555554444")
        expired = keep_a_card(student, "4000001240000000")
        SavedCard.objects.filter(pk=expired.pk).update(exp_year=2020)
        cart_of(student, days=4)
        html = logged_in(student).get("/paiement/").content.decode()
        assert "Visa se terminant par 4242, expire en 12/2034" in html
        assert "Une autre carte" in html
        assert "4444" not in html
        assert str(expired.pk) not in html

    def test_a_card_is_good_to_the_end_of_its_month(self, student: User) -> None:
        card = SavedCard.objects.create(
            user=student, payment_method_id="pm_1", brand="visa", last4="4242", exp_month=8, exp_year=2027
        )
        still = datetime(2027, 9, 1, 3, 59, tzinfo=UTC)  # August in Montréal
        over = datetime(2027, 9, 1, 4, 0, tzinfo=UTC)
        cards = SavedCard.objects.visible_to(student)
        assert (list(cards.usable(still)), list(cards.usable(over))) == ([card], [])
        assert (card.is_expired(still), card.is_expired(over)) == (False, True)

    def test_it_pays_by_script_without_a_token(self, student: User) -> None:
        card = keep_a_card(student)
        cart_of(student, days=4)
        client = logged_in(student)
        answer = press_pay(client, card_choice=str(card.pk), token="")
        assert answer.status_code == 200, answer.content
        client.get(answer.json()["location"])
        assert Order.objects.count() == 2

    def test_it_pays_without_a_script(self, student: User) -> None:
        card = keep_a_card(student)
        cart_of(student, days=4)
        client = logged_in(student)
        data = {**TYPED, "card": str(card.pk), "shown": shown_by(client)}
        page = client.post("/paiement/", data, follow=True)
        assert page.redirect_chain[-1][0] == "/tableau-de-bord/"
        assert "est confirmée" in page.content.decode()
        assert Order.objects.count() == 2

    def test_without_a_script_a_stripe_that_is_away_is_said_and_what_was_typed_stays(
        self, student: User, settings: Settings
    ) -> None:
        card = keep_a_card(student)
        cart_of(student, days=4)
        client = logged_in(student)
        data = {**TYPED, "card": str(card.pk), "shown": shown_by(client), "city": "Trois-Rivières"}
        settings.STRIPE_API_BASE = AWAY
        answer = client.post("/paiement/", data)
        page = answer.content.decode()
        assert answer.status_code == 503
        assert "Rien n’a été débité" in page
        assert 'value="Trois-Rivières"' in page
        assert Order.objects.count() == 1

    def test_without_a_script_the_bank_asks_on_its_own_page(
        self, student: User, stripe_sandbox: StripeSandbox
    ) -> None:
        paid = start_and_pay(cart_of(student), user=student, card=ASKS_3D_SECURE, wishes=KEEP)
        stripe_sandbox.answer_challenge(paid.intent_id or "")
        settle(intent_id=paid.intent_id or "", now=timezone.now())
        cart_of(student, days=4)
        client = logged_in(student)
        data = {**TYPED, "card": str(SavedCard.objects.get().pk), "shown": shown_by(client)}
        answer = client.post("/paiement/", data)
        bank = answer.headers["Location"]
        assert bank.startswith(stripe_sandbox.base_url)
        back = stripe_sandbox.http.post(bank, data={"answer": "authorise"}).headers["Location"]
        client.get(back.removeprefix("http://testserver"))
        assert Order.objects.count() == 2

    @pytest.mark.parametrize("choice", ["", "abc", "someone else's", "expired"])
    def test_a_card_that_is_not_on_offer_pays_nothing(
        self, student: User, stranger: User, choice: str
    ) -> None:
        theirs, mine = keep_a_card(stranger), keep_a_card(student)
        SavedCard.objects.filter(pk=mine.pk).update(exp_year=2020)
        choice = {"someone else's": str(theirs.pk), "expired": str(mine.pk)}.get(choice, choice)
        cart_of(student, days=4)
        answer = press_pay(logged_in(student), card_choice=choice, token="", city="Trois-Rivières")
        assert answer.status_code == 422
        said = answer.json()["fields"]
        assert ("plus gardée ou a expiré" in said) == bool(choice)
        assert 'value="Trois-Rivières"' in said
        assert Order.objects.count() == 2

    def test_keeping_is_not_offered_to_guests_nor_taken_from_them(self) -> None:
        client = Client()
        session = client.session
        session["cart"] = str(make_held_cart(*make_shelf()).pk)
        session.save()
        assert "save_card" not in client.get("/paiement/").content.decode()
        press_pay(client, save_card="on", use_credits="on", prefers_credit="on")
        checkout = Checkout.objects.get()
        assert (checkout.saves_card, checkout.prefers_credit) == (False, False)

    def test_address_and_phone_are_remembered_from_the_last_time(self, student: User) -> None:
        keep_a_card(student)
        cart_of(student, days=4)
        html = logged_in(student).get("/paiement/").content.decode()
        assert 'value="12, rue Saint-Denis"' in html
        assert 'value="514 555-0123"' in html

    @pytest.mark.parametrize("count", [1, 5])
    def test_many_cards_take_as_many_queries_as_one(
        self, student: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        cart_of(student)
        client = logged_in(student)
        for number in range(count):
            SavedCard.objects.create(
                user=student,
                payment_method_id=f"pm_{number}",
                brand="visa",
                last4="4242",
                exp_month=8,
                exp_year=2037,
            )
        client.get("/paiement/")
        with django_assert_num_queries(8):
            client.get("/paiement/")


class TestProfile:
    def test_it_lists_ones_own_cards_and_says_which_have_expired(self, student: User, stranger: User) -> None:
        keep_a_card(student)
        keep_a_card(stranger, "5555555555554444")
        old = keep_a_card(student, "4000001240000000")
        SavedCard.objects.filter(pk=old.pk).update(exp_year=2020)
        html = logged_in(student).get("/tableau-de-bord/profil/").content.decode()
        assert "Visa se terminant par 4242" in html
        assert "expirée depuis 12/2020" in html
        assert "4444" not in html

    def test_without_cards_it_says_nothing_of_them(self, student: User) -> None:
        assert "Cartes gardées" not in logged_in(student).get("/tableau-de-bord/profil/").content.decode()

    def test_a_removed_card_is_forgotten_at_stripe_and_removing_it_again_is_harmless(
        self, student: User
    ) -> None:
        card = keep_a_card(student)
        client, url = logged_in(student), f"/tableau-de-bord/profil/cartes/{card.pk}/retirer/"
        for _time in range(2):
            page = client.post(url, follow=True)
            assert page.redirect_chain == [("/tableau-de-bord/profil/", 302)]
            assert "La carte est oubliée" in page.content.decode()
        assert gateway().card_of(payment_method_id=card.payment_method_id).customer_id is None
        assert not SavedCard.objects.exists()

    def test_someone_elses_card_is_not_found_and_stays(self, student: User, stranger: User) -> None:
        card = keep_a_card(student)
        url = f"/tableau-de-bord/profil/cartes/{card.pk}/retirer/"
        assert logged_in(stranger).post(url).status_code == 404
        assert Client().post(url).headers["Location"].startswith("/connexion/")
        assert logged_in(student).get(url).status_code == 405
        assert gateway().card_of(payment_method_id=card.payment_method_id).customer_id

    def test_when_stripe_is_away_it_stays_and_that_is_said(self, student: User, settings: Settings) -> None:
        card = keep_a_card(student)
        settings.STRIPE_API_BASE = AWAY
        page = logged_in(student).post(f"/tableau-de-bord/profil/cartes/{card.pk}/retirer/", follow=True)
        assert "la carte est encore gardée" in page.content.decode()
        assert SavedCard.objects.get() == card

    def test_one_that_stripe_never_heard_of_is_forgotten_here(self, student: User) -> None:
        card = SavedCard.objects.create(
            user=student, payment_method_id="pm_x", brand="visa", last4="4242", exp_month=8, exp_year=2037
        )
        logged_in(student).post(f"/tableau-de-bord/profil/cartes/{card.pk}/retirer/")
        assert not SavedCard.objects.exists()

    def test_a_card_unknown_to_all_is_as_good_as_removed(self, student: User) -> None:
        answer = logged_in(student).post(f"/tableau-de-bord/profil/cartes/{uuid4()}/retirer/")
        assert answer.headers["Location"] == "/tableau-de-bord/profil/"
