"""The list "À traiter" and Stripe's events in the Wagtail admin: found, read, acted upon once confirmed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from payments.admin.reviews import age
from payments.models import Checkout, Order, Review, StripeEvent
from payments.services import settle
from payments.services.reviews import open_review
from tests.factories import logged_in, make_user
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import make_held_cart, make_shelf, start_and_pay

pytestmark = pytest.mark.django_db
LIST = "/admin/snippets/payments/review/"
EVENTS = "/admin/snippets/payments/stripeevent/"


@pytest.fixture
def client(admin: User) -> Client:
    return logged_in(admin)


def html(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def waiting(subject: str = "dp_1", *, hours: int = 3) -> Review:
    return open_review(
        kind=Review.Kind.DISPUTE,
        subject=subject,
        detail=f"Contesté : {subject}",
        now=timezone.now() - timedelta(hours=hours),
    )


def mismatch() -> Review:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    Checkout.objects.update(total_cad=Decimal("46.00"))
    settle(intent_id=str(checkout.intent_id), now=timezone.now())
    return Review.objects.get()


def test_the_list_shows_what_waits_and_since_when(client: Client) -> None:
    waiting()
    done = waiting("dp_2")
    Review.objects.filter(pk=done.pk).update(resolved_at=timezone.now())
    shown = html(client, LIST)
    for expected in ("Paiement contesté", "Contesté : dp_1", "depuis 3\xa0h"):
        assert expected in shown
    assert "dp_2" not in shown
    assert "dp_2" in html(client, f"{LIST}?state=resolved")
    assert "dp_1" not in html(client, f"{LIST}?state=resolved")
    assert "dp_1" in html(client, f"{LIST}?state=all&q=dp_1")
    assert "dp_1" not in html(client, f"{LIST}?kind=mismatch")


@pytest.mark.parametrize(
    ("waited", "said"),
    [
        (timedelta(seconds=59), "depuis 0\xa0min"),
        (timedelta(minutes=59), "depuis 59\xa0min"),
        (timedelta(hours=1), "depuis 1\xa0h"),
        (timedelta(hours=47), "depuis 47\xa0h"),
        (timedelta(days=2), "depuis 2\xa0j"),
    ],
)
def test_ages_are_told_in_the_unit_that_matters(waited: timedelta, said: str) -> None:
    now = timezone.now()
    assert age(now - waited, now) == said


def test_the_menu_and_the_home_say_how_many_wait(client: Client) -> None:
    assert "À traiter (" not in html(client, "/admin/")
    for number in range(6):
        waiting(f"dp_{number}", hours=number)
    home = html(client, "/admin/")
    assert "\\u00c0 traiter (6)" in home or "À traiter (6)" in home
    assert "Contesté : dp_5" in home
    assert "Contesté : dp_0" not in home
    assert "Voir les 6 dossiers à traiter" in home


def test_a_case_links_to_its_payment_and_offers_what_can_be_done(
    client: Client, stripe_sandbox: StripeSandbox
) -> None:
    review = mismatch()
    shown = html(client, f"{LIST}inspect/{review.pk}/")
    assert f"/admin/snippets/payments/checkout/inspect/{review.checkout_id}/" in shown
    assert f"https://dashboard.stripe.com/payments/{Checkout.objects.get().intent_id}" in shown
    for action in ("reserver", "rembourser", "classer"):
        assert f"{LIST}{review.pk}/{action}/" in shown
    assert f"{LIST}{review.pk}/crediter/" not in shown


def test_an_action_is_confirmed_done_once_and_remembered(
    client: Client, admin: User, stripe_sandbox: StripeSandbox
) -> None:
    review = mismatch()
    url = f"{LIST}{review.pk}/rembourser/"
    assert "Tout ce que la carte a payé y retourne" in html(client, url)
    assert Review.objects.open().exists()
    page = client.post(url, follow=True).content.decode()
    assert "45,00\xa0$ remboursés sur la carte." in page
    assert "Historique" in page
    assert str(admin) in page
    assert f"{LIST}{review.pk}/classer/" not in page
    for again in (client.post(url, follow=True), client.get(url, follow=True)):
        assert "déjà réglé" in again.content.decode()


def test_a_refusal_is_said_and_the_case_stays(client: Client, stripe_sandbox: StripeSandbox) -> None:
    review = mismatch()
    page = client.post(f"{LIST}{review.pk}/reserver/", follow=True).content.decode()
    assert "au cent près" in page
    assert Review.objects.open().exists()
    assert not Order.objects.exists()


def test_stripe_away_is_said_and_the_case_stays(client: Client, stripe_sandbox: StripeSandbox) -> None:
    review = mismatch()
    stripe_sandbox.control("fail", path="/v1/payment_intents", n=3, status=500)
    page = client.post(f"{LIST}{review.pk}/rembourser/", follow=True).content.decode()
    assert "Stripe ne répond pas" in page
    assert Review.objects.open().exists()


def test_a_note_that_is_missing_is_asked_for(client: Client) -> None:
    review = waiting()
    url = f"{LIST}{review.pk}/classer/"
    answer = client.post(url, {"note": " "})
    assert answer.status_code == 422
    assert "Dites en quelques mots" in answer.content.decode()
    assert [client.post(url, {"note": note}).status_code for note in ("x" * 501, "a\x00b")] == [422, 422]
    client.post(url, {"note": "Preuves envoyées"})
    review.refresh_from_db()
    assert review.resolution == "Preuves envoyées"


@pytest.mark.parametrize("action", ["rembourser", "inconnu"])
def test_what_is_not_offered_is_not_there(client: Client, action: str) -> None:
    url = f"{LIST}{waiting().pk}/{action}/"
    assert (client.get(url).status_code, client.post(url).status_code) == (404, 404)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.TUTOR, Role.STUDENT])
def test_only_admins_see_and_act(role: str) -> None:
    review = waiting()
    stranger = logged_in(make_user(role))
    for url in (LIST, f"{LIST}inspect/{review.pk}/", f"{LIST}{review.pk}/classer/", EVENTS):
        assert stranger.get(url).status_code in {302, 403}
    assert stranger.post(f"{LIST}{review.pk}/classer/", {"note": "x"}).status_code in {302, 403}
    review.refresh_from_db()
    assert review.resolved_at is None
    assert "Contesté" not in stranger.get("/admin/", follow=True).content.decode()


def an_event(number: int, **how: object) -> StripeEvent:
    return StripeEvent.objects.create(
        id=f"evt_{number}",
        type="payment_intent.succeeded",
        livemode=False,
        payload={"id": f"evt_{number}", "data": {"object": {"id": "pi_été"}}},
        **how,
    )


def test_events_are_listed_filtered_and_read(client: Client) -> None:
    an_event(1, last_error="Stripe ne répond pas", attempts=3)
    an_event(2, handled_at=timezone.now(), outcome=StripeEvent.Outcome.FOREIGN)
    shown = html(client, EVENTS)
    for expected in ("Stripe ne répond pas", "Pas à nous", "En attente"):
        assert expected in shown
    assert "inspect/evt_2/" not in html(client, f"{EVENTS}?outcome=waiting")
    assert "inspect/evt_1/" not in html(client, f"{EVENTS}?outcome=foreign")
    assert "pi_été" in html(client, f"{EVENTS}inspect/evt_1/")


def test_the_lists_ask_as_many_questions_for_many_as_for_one(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for url, add in ((LIST, lambda n: waiting(f"dp_{n}")), (EVENTS, an_event)):
        add(100)
        client.get(url)
        with django_assert_max_num_queries(40) as few:
            client.get(url)
        for number in range(4):
            add(number)
        with django_assert_max_num_queries(len(few)):
            client.get(url)
