"""Any sequence of refunds, failures, lost answers, dashboards and credits keeps every cent, counted twice.

The oracle is a few integers that know nothing of our rows: what each line cost by card and by credits, what
the bank was made to do, and what students were credited.
"""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from payments.errors import PaymentError
from payments.gateway import GatewayRefused, GatewayUnavailable, gateway
from payments.models import CreditEntry, Order, OrderLine, Refund, Review
from payments.services.credits import balance, credit_line
from payments.services.refunds import promise_refund, send_refund, take_in_refunds
from tests.payments.orders import Sold, make_paid_order
from tests.payments.sandbox_process import StripeSandbox

# Prices by line: by card and by credits, in cents.
LINES = [(4500, 0), (2025, 2025), (0, 3000)]
SOLD = [Sold("45.00"), Sold("45.00", "4.50", "20.25"), Sold("45.00", "15.00", "30.00")]
PAID = 4500 + 2025 + 2025 + 3000

# Mostly what fits a line that is untouched, so that most promises are made.
amounts = st.tuples(
    st.sampled_from([0, 700, 4500, 4501]), st.sampled_from([0, 2026, 4050]), st.sampled_from([0, 1, 3000])
)
ours = st.tuples(
    st.just("ours"),
    amounts,
    st.booleans(),
    st.sampled_from(["answered", "lost", "away", "never sent"]),
    st.sampled_from(["succeeded", "pending", "failed"]),
)
dashboard = st.tuples(st.just("dashboard"), st.sampled_from([1, 700, 4500, 6525]))
bank = st.tuples(st.just("bank"), st.integers(0, 2), st.sampled_from(["succeeded", "failed"]))
credit = st.tuples(st.just("credit"), st.integers(0, 2))
look = st.tuples(st.just("look"))
send = st.tuples(st.just("send"))
steps = st.lists(st.one_of(ours, dashboard, bank, credit, look, send), max_size=8)


