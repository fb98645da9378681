"""Refunds are followed to their end, those made in Stripe's dashboard too."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from payments.gateway import GatewayUnavailable
from payments.models import CreditEntry, OrderLine, Refund, Review
from payments.services.credits import balance, credit_line
from payments.services.refunds import take_in_refunds
from tests.payments.orders import Sold, make_paid_order
from tests.payments.refunding import (
    PAID,
    PARTLY,
    REFUNDED,
    events,
    left,
    lose_the_answer,
    mails,
    open_reviews,
    promise,
    refund_in_dashboard,
    send,
    shares,
    status_of,
    take_in,
)
from tests.payments.sandbox_process import StripeSandbox

pytestmark = pytest.mark.django_db


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
