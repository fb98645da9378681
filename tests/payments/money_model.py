"""What the tests of money keep by hand, and what must hold after every step, here and at the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis.stateful import RuleBasedStateMachine, invariant

from accounts.models import Role
from booking.models import TimeClaim
from payments.models import CouponRedemption, CreditEntry, Order, Refund, Review
from tests.factories import make_cart, make_user
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import make_coupon, make_shelf, next_lesson_time

ZERO = Decimal("0.00")
PRICES = {60: Decimal("45.00"), 90: Decimal("67.50"), 120: Decimal("90.00")}
REBATES = {60: Decimal("4.50"), 90: Decimal("6.75"), 120: Decimal("9.00")}  # ten per cent
REDEMPTIONS = 3
# Two hours apart, so that no lesson reaches the next place.
PLACES = [next_lesson_time(days=day, hour=hour) for day in (3, 4, 5) for hour in (9, 11, 13, 15)]
SUCCEEDED, DECLINES, ASKS, THINKS = "succeeded", "declined", "asks", "thinks"


@dataclass
class Line:
    """A lesson that is paid for: `paid` is its price less its share of the rebate."""

    place: int
    minutes: int
    paid: Decimal
    claimed: bool = True
    lesson: UUID | None = None
    as_credits: Decimal = ZERO
    on_card: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        return self.paid - self.as_credits - self.on_card


@dataclass
class Till:
    """The checkout under way."""

    id: UUID
    lines: list[Line]
    card: Decimal
    credits: Decimal
    coupon: bool
    prefers_credit: bool
    bank: str
    confirming: bool = False


@dataclass
class Sale:
    """An order: by hand, what went back to its card at Stripe, and as credits by refunds."""

    order: Order
    checkout: UUID
    lines: dict[UUID, Line]
    card: Decimal
    credits: Decimal
    on_card: dict[str, Decimal] = field(default_factory=dict)
    waiting: dict[str, Decimal] = field(default_factory=dict)
    as_credits: Decimal = ZERO

    @property
    def paid(self) -> Decimal:
        return self.card + self.credits

    @property
    def status(self) -> str:
        """By what has really gone back, whether for a lesson or not."""
        back = sum(self.on_card.values(), ZERO) + self.as_credits
        if not back:
            return "paid"
        return "refunded" if back >= self.paid else "partially_refunded"


def refunded(order: Order) -> Decimal:
    """What our rows ever promised to the card of an order, whatever came of it."""
    return sum(order.refunds.values_list("amount_cad", flat=True), ZERO)


class Books(RuleBasedStateMachine):
    """A student's cart, checkout, orders and credits, as they must be."""

    sandbox: StripeSandbox

    def __init__(self) -> None:
        super().__init__()
        self.sandbox.control("clear")
        self.outer = transaction.savepoint()
        self.course, self.tutor = make_shelf()
        self.student = make_user(Role.STUDENT, email="eleve@exemple.ca")
        self.admin = make_user(Role.ADMIN, email="direction@exemple.ca")
        self.cart = make_cart(self.student)
        make_coupon("DIX", value="10.00", max_redemptions=REDEMPTIONS)
        self.now = timezone.now()
        self.held: dict[UUID, tuple[int, int]] = {}
        self.others: set[int] = set()
        self.coupon = False
        self.used = 0
        self.till: Till | None = None
        self.sales: list[Sale] = []
        self.balance = ZERO
        self.charged = ZERO

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.outer)

    def taken(self, place: int) -> bool:
        mine = [at for at, _ in self.held.values()]
        paying = [line.place for line in self.till.lines if line.claimed] if self.till else []
        lessons = [line.place for sale in self.sales for line in sale.lines.values() if line.lesson]
        return place in [*mine, *paying, *lessons, *self.others]

    def a_line(self, pick: int, *, with_lesson: bool = True) -> tuple[Sale, UUID, Line] | None:
        found = [
            (sale, key, line)
            for sale in self.sales
            for key, line in sale.lines.items()
            if line.lesson or not with_lesson
        ]
        return found[pick % len(found)] if found else None

    def a_sale(self, pick: int) -> Sale | None:
        return self.sales[pick % len(self.sales)] if self.sales else None

    @contextmanager
    def refused(self, error: type[Exception] | tuple[type[Exception], ...]) -> Iterator[None]:
        with pytest.raises(error), transaction.atomic():
            yield

    def told(self) -> None:
        if self.till and self.till.bank == SUCCEEDED:
            self.sold()

    def sold(self) -> None:
        """The checkout must be an order by now: each line a lesson, or its money given back."""
        assert self.till
        till, self.till = self.till, None
        order = Order.objects.get(checkout=till.id)
        assert (order.total_cad, order.credits_cad) == (till.card, till.credits)
        assert order.intent_id or not till.card
        self.balance -= till.credits
        if till.coupon:
            self.used += 1
        self.coupon = False
        sale = Sale(order, till.id, {}, till.card, till.credits)
        by_start = {PLACES[line.place]: line for line in till.lines}
        on_card = ZERO
        for row in order.lines.all():
            line = by_start.pop(row.start)
            assert row.paid_cad == line.paid
            free = line.claimed or not self.taken(line.place)
            assert (row.appointment_id is not None) == free
            line.lesson = row.appointment_id
            sale.lines[row.pk] = line
            if not free:
                on_card += self.gives_back(sale, line, row.credits_cad, as_credit=till.prefers_credit)
        assert not by_start
        assert refunded(order) == on_card
        self.sales.append(sale)
        self.look_up_refunds()

    def gives_back(self, sale: Sale, line: Line, by_credits: Decimal, *, as_credit: bool) -> Decimal:
        """All that was paid: as a credit; or to the card what came from it, the rest as credits. Gives what
        the card is to get.
        """
        line.as_credits = line.paid if as_credit else by_credits
        self.balance += line.as_credits
        if not as_credit:
            sale.as_credits += by_credits
        return line.paid - line.as_credits

    def look_up_refunds(self) -> None:
        """What went back to cards, by Stripe's own list: our rows must then say the same.

        For which line a card got how much is read from the rows; the sums must fit, see the invariants.
        """
        page = self.sandbox.http.get(
            "/v1/refunds", params={"limit": "100"}, headers=self.sandbox.as_merchant
        ).json()["data"]
        for sale in self.sales:
            mine = [each for each in page if each["payment_intent"] == sale.order.intent_id]
            sale.on_card = {
                each["id"]: Decimal(each["amount"]) / 100 for each in mine if each["status"] == "succeeded"
            }
            sale.waiting = {
                each["id"]: Decimal(each["amount"]) / 100 for each in mine if each["status"] == "pending"
            }
            for key, line in sale.lines.items():
                live = Refund.objects.filter(status__in=Refund.RETURNED, shares__line=key)
                line.on_card = sum(live.values_list("shares__card_cad", flat=True), ZERO)

    # What must hold after every step

    @invariant()
    def stripe_charged_what_the_model_says(self) -> None:
        page = self.sandbox.http.get(
            "/v1/charges", params={"limit": "100"}, headers=self.sandbox.as_merchant
        ).json()["data"]
        assert sum(each["amount"] for each in page if each["paid"]) == int(self.charged * 100)

    @invariant()
    def money_is_conserved(self) -> None:
        """What was paid is lessons (or what is still owed to nobody), money back on cards, and credits."""
        unsettled = self.till.card if self.till and self.till.bank == SUCCEEDED else ZERO
        gifts = sum(
            CreditEntry.objects.filter(cause__in=["gift", "correction"]).values_list("amount_cad", flat=True),
            ZERO,
        )
        kept = back = too_much = ZERO
        for sale in self.sales:
            kept += sum((line.left for line in sale.lines.values()), ZERO)
            back += sum([*sale.on_card.values(), *sale.waiting.values()], ZERO)
            rows = Refund.objects.filter(order=sale.order, status__in=["pending", "succeeded"])
            too_much += sum(rows.values_list("excess_cad", flat=True), ZERO)
        assert self.charged - unsettled == kept + back - too_much + self.balance - gifts

    @invariant()
    def the_ledger_is_the_sum_of_its_lines(self) -> None:
        running = ZERO
        for number, entry in enumerate(CreditEntry.objects.order_by("number"), 1):
            running += entry.amount_cad
            assert (entry.number, entry.balance_cad) == (number, running)
            assert running >= 0
        assert running == self.balance

    @invariant()
    def orders_say_what_went_back(self) -> None:
        assert Order.objects.count() == len(self.sales)
        for sale in self.sales:
            sale.order.refresh_from_db()
            assert sale.order.status == sale.status
            returned = {key: line.as_credits + line.on_card for key, line in sale.lines.items()}
            assert dict(sale.order.lines.values_list("pk", "returned_cad")) == returned
            rows = {row.stripe_refund_id: row for row in sale.order.refunds.exclude(stripe_refund_id="")}
            live = {**sale.on_card, **sale.waiting}
            assert {key: row.amount_cad for key, row in rows.items() if row.status != "failed"} == live
            for row in sale.order.refunds.all():
                shares = row.shares.all()
                assert sum((share.card_cad for share in shares), ZERO) == row.amount_cad - row.excess_cad
                assert sum((share.credits_cad for share in shares), ZERO) == row.credits_cad
                failed = Review.objects.open().filter(refund=row, kind=Review.Kind.REFUND_FAILED).exists()
                assert not failed or row.status == "failed"
                over = Review.objects.open().filter(refund=row, kind=Review.Kind.OVER_REFUNDED).exists()
                assert over == (row.status != "failed" and row.excess_cad > 0)

    @invariant()
    def every_claim_has_its_reason(self) -> None:
        expected = {PLACES[place]: "hold" for place in self.others}
        expected |= {PLACES[place]: "hold" for place, _ in self.held.values()}
        if self.till:
            expected |= {PLACES[line.place]: "paying" for line in self.till.lines if line.claimed}
        for sale in self.sales:
            expected |= {PLACES[line.place]: "lesson" for line in sale.lines.values() if line.lesson}
        assert {claim.during.lower: claim.state for claim in TimeClaim.objects.all()} == expected

    @invariant()
    def a_coupon_is_used_as_often_as_paid(self) -> None:
        set_aside = 1 if self.till and self.till.coupon else 0
        assert CouponRedemption.objects.filter(used_at=None).count() == set_aside
        assert CouponRedemption.objects.exclude(used_at=None).count() == self.used
