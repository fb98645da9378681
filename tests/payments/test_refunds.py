"""Refunds: to the card first, never more than was paid, once however often they are asked for, and followed
to their end, those made in Stripe's dashboard too.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from notifications.composing import Mail
from notifications.models import OutboxMessage
from payments.errors import NothingToRefund, RefundTooMuch
from payments.gateway import GatewayUnavailable, RefundStatus, gateway
from payments.models import CreditEntry, Order, OrderLine, Refund, Review
from payments.services.credits import balance, credit_line
from payments.services.refunds import promise_refund, send_refund, take_in_refunds
from tests.notifications.support import written
from tests.payments.orders import Sold, make_paid_order
from tests.payments.sandbox_process import StripeSandbox

pytestmark = pytest.mark.django_db
ORDER, PAID, PARTLY, REFUNDED = "order.refunded", "paid", "partially_refunded", "refunded"


def promise(order: Order, *amounts: str, **more: Any) -> Refund:
    lines = order.lines.all()
    return promise_refund(
        order=order,
        amounts={line.pk: Decimal(amount) for line, amount in zip(lines, amounts, strict=True)},
        reason="Le cours ne convenait pas.",
        source=Refund.Source.ADMIN,
        now=timezone.now(),
        **more,
    )


def send(refund: Refund, *, later: timedelta = timedelta(0)) -> Refund:
    return send_refund(refund_id=refund.pk, now=timezone.now() + later)


def take_in(order: Order) -> None:
    assert take_in_refunds(intent_id=order.intent_id, now=timezone.now())


def refund_in_dashboard(sandbox: StripeSandbox, order: Order, cents: int) -> str:
    answer = sandbox.http.post(
        "/v1/refunds",
        headers=sandbox.as_merchant,
        data={"payment_intent": order.intent_id, "amount": str(cents)},
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def lose_the_answer(sandbox: StripeSandbox, refund: Refund) -> None:
    """Stripe refunds, and nobody hears of it: once, and at each of the client's own tries."""
    sandbox.control("fail", path="/v1/refunds", method="POST", n=3, lost=True, after=True)
    with pytest.raises(GatewayUnavailable):
        send(refund)


def on_stripe(order: Order) -> list[tuple[int, str]]:
    return [(each.amount, each.status) for each in gateway().list_refunds(intent_id=order.intent_id)]


