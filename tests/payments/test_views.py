"""Checkout, return page and webhook over HTTP: what is shown, refused, repeated."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from booking.models import TimeClaim
from payments.models import Checkout, Order, StripeEvent
from tests.factories import logged_in, make_user
from tests.payments.checkout_pages import TYPED, press_pay, shown_by
from tests.payments.support import (
    ASKS_3D_SECURE,
    DECLINED,
    browser_with,
    make_held_cart,
    make_shelf,
    start,
    start_and_pay,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


class TestForm:
    def test_it_shows_what_is_paid_for(self) -> None:
        page = browser_with(make_held_cart(*make_shelf(), minutes=90)).get("/paiement/")
        html = page.content.decode()
        assert page.status_code == 200
        assert "67,50\xa0$" in html
        assert 'data-cents="6750"' in html
        assert "Maude Gagnon" in html
        assert "30,00" not in html  # the tutor's own rate
        assert "no-store" in page["Cache-Control"]

    def test_an_empty_cart_goes_back_to_the_cart(self) -> None:
        assert Client().get("/paiement/").headers["Location"] == "/panier/"

    def test_a_lost_hold_goes_back_to_the_cart(self) -> None:
        cart = make_held_cart(*make_shelf())
        TimeClaim.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert browser_with(cart).get("/paiement/").headers["Location"] == "/panier/"

    def test_wrong_fields_come_back_with_what_was_typed(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        answer = press_pay(client, postal_code="90210", city="Trois-Rivières")
        assert answer.status_code == 422
        fields = answer.json()["fields"]
        assert "Écrivez un code postal comme H2X 1Y4." in fields
        assert 'value="Trois-Rivières"' in fields
        assert "grand-fleuve-bleu" not in fields
        assert not Checkout.objects.exists()

    def test_without_a_script_the_page_says_that_the_card_needs_one(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        page = client.post("/paiement/", {**TYPED, "shown": shown_by(client)})
        assert page.status_code == 422
        assert "JavaScript" in page.content.decode()
        assert 'value="zoe@exemple.ca"' in page.content.decode()

    def test_a_known_email_is_asked_to_log_in_and_keeps_the_cart(self) -> None:
        make_user(email="ZOE@exemple.ca")
        client = browser_with(make_held_cart(*make_shelf()))
        answer = press_pay(client)
        assert answer.status_code == 422
        assert "/connexion/?next=/paiement/" in answer.json()["fields"]
        assert TimeClaim.objects.get().state == TimeClaim.State.HOLD

    def test_asking_for_many_emails_is_stopped(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        make_user(email="zoe@exemple.ca")
        answers = [press_pay(client).json()["fields"] for _try in range(settings.GUEST_CHECKOUT_LIMIT + 1)]
        assert "Ce courriel a déjà un compte" in answers[-2]
        assert "Trop d’essais de suite" in answers[-1]
        assert "Ce courriel a déjà un compte" not in answers[-1]

    @pytest.mark.parametrize("shown", ["", "abc", "e30:1", "\x00", '{"total": "45.00"}'])
    def test_what_no_page_of_ours_has_shown_charges_nothing_and_says_the_total(self, shown: str) -> None:
        answer = press_pay(browser_with(make_held_cart(*make_shelf())), shown=shown)
        assert answer.status_code == 409
        assert "45,00\xa0$" in answer.json()["html"]
        assert not Checkout.objects.exists()
        assert TimeClaim.objects.get().state == TimeClaim.State.HOLD

    def test_a_strangers_cart_is_out_of_reach(self, stranger: User) -> None:
        course, tutor = make_shelf()
        make_held_cart(course, tutor, user=make_user())
        client = logged_in(stranger)
        assert client.get("/paiement/").headers["Location"] == "/panier/"

    def test_a_member_pays_without_email_or_password(self, student: User) -> None:
        make_held_cart(*make_shelf(), user=student)
        client = logged_in(student)
        assert 'name="password"' not in client.get("/paiement/").content.decode()
        answer = press_pay(client)
        assert answer.status_code == 200, answer.content
        client.get(answer.json()["location"])
        assert Order.objects.get().user == student


class TestPaying:
    def test_a_paid_guest_is_logged_in_and_lands_on_the_dashboard(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        answer = press_pay(client)
        back = client.get(answer.json()["location"])
        assert back.headers["Location"] == "/tableau-de-bord/"
        page = client.get("/tableau-de-bord/").content.decode()
        assert "Mathématiques" in page
        assert Order.objects.get().number in page

    def test_a_declined_card_says_why_and_may_be_followed_by_another(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        answer = press_pay(client, card=DECLINED)
        assert answer.status_code == 402
        assert answer.json()["message"].startswith("Votre banque a refusé le paiement.")
        assert client.get("/paiement/").status_code == 200
        assert press_pay(client).status_code == 200
        assert Checkout.objects.count() == 1

    def test_3d_secure_hands_the_secret_to_the_script(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        answer = press_pay(client, card=ASKS_3D_SECURE).json()
        assert answer["client_secret"].startswith("pi_")
        waiting = client.get(answer["location"])
        assert waiting.status_code == 200
        assert "Nous attendons la réponse" in waiting.content.decode()
        assert Order.objects.count() == 0

    def test_a_payment_that_stripe_knows_nothing_of_is_no_error_page(self) -> None:
        cart = make_held_cart(*make_shelf())
        Checkout.objects.filter(pk=start(cart).pk).update(
            intent_id="pi_of_another_account", confirming_since=None, deadline=timezone.now()
        )
        answer = press_pay(browser_with(cart))
        assert answer.status_code == 503
        assert "Rien n’a été débité" in answer.json()["message"]

    def test_a_double_click_is_sent_to_the_same_return_page(self) -> None:
        cart = make_held_cart(*make_shelf())
        under_way = start(cart)
        answer = press_pay(browser_with(cart))
        assert answer.json() == {"location": f"/paiement/{under_way.pk}/retour/"}


class TestReturn:
    def test_only_the_browser_that_paid_may_come_back(self, stranger: User) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        url = f"/paiement/{checkout.pk}/retour/"
        assert Client().get(url).status_code == 404
        client = logged_in(stranger)
        assert client.get(url).status_code == 404
        assert client.get(f"/paiement/{uuid4()}/retour/").status_code == 404
        assert Order.objects.count() == 0

    def test_the_link_logs_in_once_only(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        location = press_pay(client).json()["location"]
        client.get(location)
        client.post("/deconnexion/")
        assert client.get(location).status_code == 404

    def test_an_account_that_existed_is_not_logged_into(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        location = press_pay(client).json()["location"]
        make_user(email="zoe@exemple.ca")
        client.get(location)
        assert Order.objects.count() == 1
        assert "_auth_user_id" not in client.session

    def test_htmx_is_sent_on_as_a_whole_page(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        location = press_pay(client).json()["location"]
        answer = client.get(location, headers={"HX-Request": "true"})
        assert answer.headers["HX-Redirect"] == "/tableau-de-bord/"

    def test_when_stripe_is_away_it_waits(self, settings: object) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        location = press_pay(client).json()["location"]
        settings.STRIPE_API_BASE = "http://127.0.0.1:9"  # type: ignore[attr-defined]
        page = client.get(location)
        assert page.status_code == 200
        assert "Nous attendons la réponse" in page.content.decode()


def signed(body: bytes, *, secret: str | None = None, at: float | None = None) -> dict[str, str]:
    stamp = int(at or time.time())
    key = (secret or settings.STRIPE_WEBHOOK_SECRETS[0]).encode()
    digest = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={digest}"}


def succeeded(intent_id: str, *, event_id: str = "evt_1") -> bytes:
    return json.dumps(
        {
            "id": event_id,
            "object": "event",
            "type": "payment_intent.succeeded",
            "livemode": False,
            "api_version": "2026-10-28.endive",
            "data": {"object": {"id": intent_id, "object": "payment_intent"}},
        }
    ).encode()


class TestWebhook:
    def post(self, body: bytes, headers: dict[str, str]) -> Any:
        client = Client(enforce_csrf_checks=True)
        return client.post("/stripe/webhook/", body, content_type="application/json", headers=headers)

    def test_an_event_is_stored_then_answered(self) -> None:
        body = succeeded("pi_123")
        assert self.post(body, signed(body)).status_code == 200
        event = StripeEvent.objects.get()
        assert (event.pk, event.intent_id, event.handled_at) == ("evt_1", "pi_123", None)

    def test_the_same_event_is_stored_once(self) -> None:
        body = succeeded("pi_123")
        assert [self.post(body, signed(body)).status_code for _time in range(3)] == [200, 200, 200]
        assert StripeEvent.objects.count() == 1

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Stripe-Signature": "nonsense"},
            signed(b"another body", secret="whsec_x"),
            {"Stripe-Signature": f"t={int(time.time())},v1=00"},
        ],
    )
    def test_what_stripe_did_not_sign_is_refused(self, headers: dict[str, str]) -> None:
        assert self.post(succeeded("pi_123"), headers).status_code == 400
        assert not StripeEvent.objects.exists()

    @pytest.mark.parametrize("seconds", [-400, 400])
    def test_an_old_or_future_signature_is_refused(self, seconds: int) -> None:
        body = succeeded("pi_123")
        assert self.post(body, signed(body, at=time.time() + seconds)).status_code == 400

    def test_get_is_refused(self) -> None:
        assert Client().get("/stripe/webhook/").status_code == 405


class TestCancelling:
    def test_a_payment_that_came_to_nothing_is_given_up_and_the_cart_may_change(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        press_pay(client, card=DECLINED)
        assert "Annuler le paiement" in client.get("/panier/").content.decode()
        client.post("/paiement/annuler/")
        assert Checkout.objects.get().status == Checkout.Status.CANCELLED
        assert TimeClaim.objects.get().state == TimeClaim.State.HOLD

    def test_one_that_was_paid_meanwhile_arrives_instead(self) -> None:
        client = browser_with(make_held_cart(*make_shelf()))
        press_pay(client)
        assert client.post("/paiement/annuler/").headers["Location"].endswith("/retour/")
        assert Order.objects.count() == 1

    def test_one_that_the_bank_is_answering_is_left_alone(self) -> None:
        cart = make_held_cart(*make_shelf())
        start(cart)
        browser_with(cart).post("/paiement/annuler/")
        assert Checkout.objects.get().status == Checkout.Status.PAYING

    def test_nothing_to_cancel_is_harmless(self) -> None:
        assert Client().post("/paiement/annuler/").headers["Location"] == "/panier/"

    def test_it_is_never_done_by_a_link(self) -> None:
        assert Client().get("/paiement/annuler/").status_code == 405
