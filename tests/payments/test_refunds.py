"""Refunds: to the card first, never more than was paid, once however often they are asked for or lost."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from payments.errors import NothingToRefund, RefundTooMuch
from payments.gateway import GatewayUnavailable, RefundStatus
from payments.models import CreditEntry, Refund
from payments.services.credits import balance, credit_line
from tests.payments.orders import Sold, make_paid_order
from tests.payments.refunding import (
    PAID,
    PARTLY,
    REFUNDED,
    events,
    left,
    lose_the_answer,
    mails,
    on_stripe,
    promise,
    send,
    shares,
    status_of,
    take_in,
)
from tests.payments.sandbox_process import StripeSandbox

pytestmark = pytest.mark.django_db


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
