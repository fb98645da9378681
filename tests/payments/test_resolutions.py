"""What an admin does about a case: money moves once, whoever clicks how often, and it is known who did it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from wagtail.models import ModelLogEntry

from accounts.models import User
from booking.models import Appointment, TimeClaim
from notifications.models import OutboxMessage
from payments.errors import MoneyDiffers, NoteMissing, NotEnoughCredits, ReviewClosed, StillOpen
from payments.gateway import GatewayUnavailable, gateway, read_event
from payments.models import Checkout, Order, Refund, Review
from payments.services import reconcile, resolutions, settle, webhooks
from payments.services.credits import balance
from payments.services.disputes import take_in_dispute
from payments.services.refunds import promise_refund, send_refund
from tests.booking.racing import race
from tests.notifications.support import written
from tests.payments.orders import Sold, make_paid_order
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import (
    ASKS_3D_SECURE,
    give_credits,
    make_held_cart,
    make_shelf,
    paid_at_stripe,
    start_and_pay,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def mismatch(*, total: str = "46.00") -> Review:
    """45 $ were paid for a checkout that costs 46 $."""
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    Checkout.objects.filter(pk=checkout.pk).update(total_cad=Decimal(total))
    settle(intent_id=str(checkout.intent_id), now=timezone.now())
    return Review.objects.get()


def returned(intent_id: str | None) -> list[int]:
    """Cents, at Stripe."""
    return [refund.amount for refund in gateway().list_refunds(intent_id=str(intent_id))]


class TestMismatch:
    def test_all_of_it_is_refunded_once_and_the_slot_is_free(self, admin: User) -> None:
        review = mismatch()
        said = resolutions.refund_everything(review=review, by=admin, now=timezone.now())
        assert said == "45,00\xa0$ remboursés sur la carte."
        with pytest.raises(ReviewClosed, match="45,00"):
            resolutions.refund_everything(review=review, by=admin, now=timezone.now())

        checkout = Checkout.objects.get()
        assert returned(checkout.intent_id) == [4500]
        assert checkout.status == Checkout.Status.CLOSED
        assert not TimeClaim.objects.filter(state="paying").exists()
        (mail,) = written(OutboxMessage.objects.get(type="payment.returned"))
        assert (mail.to, "45,00\xa0$" in mail.text) == ("zoe@exemple.ca", True)
        review.refresh_from_db()
        assert (review.resolved_by, review.resolution) == (admin, said)
        entry = ModelLogEntry.objects.get()
        assert (entry.action, entry.user, entry.data) == (
            "payments.review.resolved", admin, {"resolution": said},
        )  # fmt: skip
        # The intent still says "succeeded"; it is never settled by that.
        settle(intent_id=str(checkout.intent_id), now=timezone.now())
        assert not Order.objects.exists()

    def test_an_answer_of_stripes_that_was_lost_is_found_again(
        self, admin: User, stripe_sandbox: StripeSandbox
    ) -> None:
        review = mismatch()
        stripe_sandbox.control("fail", path="/v1/refunds", method="POST", n=3, lost=True, after=True)
        with pytest.raises(GatewayUnavailable):
            resolutions.refund_everything(review=review, by=admin, now=timezone.now())
        assert Review.objects.open().exists()
        resolutions.refund_everything(review=review, by=admin, now=timezone.now())
        assert returned(Checkout.objects.get().intent_id) == [4500]

    def test_only_what_is_left_is_refunded(self, admin: User, stripe_sandbox: StripeSandbox) -> None:
        review = mismatch()
        intent_id = Checkout.objects.get().intent_id
        stripe_sandbox.control("dashboard_refund", intent=intent_id, amount=1000)
        resolutions.refund_everything(review=review, by=admin, now=timezone.now())
        assert returned(intent_id) == [1000, 3500]

    def test_another_amount_is_never_booked(self, admin: User) -> None:
        with pytest.raises(MoneyDiffers):
            resolutions.book_anyway(review=mismatch(), by=admin, now=timezone.now())
        assert not Order.objects.exists()
        assert Review.objects.open().exists()

    def test_money_that_went_back_is_never_booked(self, admin: User, stripe_sandbox: StripeSandbox) -> None:
        review = mismatch()
        Checkout.objects.update(total_cad=Decimal(45))
        stripe_sandbox.control("dashboard_refund", intent=Checkout.objects.get().intent_id, amount=100)
        with pytest.raises(MoneyDiffers):
            resolutions.book_anyway(review=review, by=admin, now=timezone.now())

    def test_credits_that_are_there_again_let_it_be_booked(self, admin: User, student: User) -> None:
        cart = make_held_cart(*make_shelf(), user=student)
        checkout = start_and_pay(cart, user=student, email=student.email)
        Checkout.objects.update(credits_cad=Decimal(20), subtotal_cad=Decimal(65))
        checkout.lines.update(price_cad=Decimal(65), credits_cad=Decimal(20))
        settle(intent_id=str(checkout.intent_id), now=timezone.now())
        review = Review.objects.get()
        with pytest.raises(NotEnoughCredits):
            resolutions.book_anyway(review=review, by=admin, now=timezone.now())

        give_credits(student, "20.00")
        resolutions.book_anyway(review=review, by=admin, now=timezone.now())
        with pytest.raises(ReviewClosed):
            resolutions.book_anyway(review=review, by=admin, now=timezone.now())

        order = Order.objects.get()
        review.refresh_from_db()
        assert (order.paid_cad, review.order, review.resolved_by) == (Decimal(65), order, admin)
        assert Appointment.objects.count() == 1
        assert balance(user=student) == 0

    def test_what_was_done_otherwise_is_said_and_frees_the_slot(self, admin: User) -> None:
        review = mismatch()
        with pytest.raises(NoteMissing):
            resolutions.settle_by_hand(review=review, note="  ", by=admin, now=timezone.now())
        resolutions.settle_by_hand(review=review, note="Remis en main propre", by=admin, now=timezone.now())
        review.refresh_from_db()
        assert (review.resolution, review.resolved_by) == ("Remis en main propre", admin)
        assert Checkout.objects.get().status == Checkout.Status.CLOSED
        assert not TimeClaim.objects.filter(state="paying").exists()

    def test_a_stray_payment_goes_back_and_its_checkout_is_left_alone(self, admin: User) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        stray = paid_at_stripe(names=str(checkout.pk), cents=3000)
        settle(intent_id=stray, now=timezone.now())
        review = Review.objects.get()
        with pytest.raises(MoneyDiffers):
            resolutions.book_anyway(review=review, by=admin, now=timezone.now())
        resolutions.refund_everything(review=review, by=admin, now=timezone.now())
        assert (returned(stray), returned(checkout.intent_id)) == ([3000], [])
        settle(intent_id=str(checkout.intent_id), now=timezone.now())
        assert Order.objects.get().checkout == checkout


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_admins_who_refund_and_book_at_once_do_one_of_the_two(admin: User) -> None:
    review = mismatch()
    Checkout.objects.update(total_cad=Decimal(45))
    does = [resolutions.refund_everything, resolutions.book_anyway]
    tries = [
        lambda do=do: do(review=review, by=admin, now=timezone.now()) for do in does for _admin in range(5)
    ]
    results = race(tries)
    checkout = Checkout.objects.get()
    went_back = returned(checkout.intent_id)
    assert sum(isinstance(result, str) for result in results) == 1, results
    assert not any(isinstance(result, OperationalError) for result in results), results
    assert sum(went_back) + sum(Order.objects.values_list("total_cad", flat=True)) * 100 == 4500, results
    assert not Review.objects.open().exists()
    connection.close()


class TestAPaymentWithoutAnAnswer:
    def stuck(self, *, card: str = ASKS_3D_SECURE) -> Review:
        checkout = start_and_pay(make_held_cart(*make_shelf()), card=card)
        return Review.objects.create(
            kind=Review.Kind.STUCK_PAYMENT,
            subject=str(checkout.pk),
            checkout=checkout,
            opened_at=timezone.now(),
        )

    def test_stripe_is_asked_and_says_that_it_waits_on(self, admin: User) -> None:
        with pytest.raises(StillOpen, match="En paiement"):
            resolutions.ask_stripe(review=self.stuck(), by=admin, now=timezone.now())
        assert Review.objects.open().exists()
        assert ModelLogEntry.objects.get().data == {"said": "En paiement"}

    def test_what_stripe_has_meanwhile_is_settled(self, admin: User) -> None:
        review = self.stuck(card="4242424242424242")
        assert resolutions.ask_stripe(review=review, by=admin, now=timezone.now()) == "Réglé"
        review.refresh_from_db()
        assert (review.resolved_by, Order.objects.count()) == (admin, 1)
        with pytest.raises(ReviewClosed):
            resolutions.cancel_at_stripe(review=review, by=admin, now=timezone.now())

    def test_it_is_cancelled_at_stripe_and_then_freed(self, admin: User) -> None:
        review = self.stuck()
        assert resolutions.cancel_at_stripe(review=review, by=admin, now=timezone.now()) == "Annulé"
        intent = gateway().retrieve_intent(intent_id=str(Checkout.objects.get().intent_id))
        assert intent.status == "canceled"
        assert not TimeClaim.objects.filter(state="paying").exists()


class TestAFailedRefund:
    def failed(self, sandbox: StripeSandbox) -> Review:
        """Of 45 $, 20 of them paid by credits, 25 by card: the card's part came back."""
        order = make_paid_order([Sold("45.00", credits="20.00")])
        line = order.lines.get()
        sandbox.control("refund", status="failed")
        refund = promise_refund(
            order=order,
            amounts={line.pk: Decimal(45)},
            reason="Malade",
            source=Refund.Source.ADMIN,
            now=timezone.now(),
        )
        send_refund(refund_id=refund.pk, now=timezone.now())
        sandbox.control("refund", status=None)
        return Review.objects.get()

    def test_it_is_tried_again_as_a_refund_of_its_own(
        self, admin: User, stripe_sandbox: StripeSandbox
    ) -> None:
        review = self.failed(stripe_sandbox)
        said = resolutions.refund_again(review=review, by=admin, now=timezone.now())
        assert said == "Nouveau remboursement de 25,00\xa0$\xa0: Effectué."
        with pytest.raises(ReviewClosed):
            resolutions.refund_again(review=review, by=admin, now=timezone.now())
        again = Refund.objects.get(status=Refund.Status.SUCCEEDED)
        assert (again.amount_cad, again.credits_cad, again.processed_by) == (Decimal(25), Decimal(0), admin)
        review.refresh_from_db()
        assert (review.resolved_by, review.resolution) == (admin, "Remboursé de nouveau.")
        assert again.order.lines.get().returned_cad == Decimal(45)

    def test_it_is_given_as_credits(self, admin: User, stripe_sandbox: StripeSandbox) -> None:
        review = self.failed(stripe_sandbox)
        assert review.order
        before = balance(user=review.order.user)
        said = resolutions.give_as_credit(review=review, by=admin, now=timezone.now())
        assert said == "25,00\xa0$ donnés en crédits."
        with pytest.raises(ReviewClosed):
            resolutions.give_as_credit(review=review, by=admin, now=timezone.now())
        assert balance(user=review.order.user) - before == Decimal(25)

    def test_when_stripe_is_away_the_promise_is_kept_later(
        self, admin: User, stripe_sandbox: StripeSandbox, stripe_away: Callable[[], None]
    ) -> None:
        review = self.failed(stripe_sandbox)
        stripe_away()
        with pytest.raises(GatewayUnavailable):
            resolutions.refund_again(review=review, by=admin, now=timezone.now())
        stripe_sandbox_is_back(stripe_sandbox)
        reconcile(now=timezone.now())
        assert Refund.objects.filter(status=Refund.Status.SUCCEEDED, amount_cad=Decimal(25)).count() == 1