def status_of(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def left(order: Order) -> list[str]:
    return [str(line.left_cad) for line in order.lines.all()]


def shares(refund: Refund) -> list[tuple[str, str]]:
    return [(str(share.card_cad), str(share.credits_cad)) for share in refund.shares.order_by("line__start")]


def events() -> list[dict[str, Any]]:
    told = OutboxMessage.objects.filter(type=ORDER).order_by("created_at")
    return [message.payload for message in told]


def mails() -> list[Mail]:
    return written(*OutboxMessage.objects.filter(type="order.refund").order_by("created_at"))


def open_reviews() -> list[str]:
    return [review.kind for review in Review.objects.open()]


class TestPromised:
    def test_a_full_refund_goes_to_the_card_and_is_told(
        self, stripe_sandbox: StripeSandbox, student: User, admin: User
    ) -> None:
        order = make_paid_order([Sold(), Sold("67.50")], student=student)
        refund = send(promise(order, "45.00", "67.50", by=admin))

        assert (refund.status, refund.amount_cad, refund.credits_cad) == (
            Refund.Status.SUCCEEDED,
            Decimal("112.50"),
            Decimal("0.00"),
        )
        assert on_stripe(order) == [(11250, RefundStatus.SUCCEEDED)]
        assert status_of(order) == REFUNDED
        assert left(order) == ["0.00", "0.00"]
        [event] = events()
        assert event.pop("timestamp")
        assert event == {
            "order_id": str(order.pk),
            "user_id": str(student.pk),
            "refund_amount": 112.5,
            "refund_reason": "Le cours ne convenait pas.",
            "stripe_refund_id": refund.stripe_refund_id,
            "processed_by": str(admin.pk),
            "affected_appointments": [str(line.appointment_id) for line in order.lines.all()],
        }
        [mail] = mails()
        assert mail.subject == f"Remboursement de votre commande {order.number}"
        for text in (mail.text, mail.html):
            assert "45,00\xa0$" in text
            assert "67,50\xa0$" in text
            assert "112,50\xa0$ sur la carte" in text
            assert "5 à 10 jours" in text
            assert "crédits" not in text

    def test_part_then_part_then_the_rest(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order([Sold(), Sold()])
        send(promise(order, "10.00", "0.00"))
        assert (status_of(order), left(order)) == (PARTLY, ["35.00", "45.00"])
        send(promise(order, "0.01", "45.00"))
        assert (status_of(order), left(order)) == (PARTLY, ["34.99", "0.00"])
        send(promise(order, "34.99", "0.00"))
        assert (status_of(order), left(order)) == (REFUNDED, ["0.00", "0.00"])
        assert on_stripe(order) == [(1000, "succeeded"), (4501, "succeeded"), (3499, "succeeded")]
        with pytest.raises(NothingToRefund):
            promise(order, "0.00", "0.00")

    def test_the_card_first_then_what_credits_and_a_coupon_left(
        self, stripe_sandbox: StripeSandbox, student: User
    ) -> None:
        # 45 − 4.50 = 40.50, of which 20.25 by credits; 90 − 9 = 81, of which 40.50.
        order = make_paid_order(
            [Sold("45.00", "4.50", "20.25"), Sold("90.00", "9.00", "40.50")], student=student
        )
        assert order.total_cad == Decimal("60.75")
        first = send(promise(order, "30.00", "40.00"))
        assert shares(first) == [("20.25", "9.75"), ("40.00", "0.00")]
        assert balance(user=student) == Decimal("9.75")
        second = send(promise(order, "10.50", "41.00"))
        assert shares(second) == [("0.00", "10.50"), ("0.50", "40.50")]
        assert balance(user=student) == Decimal("60.75")
        assert on_stripe(order) == [(6025, "succeeded"), (50, "succeeded")]
        assert status_of(order) == REFUNDED
        assert [event["refund_amount"] for event in events()] == [70, 51.5]
        assert "60,25\xa0$ sur la carte" in mails()[0].text
        assert "9,75\xa0$ en crédits" in mails()[0].text

    def test_what_only_credits_paid_needs_no_stripe(
        self, stripe_sandbox: StripeSandbox, student: User
    ) -> None:
        order = make_paid_order([Sold("45.00", "0.00", "45.00")], student=student)
        refund = promise(order, "45.00")
        assert (refund.status, balance(user=student)) == (Refund.Status.SUCCEEDED, Decimal("45.00"))
        assert send(refund).status == Refund.Status.SUCCEEDED
        [event] = events()
        assert (event["refund_amount"], event["stripe_refund_id"], event["processed_by"]) == (45, None, None)
        [mail] = mails()
        assert "sur la carte" not in mail.text
        assert "45,00\xa0$ en crédits\xa0: ils sont dès maintenant" in mail.text

    def test_all_as_credits_where_the_card_is_of_no_use(
        self, stripe_sandbox: StripeSandbox, student: User
    ) -> None:
        order = make_paid_order(student=student)
        refund = promise(order, "45.00", as_credits=True)
        assert shares(refund) == [("0.00", "45.00")]
        assert balance(user=student) == Decimal("45.00")
        assert on_stripe(order) == []

    @pytest.mark.parametrize("amount", ["45.01", "-0.01", "1000.00"])
    def test_more_than_is_left_is_refused_and_nothing_written(
        self, stripe_sandbox: StripeSandbox, amount: str
    ) -> None:
        order = make_paid_order([Sold(), Sold()])
        with pytest.raises(RefundTooMuch):
            promise(order, "45.00", amount)
        assert not Refund.objects.exists()
        assert left(order) == ["45.00", "45.00"]

    def test_a_lesson_that_became_a_credit_has_nothing_left(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        credit_line(line=order.lines.get(), cause=CreditEntry.Cause.CANCELLATION, now=timezone.now())
        with pytest.raises(RefundTooMuch, match="0,00"):
            promise(order, "0.01")

    def test_the_same_token_is_one_refund(self, stripe_sandbox: StripeSandbox) -> None:
        order, token = make_paid_order(), uuid.uuid4()
        first = promise(order, "20.00", token=token)
        assert promise(order, "20.00", token=token) == first
        assert left(order) == ["25.00"]

    def test_sending_again_is_one_refund(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        refund = promise(order, "20.00")
        for _time in range(3):
            send(refund)
        assert on_stripe(order) == [(2000, "succeeded")]
        assert (len(events()), len(mails())) == (1, 1)


class TestLost:
    def test_a_call_that_never_arrives_waits_and_is_made_again(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        refund = promise(order, "45.00")
        stripe_sandbox.control("fail", path="/v1/refunds", n=9, status=503)
        with pytest.raises(GatewayUnavailable):
            send(refund)
        refund.refresh_from_db()
        assert (refund.status, left(order), status_of(order)) == ("pending", ["0.00"], PAID)
        assert not events()
        stripe_sandbox.control("reset")
        assert send(refund).status == Refund.Status.SUCCEEDED
        assert on_stripe(order) == [(4500, "succeeded")]

    def test_an_answer_that_is_lost_is_found_again_by_its_key(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order([Sold(), Sold()])
        refund = promise(order, "45.00", "0.00")
        lose_the_answer(stripe_sandbox, refund)
        assert send(refund).status == Refund.Status.SUCCEEDED
        assert on_stripe(order) == [(4500, "succeeded")]
        assert (len(events()), len(mails())) == (1, 1)

    def test_after_a_day_stripe_has_forgotten_the_key_and_is_asked_for_our_id(
        self, stripe_sandbox: StripeSandbox
    ) -> None:
        order = make_paid_order([Sold(), Sold()])
        refund = promise(order, "45.00", "0.00")
        lose_the_answer(stripe_sandbox, refund)
        stripe_sandbox.control("fail", path="/v1/refunds", method="POST", n=1, status=500)
        assert send(refund, later=timedelta(hours=25)).status == Refund.Status.SUCCEEDED
        assert stripe_sandbox.control("failing")["left"] == 1, "it was asked to refund again"
        assert on_stripe(order) == [(4500, "succeeded")]

    def test_after_a_day_one_that_never_arrived_is_made(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        assert send(promise(order, "45.00"), later=timedelta(hours=25)).status == Refund.Status.SUCCEEDED
        assert on_stripe(order) == [(4500, "succeeded")]

    def test_a_webhook_that_is_faster_than_our_own_row(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        refund = promise(order, "45.00")
        lose_the_answer(stripe_sandbox, refund)
        take_in(order)
        refund.refresh_from_db()
        assert (refund.status, Refund.objects.count()) == (Refund.Status.SUCCEEDED, 1)
        assert send(refund).status == Refund.Status.SUCCEEDED
        assert len(events()) == 1


class TestFollowed:
    def test_pending_then_succeeded(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        stripe_sandbox.control("refund", status="pending")
        refund = send(promise(order, "45.00"))
        assert (refund.status, status_of(order), events()) == (Refund.Status.PENDING, PAID, [])
        stripe_sandbox.control("refund", status="succeeded", refund=refund.stripe_refund_id)
        take_in(order)
        refund.refresh_from_db()
        assert (refund.status, status_of(order)) == (Refund.Status.SUCCEEDED, REFUNDED)
        take_in(order)
        assert (len(events()), len(mails())) == (1, 1)

    def test_pending_then_succeeded_is_found_by_asking_again(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        stripe_sandbox.control("refund", status="pending")
        refund = send(promise(order, "45.00"))
        stripe_sandbox.control("refund", status="succeeded", refund=refund.stripe_refund_id)
        assert send(refund).status == Refund.Status.SUCCEEDED

    @pytest.mark.parametrize("first", ["pending", "succeeded"])
    def test_a_later_failure_gives_the_card_part_back_and_asks_for_a_person(
        self, stripe_sandbox: StripeSandbox, student: User, first: str
    ) -> None:
        order = make_paid_order([Sold("45.00", "0.00", "20.00")], student=student)
        stripe_sandbox.control("refund", status=first)
        refund = send(promise(order, "45.00"))
        stripe_sandbox.control("refund", status="failed", refund=refund.stripe_refund_id)
        take_in(order)
        refund.refresh_from_db()
        assert (refund.status, refund.failure) == (
            Refund.Status.FAILED,
            "la carte a été déclarée perdue ou volée.",
        )
        # The 20 $ of credits stay with the student, the 25 $ may go another way.
        assert (left(order), balance(user=student)) == (["25.00"], Decimal("20.00"))
        assert status_of(order) == PARTLY
        review = Review.objects.open().get()
        assert (review.kind, review.order, review.refund) == (Review.Kind.REFUND_FAILED, order, refund)
        assert "25,00\xa0$" in review.detail
        assert sum(event["refund_amount"] for event in events()) == (45 if first == "succeeded" else 20)
        take_in(order)
        assert Review.objects.count() == 1

        promise(order, "25.00", as_credits=True)
        assert (left(order), balance(user=student), status_of(order)) == (
            ["0.00"],
            Decimal("45.00"),
            REFUNDED,
        )
        assert open_reviews() == []

    def test_a_refusal_is_a_failure_that_a_person_sees(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        refund = promise(order, "45.00")
        refund_in_dashboard(stripe_sandbox, order, 4000)
        refund = send(refund)
        assert refund.status == Refund.Status.FAILED
        assert "greater than unrefunded amount" in refund.failure
        # What was refunded in the dashboard is known from now on.
        assert left(order) == ["5.00"]
        assert status_of(order) == PARTLY
        assert open_reviews() == [Review.Kind.REFUND_FAILED]

    def test_one_taken_for_refused_that_is_there_after_all_counts_again(
        self, stripe_sandbox: StripeSandbox
    ) -> None:
        order = make_paid_order()
        refund = promise(order, "45.00")
        lose_the_answer(stripe_sandbox, refund)
        OrderLine.objects.update(returned_cad=0)
        Refund.objects.update(status=Refund.Status.FAILED, last_error="refused")
        Review.objects.create(
            kind=Review.Kind.REFUND_FAILED,
            subject=str(refund.pk),
            order=order,
            refund=refund,
            opened_at=timezone.now(),
        )
        take_in(order)
        refund.refresh_from_db()
        assert (refund.status, refund.excess_cad, shares(refund)) == (
            Refund.Status.SUCCEEDED,
            0,
            [("45.00", "0.00")],
        )
        assert (left(order), status_of(order), open_reviews()) == (["0.00"], REFUNDED, [])

    def test_what_stripe_refuses_us_altogether_says_nothing_of_a_refund(
        self, stripe_sandbox: StripeSandbox
    ) -> None:
        order = make_paid_order()
        refund = promise(order, "45.00")
        stripe_sandbox.control("fail", path="/v1/refunds", n=2, status=401)
        with pytest.raises(GatewayUnavailable):
            send(refund)
        refund.refresh_from_db()
        assert refund.status == Refund.Status.PENDING

    def test_an_intent_of_nobodys_is_left_alone(self, stripe_sandbox: StripeSandbox) -> None:
        assert take_in_refunds(intent_id="pi_of_nobody", now=timezone.now()) is None
        assert take_in_refunds(intent_id="", now=timezone.now()) is None


class TestFromTheDashboard:
    def test_it_is_taken_in_once_and_spread_over_what_is_left(
        self, stripe_sandbox: StripeSandbox, student: User
    ) -> None:
        order = make_paid_order([Sold("45.00"), Sold("90.00")], student=student)
        stripe_id = refund_in_dashboard(stripe_sandbox, order, 1000)
        for _time in range(3):
            take_in(order)
        refund = order.refunds.get()
        assert (refund.source, refund.status, refund.stripe_refund_id, refund.processed_by) == (
            Refund.Source.STRIPE,
            Refund.Status.SUCCEEDED,
            stripe_id,
            None,
        )
        assert shares(refund) == [("3.33", "0.00"), ("6.67", "0.00")]
        assert (left(order), status_of(order)) == (["41.67", "83.33"], PARTLY)
        [event] = events()
        assert (event["refund_amount"], event["stripe_refund_id"], event["processed_by"]) == (
            10,
            stripe_id,
            None,
        )
        [mail] = mails()
        assert "6,67\xa0$" in mail.text
        assert "Motif" not in mail.text

    def test_several_with_our_own_among_them(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order([Sold(), Sold()])
        send(promise(order, "45.00", "0.00"))
        refund_in_dashboard(stripe_sandbox, order, 500)
        refund_in_dashboard(stripe_sandbox, order, 4000)
        take_in(order)
        assert sorted((str(r.amount_cad), r.source) for r in order.refunds.all()) == [
            ("40.00", "stripe"),
            ("45.00", "admin"),
            ("5.00", "stripe"),
        ]
        assert (left(order), status_of(order), open_reviews()) == (["0.00", "0.00"], REFUNDED, [])

    def test_only_the_card_part_of_a_line_is_used_up(
        self, stripe_sandbox: StripeSandbox, student: User
    ) -> None:
        order = make_paid_order([Sold("45.00", "5.00", "30.00"), Sold("45.00")], student=student)
        refund_in_dashboard(stripe_sandbox, order, 5500)
        take_in(order)
        assert shares(order.refunds.get()) == [("10.00", "0.00"), ("45.00", "0.00")]
        assert left(order) == ["30.00", "0.00"]
        assert shares(promise(order, "30.00", "0.00")) == [("0.00", "30.00")]

    def test_more_than_our_rows_had_left_asks_for_a_person(
        self, stripe_sandbox: StripeSandbox, student: User
    ) -> None:
        order = make_paid_order([Sold(), Sold()], student=student)
        credit_line(line=order.lines.all()[0], cause=CreditEntry.Cause.CANCELLATION, now=timezone.now())
        refund_in_dashboard(stripe_sandbox, order, 6000)
        take_in(order)
        refund = order.refunds.get()
        assert (shares(refund), refund.excess_cad) == ([("45.00", "0.00")], Decimal("15.00"))
        assert (left(order), status_of(order)) == (["0.00", "0.00"], PARTLY)
        review = Review.objects.open().get()
        assert (review.kind, review.refund) == (Review.Kind.OVER_REFUNDED, refund)
        assert "15,00\xa0$" in review.detail
        take_in(order)
        assert Review.objects.count() == 1

    def test_what_was_too_much_finds_its_place_when_another_refund_fails(
        self, stripe_sandbox: StripeSandbox
    ) -> None:
        order = make_paid_order()
        mine = promise(order, "45.00")
        refund_in_dashboard(stripe_sandbox, order, 4500)
        take_in(order)
        assert open_reviews() == [Review.Kind.OVER_REFUNDED]
        assert send(mine).status == Refund.Status.FAILED
        theirs = order.refunds.get(source=Refund.Source.STRIPE)
        assert (shares(theirs), theirs.excess_cad) == ([("45.00", "0.00")], Decimal("0.00"))
        assert (left(order), status_of(order)) == (["0.00"], REFUNDED)
        assert open_reviews() == [Review.Kind.REFUND_FAILED]

    def test_one_that_failed_leaves_what_is_left_as_it_was(self, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        stripe_id = refund_in_dashboard(stripe_sandbox, order, 4500)
        stripe_sandbox.control("refund", status="failed", refund=stripe_id)
        take_in(order)
        assert order.refunds.get().status == Refund.Status.FAILED
        assert (left(order), status_of(order), events()) == (["45.00"], PAID, [])
        assert open_reviews() == [Review.Kind.REFUND_FAILED]
