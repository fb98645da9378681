"""A payment that Stripe doesn't know, as when its keys were switched: shown, and freed by a person only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from booking.models import TimeClaim
from payments.errors import NoteMissing, ReviewClosed, StillOpen
from payments.gateway import Gateway, GatewayRefused, GatewayUnavailable, gateway
from payments.models import Checkout, Review
from payments.services import reconcile, resolutions, settle
from tests.factories import logged_in
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import ASKS_3D_SECURE, make_held_cart, make_shelf, start_and_pay

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
Kind = Review.Kind


@pytest.fixture
def unknown(stripe_sandbox: StripeSandbox) -> Review:
    """It waits for an answer to 3-D Secure when the keys become those of an account that never saw it."""
    checkout = start_and_pay(make_held_cart(*make_shelf()), card=ASKS_3D_SECURE)
    stripe_sandbox.control("clear")
    reconcile(now=checkout.deadline + HOUR)
    return Review.objects.get()


def refuse_with(monkeypatch: pytest.MonkeyPatch, message: str, *, code: str | None) -> None:
    def retrieve_intent(_self: object, *, intent_id: str) -> object:
        raise GatewayRefused(message, code=code, param="intent", request_id=None, intent=None)

    monkeypatch.setattr(Gateway, "retrieve_intent", retrieve_intent)


def free(review: Review, by: User) -> str:
    later = review.opened_at + HOUR
    return resolutions.free_unknown(review=review, note="Ancien compte : annulé", by=by, now=later)


def test_it_is_shown_an_hour_after_its_deadline_and_says_why(unknown: Review) -> None:
    checkout = Checkout.objects.get()
    assert (unknown.kind, unknown.checkout) == (Kind.UNKNOWN_PAYMENT, checkout)
    assert unknown.opened_at == checkout.deadline + HOUR
    assert unknown.detail.startswith(f"Stripe ne connaît pas ce paiement ({checkout.intent_id})")
    reconcile(now=unknown.opened_at + HOUR)
    assert Review.objects.get().opened_at == unknown.opened_at
    assert TimeClaim.objects.get().state == "paying"


def test_its_slots_are_freed_once_by_who_says_where_it_was_verified(unknown: Review, admin: User) -> None:
    with pytest.raises(NoteMissing):
        resolutions.free_unknown(review=unknown, note=" ", by=admin, now=timezone.now())
    assert free(unknown, admin) == "Les plages sont libérées."
    with pytest.raises(ReviewClosed):
        free(unknown, admin)
    unknown.refresh_from_db()
    assert (unknown.resolved_by, unknown.resolution) == (admin, "Ancien compte : annulé")
    assert Checkout.objects.get().status == Checkout.Status.CANCELLED
    assert not TimeClaim.objects.filter(state="paying").exists()


def test_one_that_stripe_knows_after_all_is_not_freed(unknown: Review, admin: User) -> None:
    checkout = Checkout.objects.get()
    known = gateway().create_intent(
        checkout_id=str(checkout.pk), amount=4500, currency="cad", idempotency_key="known"
    )
    Checkout.objects.update(intent_id=known.id)
    with pytest.raises(StillOpen, match="En paiement"):
        free(unknown, admin)
    unknown.refresh_from_db()
    assert (unknown.kind, unknown.resolved_at) == (Kind.STUCK_PAYMENT, None)
    assert TimeClaim.objects.get().state == "paying"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        pytest.param(
            "No such payment_intent: 'pi_1'; a similar object exists in live mode, but a test mode key "
            "was used to make this request.",
            "resource_missing",
            id="real-money-asked-for-with-test-keys",
        ),
        pytest.param("Invalid API Key provided", None, id="a-wrong-key"),
    ],
)
def test_nothing_is_freed_that_could_still_be_paid(
    unknown: Review, admin: User, monkeypatch: pytest.MonkeyPatch, message: str, code: str | None
) -> None:
    refuse_with(monkeypatch, message, code=code)
    with pytest.raises(GatewayRefused):
        free(unknown, admin)
    assert TimeClaim.objects.get().state == "paying"
    assert Review.objects.open().exists()


def test_nothing_is_freed_while_stripe_does_not_answer(
    unknown: Review, admin: User, stripe_away: Callable[[], None]
) -> None:
    stripe_away()
    with pytest.raises(GatewayUnavailable):
        free(unknown, admin)
    reconcile(now=unknown.opened_at + HOUR)
    assert Review.objects.open().get().kind == Kind.UNKNOWN_PAYMENT
    assert TimeClaim.objects.get().state == "paying"


def test_what_only_went_without_an_answer_becomes_unknown_when_stripe_says_so(
    stripe_sandbox: StripeSandbox, stripe_away: Callable[[], None], settings: Settings, admin: User
) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()), card=ASKS_3D_SECURE)
    stripe_away()
    reconcile(now=checkout.deadline + HOUR)
    review = Review.objects.get()
    assert review.kind == Kind.STUCK_PAYMENT
    settings.STRIPE_API_BASE = stripe_sandbox.base_url
    stripe_sandbox.control("clear")
    for do in (resolutions.ask_stripe, resolutions.cancel_at_stripe):
        Review.objects.update(kind=Kind.STUCK_PAYMENT)
        with pytest.raises(StillOpen, match="Stripe ne connaît pas ce paiement"):
            do(review=review, by=admin, now=timezone.now())
        assert Review.objects.get().kind == Kind.UNKNOWN_PAYMENT
    assert Review.objects.get().opened_at == checkout.deadline + HOUR


def test_one_found_paid_later_under_its_old_keys_is_booked(
    stripe_sandbox: StripeSandbox, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    with monkeypatch.context() as switched:
        refuse_with(switched, "No such payment_intent: 'pi_1'", code="resource_missing")
        reconcile(now=checkout.deadline + HOUR)
        free(Review.objects.get(), admin)
    assert Checkout.objects.get().status == Checkout.Status.CANCELLED
    settled = settle(intent_id=str(checkout.intent_id), now=timezone.now())
    assert settled
    assert settled.order.lines.get().appointment


def test_the_admin_finds_it_with_its_age_and_frees_it_there(unknown: Review, admin: User) -> None:
    office = logged_in(admin)
    Review.objects.update(opened_at=timezone.now() - 3 * HOUR)
    listed = office.get("/admin/snippets/payments/review/").content.decode()
    for said in ("Paiement inconnu de Stripe", "sans doute parce que les clés", "depuis 3\xa0h"):
        assert said in listed
    inspect = f"/admin/snippets/payments/review/inspect/{unknown.pk}/"
    url = f"/admin/snippets/payments/review/{unknown.pk}/liberer/"
    assert url in office.get(inspect).content.decode()
    assert "Vérifiez d’abord" in office.get(url).content.decode()
    assert office.post(url, {"note": ""}).status_code == 422
    assert "Les plages sont libérées." in office.post(url, {"note": "Vu"}, follow=True).content.decode()
    assert not TimeClaim.objects.filter(state="paying").exists()


def test_it_is_not_offered_for_what_stripe_knows(
    stripe_sandbox: StripeSandbox, stripe_away: Callable[[], None], admin: User
) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()), card=ASKS_3D_SECURE)
    stripe_away()
    reconcile(now=checkout.deadline + HOUR)
    url = f"/admin/snippets/payments/review/{Review.objects.get().pk}/liberer/"
    office: Client = logged_in(admin)
    assert [office.get(url).status_code, office.post(url, {"note": "x"}).status_code] == [404, 404]