def stripe_sandbox_is_back(sandbox: StripeSandbox) -> None:
    from django.conf import settings

    settings.STRIPE_API_BASE = sandbox.base_url


class TestADispute:
    def dispute(self, sandbox: StripeSandbox, **how: object) -> tuple[Order, str]:
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        settle(intent_id=str(checkout.intent_id), now=timezone.now())
        opened = sandbox.control("dispute", intent=checkout.intent_id, **how)["dispute"]
        return Order.objects.get(), opened

    def test_it_is_shown_with_amount_reason_date_and_order(self, stripe_sandbox: StripeSandbox) -> None:
        order, dispute_id = self.dispute(stripe_sandbox, reason="product_not_received", amount=2000)
        take_in_dispute(dispute_id=dispute_id, now=timezone.now())
        review = Review.objects.get()
        assert (review.kind, review.subject, review.order) == (Review.Kind.DISPUTE, dispute_id, order)
        assert review.detail.startswith("20,00\xa0$ contestés à la banque : cours non reçu. Réponse attendue")

    def test_one_that_is_won_closes_by_itself(self, stripe_sandbox: StripeSandbox) -> None:
        _order, dispute_id = self.dispute(stripe_sandbox)
        take_in_dispute(dispute_id=dispute_id, now=timezone.now())
        stripe_sandbox.control("dispute", dispute=dispute_id, status="won")
        for _time in range(2):
            take_in_dispute(dispute_id=dispute_id, now=timezone.now())
        assert Review.objects.get().resolution == "Contestation gagnée."

    def test_one_that_is_lost_waits_for_a_person_even_after_one_has_seen_it(
        self, admin: User, stripe_sandbox: StripeSandbox
    ) -> None:
        _order, dispute_id = self.dispute(stripe_sandbox)
        take_in_dispute(dispute_id=dispute_id, now=timezone.now())
        review = Review.objects.get()
        resolutions.settle_by_hand(review=review, note="Répondu", by=admin, now=timezone.now())
        stripe_sandbox.control("dispute", dispute=dispute_id, status="lost")
        for _time in range(2):
            take_in_dispute(dispute_id=dispute_id, now=timezone.now())
        lost = Review.objects.open().get()
        assert "Contestation perdue" in lost.detail
        resolutions.settle_by_hand(review=lost, note="Vu", by=admin, now=timezone.now())
        take_in_dispute(dispute_id=dispute_id, now=timezone.now())
        assert not Review.objects.open().exists()

    def test_somebody_elses_is_not_shown(self, stripe_sandbox: StripeSandbox) -> None:
        _order, dispute_id = self.dispute(stripe_sandbox)
        Checkout.objects.update(intent_id="pi_other")
        assert take_in_dispute(dispute_id=dispute_id, now=timezone.now()) is None
        assert not Review.objects.exists()


def test_an_event_that_failed_is_handled_again(
    admin: User, stripe_away: Callable[[], None], stripe_sandbox: StripeSandbox
) -> None:
    checkout = start_and_pay(make_held_cart(*make_shelf()))
    about = {"id": checkout.intent_id, "object": "payment_intent"}
    webhooks.receive(
        read_event(
            {"id": "evt_1", "type": "payment_intent.succeeded", "livemode": False, "data": {"object": about}}
        )
    )
    stripe_away()
    for hours in range(4):
        webhooks.handle(event_id="evt_1", now=timezone.now() + timedelta(hours=hours))
    review = Review.objects.get()
    with pytest.raises(StillOpen):
        resolutions.handle_again(review=review, by=admin, now=timezone.now())
    stripe_sandbox_is_back(stripe_sandbox)
    assert resolutions.handle_again(review=review, by=admin, now=timezone.now()) == "Traité."
    assert Order.objects.count() == 1
    assert not Review.objects.open().exists()
    assert ModelLogEntry.objects.filter(user=admin).count() == 2
