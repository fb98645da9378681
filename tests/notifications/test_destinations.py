"""Where events go, in the admin: tested by hand, and gone on with after a 410."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings
from standardwebhooks import Webhook

from accounts.models import Role
from notifications.destinations import destinations, ping
from notifications.models import FailingDestination, OutboxMessage, StoppedDestination
from tests.factories import logged_in, make_user
from tests.notifications.support import NOW, Receiver, make_event
from tests.notifications.test_admin_views import address

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOWHERE = "http://127.0.0.1:9/secret"

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(make: Receiver, settings: Settings) -> Receiver:
    """Bookings and refunds go to one that listens, tickets nowhere, the rest is not configured."""
    unset = dict.fromkeys(settings.MAKE_WEBHOOK_URLS, "")
    settings.MAKE_WEBHOOK_URLS = unset | {"BOOKING": make.url, "REFUND": make.url, "TICKET": NOWHERE}
    settings.MAKE_WEBHOOK_SECRET = SECRET
    return make


def page(client: Client, **form: str) -> str:
    url = address("destinations")
    response = client.post(url, form, follow=True) if form else client.get(url)
    return response.content.decode()


def test_each_address_is_shown_once_with_its_settings_and_without_its_secret(
    office: Client, two: Receiver
) -> None:
    shown = page(office)
    for said in (
        "MAKE_BOOKING_WEBHOOK_URL",
        "MAKE_REFUND_WEBHOOK_URL",
        "MAKE_TICKET_WEBHOOK_URL",
        "127.0.0.1:9",
    ):
        assert shown.count(f">{said}</") == 1, said
    assert "secret" not in shown
    assert "crochet" not in shown
    assert two.requests == []


def test_a_test_is_signed_like_an_event_and_leaves_no_row(office: Client, two: Receiver) -> None:
    two.will_answer(200, {}, b"<b>Accepted</b>")
    shown = page(office, tester="MAKE_BOOKING_WEBHOOK_URL")
    (request,) = two.requests
    body = Webhook(SECRET).verify(request.body, request.headers)
    assert list(body) == ["type", "event_id", "sent_at", "payload"]
    assert (body["type"], list(body["payload"])) == ("test.ping", ["site_url", "timestamp"])
    assert "Reçu" in shown
    assert "200," in shown
    assert "&lt;b&gt;Accepted&lt;/b&gt;" in shown
    assert not OutboxMessage.objects.exists()


def test_all_are_tested_and_each_says_what_it_answered(office: Client, two: Receiver) -> None:
    two.will_answer(422, {}, b"scenario off")
    shown = page(office, tester="tout")
    assert len(two.requests) == 1
    for said in ("Refusé", "422,", "scenario off", "Pas de réponse", "ConnectError"):
        assert said in shown, said


def test_a_test_that_is_told_410_stops_nothing(office: Client, two: Receiver) -> None:
    two.will_answer(410)
    assert "410," in page(office, tester="MAKE_BOOKING_WEBHOOK_URL")
    assert not StoppedDestination.objects.exists()


@pytest.mark.parametrize("name", ["", "MAKE_SIGNUP_WEBHOOK_URL", NOWHERE, "'\x00"])
def test_what_is_not_configured_is_not_called(office: Client, two: Receiver, name: str) -> None:
    assert "n’est plus configurée" in page(office, tester=name)
    assert two.requests == []


def test_a_stopped_one_is_resumed_with_what_waits_for_it(office: Client, two: Receiver) -> None:
    stopped = StoppedDestination.objects.create(url=two.url, stopped_at=NOW, answer="parti")
    event = make_event(two.url)
    assert "Arrêtée" in page(office)
    assert "Les envois reprennent\xa0: 1 attend." in page(office, reprendre=str(stopped.pk))
    assert not StoppedDestination.objects.exists()
    assert "Cette destination n’est plus arrêtée." in page(office, reprendre=str(stopped.pk))
    assert "Cette destination n’est plus arrêtée." in page(office, reprendre="x")
    assert OutboxMessage.objects.waiting().get() == event


def test_one_that_fails_and_one_that_is_configured_no_more_are_shown(office: Client, two: Receiver) -> None:
    FailingDestination.objects.create(destination=NOWHERE, kind="webhook", since=NOW)
    StoppedDestination.objects.create(url="https://ancien.exemple.com/secret", stopped_at=NOW)
    shown = page(office)
    for said in (
        "En panne",
        "En marche",
        "ancien.exemple.com",
        "n’est plus configurée",
        "lundi 7 décembre 2026",
    ):
        assert said in shown, said
    assert "secret" not in shown


def test_without_any_address_it_says_so(office: Client) -> None:
    assert "Aucune adresse n’est configurée" in page(office)
    assert "n’est plus configurée" in page(office, tester="tout")


@pytest.mark.parametrize("role", [Role.EDITOR, Role.STUDENT, Role.TUTOR])
def test_nobody_else_tests(two: Receiver, role: str) -> None:
    client = logged_in(make_user(role))
    for method in (client.get, client.post):
        assert method(address("destinations"), {"tester": "tout"}).status_code in {302, 403}
    assert two.requests == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_called_inside_a_transaction(two: Receiver) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        ping(destinations(), now=NOW)
    assert two.requests == []