class Shop:
    def __init__(self, sandbox: StripeSandbox) -> None:
        sandbox.control("clear")
        self.sandbox = sandbox
        self.order = make_paid_order(SOLD)
        self.lines = list(self.order.lines.all())

    def take(self, step: tuple) -> None:
        getattr(self, f"do_{step[0]}")(*step[1:])

    def do_ours(self, cents: tuple[int, ...], as_credits: bool, call: str, status: str) -> None:
        wanted = {line.pk: Decimal(each) / 100 for line, each in zip(self.lines, cents, strict=True) if each}
        try:
            refund = promise_refund(
                order=self.order,
                amounts=wanted,
                reason="x",
                source=Refund.Source.ADMIN,
                now=timezone.now(),
                as_credits=as_credits,
            )
        except PaymentError:
            left = [line.left_cad * 100 for line in self.order.lines.all()]
            assert not any(cents) or any(each > rest for each, rest in zip(cents, left, strict=True))
            return
        if call == "never sent":
            return
        self.sandbox.control("refund", status=status if status != "failed" else "pending")
        if call != "answered":
            self.sandbox.control("fail", path="/v1/refunds", n=3, lost=True, after=call == "lost")
        with suppress(GatewayUnavailable):
            refund = send_refund(refund_id=refund.pk, now=timezone.now())
        self.sandbox.control("reset")
        if status == "failed" and refund.stripe_refund_id:
            self.sandbox.control("refund", refund=refund.stripe_refund_id, status="failed")

    def do_dashboard(self, cents: int) -> None:
        self.sandbox.http.post(
            "/v1/refunds",
            headers=self.sandbox.as_merchant,
            data={"payment_intent": self.order.intent_id, "amount": str(cents)},
        )

    def do_bank(self, which: int, status: str) -> None:
        refunds = gateway().list_refunds(intent_id=self.order.intent_id)
        if which < len(refunds):
            self.sandbox.http.post(
                "/_control/refund", json={"refund": refunds[which].id, "status": status}
            )  # refused for one that has failed for good

    def do_credit(self, n: int) -> None:
        credit_line(line=self.lines[n], cause=CreditEntry.Cause.CANCELLATION, now=timezone.now())

    def do_look(self) -> None:
        take_in_refunds(intent_id=self.order.intent_id, now=timezone.now())

    def do_send(self) -> None:
        for refund in self.order.refunds.filter(status=Refund.Status.PENDING):
            try:
                send_refund(refund_id=refund.pk, now=timezone.now())
            except GatewayRefused:
                raise AssertionError("a refusal is a failed refund, never an error") from None

    def check(self) -> None:
        """What must hold at every step, by our rows alone."""
        refunds = list(self.order.refunds.prefetch_related("shares"))
        for refund in refunds:
            assert (
                sum(share.card_cad for share in refund.shares.all()) + refund.excess_cad == refund.amount_cad
            )
            assert sum(share.credits_cad for share in refund.shares.all()) == refund.credits_cad
        for line in self.order.lines.all():
            shares = [
                (share, refund.status in Refund.RETURNED)
                for refund in refunds
                for share in refund.shares.all()
                if share.line_id == line.pk
            ]
            on_card = sum(share.card_cad for share, counts in shares if counts)
            as_credits = sum(share.credits_cad for share, _counts in shares)
            credited = sum(entry.amount_cad for entry in line.credit_entries.all())
            assert line.returned_cad == on_card + as_credits + credited
            assert 0 <= line.returned_cad <= line.paid_cad
            assert on_card <= line.card_cad
            if any(refund.excess_cad for refund in refunds if refund.status in Refund.RETURNED):
                assert line.returned_cad == line.paid_cad or on_card == line.card_cad, "it had a place"

    def check_when_all_is_told(self) -> None:
        """Once everything was sent and heard of: our rows say what the bank did and the ledger holds."""
        self.do_send()
        self.do_look()
        self.do_send()
        self.check()
        at_bank = gateway().list_refunds(intent_id=self.order.intent_id)
        gone = sum(each.amount for each in at_bank if each.status == "succeeded")
        on_the_way = sum(each.amount for each in at_bank if each.status == "pending")
        refunds = list(self.order.refunds.all())

        def by_card(status: str) -> int:
            return sum(int(each.amount_cad * 100) for each in refunds if each.status == status)

        assert by_card("succeeded") == gone
        assert by_card("pending") == on_the_way
        assert gone + on_the_way <= 6525
        given = int(balance(user=self.order.user) * 100)
        returned = sum(int(line.returned_cad * 100) for line in self.order.lines.all())
        excess = sum(int(r.excess_cad * 100) for r in refunds if r.status in Refund.RETURNED)
        assert gone + on_the_way + given == returned + excess
        assert returned <= PAID
        self.order.refresh_from_db()
        refunded = gone + sum(int(each.credits_cad * 100) for each in refunds)
        assert self.order.status == (
            Order.Status.PAID
            if not refunded
            else Order.Status.REFUNDED
            if refunded >= PAID
            else Order.Status.PARTIALLY_REFUNDED
        )
        over = Review.objects.open().filter(kind=Review.Kind.OVER_REFUNDED)
        assert over.exists() == (excess > 0)


UNSENT = ("ours", (4500, 2026, 0), False, "never sent", "succeeded")


@pytest.mark.django_db
@example(steps=[UNSENT, ("dashboard", 6525), ("look",), ("send",)])
@example(steps=[("dashboard", 6525), ("look",), ("bank", 0, "failed"), UNSENT, ("look",)])
@example(steps=[("credit", 0), ("credit", 1), ("dashboard", 700), ("look",), ("bank", 0, "failed")])
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_any_sequence_keeps_every_cent(stripe_sandbox: StripeSandbox, steps: list[tuple]) -> None:
    sid = transaction.savepoint()
    try:
        shop = Shop(stripe_sandbox)
        for step in steps:
            shop.take(step)
            shop.check()
        shop.check_when_all_is_told()
    finally:
        transaction.savepoint_rollback(sid)
    assert not OrderLine.objects.exists()
