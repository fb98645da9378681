"""Anything that people, banks and Stripe may do, in any order: no cent is lost, made, or counted twice.

The model keeps by hand what was charged, given back and credited; after every step our rows and the sandbox's
books must say the same. `HYPOTHESIS_PROFILE=drill` runs longer.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import Role
from booking.changes import Actor
from booking.errors import BookingError, LessonClosed, LineBeingPaid, NotBookable, SlotTaken
from booking.models import Appointment, TimeClaim
from booking.services import hold_slot, release_line
from payments.errors import (
    CouponRefused,
    NotEnoughCredits,
    PaymentDeclined,
    PaymentError,
    PaymentInProgress,
)
from payments.gateway import read_event
from payments.models import Checkout, CouponRedemption, CreditEntry, Order, Refund, Review, StripeEvent
from payments.services import Wishes, cancel_checkout, pay, reconcile, settle, webhooks
from payments.services.cancelling import Compensation, cancel
from payments.services.coupons import apply_coupon, remove_coupon
from payments.services.credits import give_by_hand
from payments.services.moving import move
from payments.services.refunding import Extent, Wish, plan_refund, refund_order
from payments.services.refunds import take_in_refunds
from tests.factories import make_cart, make_user
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import (
    ASKS_3D_SECURE,
    DECLINED,
    PAYS,
    card_token,
    make_coupon,
    make_shelf,
    next_lesson_time,
    start,
)

pytestmark = pytest.mark.long

DRILL = os.environ.get("HYPOTHESIS_PROFILE") == "drill"
ZERO = Decimal("0.00")
PRICES = {60: Decimal("45.00"), 90: Decimal("67.50"), 120: Decimal("90.00")}
REBATES = {60: Decimal("4.50"), 90: Decimal("6.75"), 120: Decimal("9.00")}  # ten per cent
REDEMPTIONS = 3
# Two hours apart, so that no lesson reaches the next place.
PLACES = [next_lesson_time(days=day, hour=hour) for day in (3, 4, 5) for hour in (9, 11, 13, 15)]
SUCCEEDED, DECLINES, ASKS, THINKS = "succeeded", "declined", "asks", "thinks"

picks = st.integers(0, 1000)


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


class Money(RuleBasedStateMachine):
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
        self.given_up: list[UUID] = []
        self.sales: list[Sale] = []
        self.balance = ZERO
        self.charged = ZERO

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.outer)

    # What the model believes

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

    # The cart

    @rule(place=st.integers(0, len(PLACES) - 1), minutes=st.sampled_from([60, 90, 120]))
    def hold(self, place: int, minutes: int) -> None:
        def attempt() -> UUID:
            return hold_slot(
                cart=self.cart,
                course=self.course,
                tutor=self.tutor,
                start=PLACES[place],
                duration=minutes,
                now=self.now,
            ).pk

        if (place, minutes) in self.held.values():
            assert attempt() in self.held
        elif self.till and any(line.place == place and line.minutes == minutes for line in self.till.lines):
            return  # being paid: the cart has it already
        elif self.taken(place):
            with self.refused((SlotTaken, NotBookable)):
                attempt()
        elif not self.till:  # a cart that is being paid would become another
            self.held[attempt()] = (place, minutes)

    @precondition(lambda self: self.held)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        lines = list(self.cart.lines.all())
        if not lines:
            return
        line = lines[pick % len(lines)]
        if line.pk in self.held:
            release_line(line=line, now=self.now)
            del self.held[line.pk]
        elif TimeClaim.objects.filter(line=line).exists():
            with self.refused(LineBeingPaid):
                release_line(line=line, now=self.now)

    @precondition(lambda self: len(self.others) < 4)
    @rule(place=st.integers(0, len(PLACES) - 1))
    def somebody_else_holds(self, place: int) -> None:
        if not self.taken(place):
            hold_slot(
                cart=make_cart(), course=self.course, tutor=self.tutor, start=PLACES[place], duration=60,
                now=self.now,
            )  # fmt: skip
            self.others.add(place)

    @precondition(lambda self: self.till is None and not self.coupon)
    @rule()
    def coupon_on(self) -> None:
        if self.used >= REDEMPTIONS:
            with self.refused(CouponRefused):
                apply_coupon(cart=self.cart, code="dix", now=self.now)
        else:
            apply_coupon(cart=self.cart, code="dix", now=self.now)
            self.coupon = True

    @precondition(lambda self: self.till is None and self.coupon)
    @rule()
    def coupon_off(self) -> None:
        remove_coupon(cart=self.cart)
        self.coupon = False

    # Paying

    @initialize(
        minutes=st.lists(st.sampled_from([60, 90, 120]), min_size=1, max_size=3), coupon=st.booleans()
    )
    def bought_before(self, minutes: list[int], coupon: bool) -> None:
        """An order to begin with: most of what can go wrong comes after one."""
        for place, length in enumerate(minutes):
            self.hold(place, length)
        if coupon:
            self.coupon_on()
        self.press_pay(PAYS, use_credits=False, prefers_credit=False)
        self.return_page(times=1, pick=0)
        self.gift("20.00")

    @precondition(lambda self: self.held and self.till is None)
    @rule(
        card=st.sampled_from([PAYS, PAYS, PAYS, DECLINED, ASKS_3D_SECURE, THINKS]),
        use_credits=st.booleans(),
        prefers_credit=st.booleans(),
    )
    def press_pay(self, card: str, use_credits: bool, prefers_credit: bool) -> None:
        rebated = self.coupon and self.used < REDEMPTIONS
        lines = [
            Line(place, minutes, PRICES[minutes] - (REBATES[minutes] if rebated else ZERO))
            for place, minutes in self.held.values()
        ]
        payable = sum((line.paid for line in lines), ZERO)
        credits_ = min(self.balance, payable) if use_credits else ZERO
        if ZERO < payable - credits_ < Decimal("0.50"):
            credits_ = payable - Decimal("0.50")
        checkout = start(
            self.cart,
            user=self.student,
            email=self.student.email,
            total=f"{payable - credits_:.2f}",
            wishes=Wishes(use_credits=use_credits, prefers_credit=prefers_credit),
        )
        self.held.clear()
        self.till = Till(
            checkout.pk, lines, payable - credits_, credits_, rebated, prefers_credit, bank=DECLINES
        )
        if checkout.total_cad:
            self.ask_the_bank(card)
        else:
            self.sold()

    @precondition(lambda self: self.till and self.till.bank in {DECLINES, SUCCEEDED})
    @rule(card=st.sampled_from([PAYS, DECLINED, ASKS_3D_SECURE]))
    def press_pay_again(self, card: str) -> None:
        """Another card after a refusal; or Back, and the same button once more."""
        assert self.till
        if not all(line.claimed for line in self.till.lines):
            return  # the page says that a lesson is lost, which the checkout's own tests hold
        wishes = Wishes(use_credits=bool(self.till.credits), prefers_credit=self.till.prefers_credit)
        total = f"{self.till.card:.2f}"
        if self.till.confirming:  # for a minute it may be a request that was just sent
            with self.refused(PaymentInProgress):
                start(self.cart, user=self.student, email=self.student.email, total=total, wishes=wishes)
            return
        start(self.cart, user=self.student, email=self.student.email, total=total, wishes=wishes)
        self.till.confirming = self.till.bank == SUCCEEDED
        self.ask_the_bank(card)

    def ask_the_bank(self, card: str) -> None:
        assert self.till
        paid_before = self.till.bank == SUCCEEDED
        if card == THINKS:
            self.sandbox.control("processing", n=1)
        try:
            pay(
                checkout=Checkout.objects.get(pk=self.till.id),
                confirmation_token=card_token(PAYS if card == THINKS else card),
                return_url="https://fanal.example/retour/",
                now=self.now,
            )
        except PaymentDeclined:
            assert card == DECLINED
        if paid_before:
            return
        self.till.bank = {PAYS: SUCCEEDED, DECLINED: DECLINES, ASKS_3D_SECURE: ASKS, THINKS: THINKS}[card]
        if self.till.bank == SUCCEEDED:
            self.charged += self.till.card

    @precondition(lambda self: self.till and self.till.bank in {ASKS, THINKS})
    @rule(yes=st.booleans())
    def bank_answers(self, yes: bool) -> None:
        assert self.till
        intent_id = str(Checkout.objects.get(pk=self.till.id).intent_id)
        if self.till.bank == ASKS:
            self.sandbox.answer_challenge(intent_id, "authorise" if yes else "refuse")
        else:
            self.sandbox.control("intent", intent=intent_id, succeeded=yes)
        self.till.bank = SUCCEEDED if yes else DECLINES
        if yes:
            self.charged += self.till.card

    @precondition(lambda self: self.till is not None)
    @rule(pick=picks, stolen=st.booleans())
    def claim_is_lost(self, pick: int, stolen: bool) -> None:
        """What should never happen between "Payer" and the bank's answer; the money must stand it."""
        assert self.till
        line = self.till.lines[pick % len(self.till.lines)]
        if not line.claimed:
            return
        TimeClaim.objects.filter(tutor=self.tutor, during__startswith=PLACES[line.place]).delete()
        line.claimed = False
        if stolen:
            self.somebody_else_holds(line.place)

    @precondition(lambda self: self.till is not None)
    @rule()
    def give_up(self) -> None:
        assert self.till
        till = self.till
        cancel_checkout(checkout=Checkout.objects.get(pk=till.id), now=self.now)
        if till.bank == SUCCEEDED:
            self.sold()
        elif till.bank != THINKS:
            self.till = None
            self.given_up.append(till.id)
            for line in self.cart.lines.with_hold():
                place = PLACES.index(line.start)
                claimed = [each.claimed for each in till.lines if each.place == place]
                assert (line.hold is not None) == claimed[0]
                if line.hold is None:
                    release_line(line=line, now=self.now)
                else:
                    self.held[line.pk] = (place, line.minutes)

    # Who hears of it

    @precondition(lambda self: self.till is not None or self.sales)
    @rule(times=st.integers(1, 2), pick=picks)
    def return_page(self, times: int, pick: int) -> None:
        known = [sale.checkout for sale in self.sales] + ([self.till.id] if self.till else [])
        checkout = Checkout.objects.get(pk=known[-1 - pick % len(known)])
        for _time in range(times):
            if checkout.intent_id:
                settle(intent_id=checkout.intent_id, now=self.now)
        if self.till and checkout.pk == self.till.id:
            self.told()

    @rule(pick=picks, times=st.integers(1, 2))
    def webhook(self, pick: int, times: int) -> None:
        """Any event of any moment, again and again."""
        events = self.sandbox.http.get(
            "/v1/events", params={"limit": "100"}, headers=self.sandbox.as_merchant
        ).json()["data"]
        if not events:
            return
        event = read_event(events[pick % len(events)])
        is_new = not StripeEvent.objects.exclude(handled_at=None).filter(pk=event.id).exists()
        for _time in range(times):
            webhooks.receive(event)
            webhooks.handle(event_id=event.id, now=self.now)
        of_the_till = self.till and event.intent_id == Checkout.objects.get(pk=self.till.id).intent_id
        if is_new and of_the_till and event.type.startswith("payment_intent."):
            self.told()
        self.look_up_refunds()

    @rule()
    def reconciliation(self) -> None:
        report = reconcile(now=self.now)
        assert report.failed == []
        if not (self.till and self.till.confirming):
            self.told()
        self.look_up_refunds()

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

    # Afterwards

    @rule(
        pick=picks,
        who=st.sampled_from([Actor.STUDENT, Actor.TUTOR, Actor.ADMIN]),
        refund=st.booleans(),
        again=st.booleans(),
    )
    def cancel_lesson(self, pick: int, who: Actor, refund: bool, again: bool) -> None:
        found = self.a_line(pick)
        if found is None:
            return
        sale, key, line = found
        kind = Compensation.REFUND if refund and who == Actor.ADMIN else Compensation.CREDIT
        room = min(line.left, sale.order.lines.get(pk=key).card_cad - line.on_card)
        before = refunded(sale.order)

        def attempt() -> None:
            cancel(
                appointment=Appointment.objects.get(pk=str(line.lesson)),
                actor=who,
                by=self.admin,
                reason="Malade",
                compensation=kind,
                now=self.now,
            )

        attempt()
        if again:
            with self.refused(LessonClosed):
                attempt()
        line.lesson = None
        given = line.left if kind == Compensation.CREDIT else line.left - room
        self.balance += given
        line.as_credits += given
        if kind == Compensation.REFUND:
            sale.as_credits += given
            assert refunded(sale.order) == before + room
        self.look_up_refunds()

    @rule(
        pick=picks, place=st.integers(0, len(PLACES) - 1), who=st.sampled_from([Actor.STUDENT, Actor.ADMIN])
    )
    def move_lesson(self, pick: int, place: int, who: Actor) -> None:
        found = self.a_line(pick)
        if found is None:
            return
        _sale, _key, line = found

        def attempt() -> None:
            move(
                appointment=Appointment.objects.get(pk=str(line.lesson)),
                start=PLACES[place],
                actor=who,
                by=self.student,
                reason="Examen",
                now=self.now,
            )

        if place != line.place and self.taken(place):
            with self.refused(BookingError):
                attempt()
        else:
            attempt()
            line.place = place

    @rule(
        pick=picks,
        share=st.sampled_from(["all", "10.00", "20.01", "45.00"]),
        as_credits=st.booleans(),
        cancels=st.booleans(),
        outcome=st.sampled_from(["succeeded", "succeeded", "pending", "failed"]),
        again=st.booleans(),
    )
    def refund(
        self, pick: int, share: str, as_credits: bool, cancels: bool, outcome: str, again: bool
    ) -> None:
        """By the direction: all that is left, or so much of one lesson, whatever the bank makes of it."""
        found = self.a_line(pick, with_lesson=False)
        if found is None:
            return
        sale, key, line = found
        order = Order.objects.get(pk=sale.order.pk)
        amounts = {key: Decimal(share)} if share != "all" else {}
        wish = Wish(
            extent=Extent.LINES if amounts else Extent.ALL,
            reason="Geste",
            amounts=amounts,
            as_credits=as_credits,
            cancels=cancels,
        )
        affected = {key: line} if amounts else sale.lines
        wanted = {each: amounts.get(each, affected[each].left) for each in affected}
        too_much = any(amount > affected[each].left for each, amount in wanted.items())
        if too_much or not any(wanted.values()):
            with self.refused(PaymentError):
                plan_refund(order=order, wish=wish)
            return
        to_card = dict.fromkeys(wanted, ZERO)
        if not as_credits:
            for row in order.lines.filter(pk__in=wanted):
                to_card[row.pk] = min(wanted[row.pk], row.card_cad - affected[row.pk].on_card)
        self.sandbox.control("refund", status=outcome)
        token = uuid.uuid4()
        shown = plan_refund(order=order, wish=wish).fingerprint
        done, is_new = refund_order(
            order=order, wish=wish, shown=shown, token=token, by=self.admin, now=self.now
        )
        if again:
            assert refund_order(
                order=order, wish=wish, shown=shown, token=token, by=self.admin, now=self.now
            ) == (done, False)
        self.sandbox.control("refund", status=None)
        assert is_new
        by_card = sum(to_card.values(), ZERO)
        by_credits = sum(wanted.values(), ZERO) - by_card
        assert (done.amount_cad, done.credits_cad) == (by_card, by_credits)
        self.balance += by_credits
        sale.as_credits += by_credits
        for each, amount in wanted.items():
            sale.lines[each].as_credits += amount - to_card[each]
            if cancels and amount:
                sale.lines[each].lesson = None
        self.look_up_refunds()

    @rule(pick=picks, amount=st.sampled_from([1000, 2500, 4500]))
    def refund_in_the_dashboard(self, pick: int, amount: int) -> None:
        """Never more than the card has paid: Stripe refuses that to anybody."""
        sale = self.a_sale(pick)
        if sale is None or not sale.card:
            return
        self.look_up_refunds()
        left = sale.card - sum([*sale.on_card.values(), *sale.waiting.values()], ZERO)
        if Decimal(amount) / 100 > left:
            return
        self.sandbox.control("dashboard_refund", intent=sale.order.intent_id, amount=amount)
        take_in_refunds(intent_id=sale.order.intent_id, now=self.now)
        self.look_up_refunds()

    @precondition(lambda self: any(sale.waiting for sale in self.sales))
    @rule(pick=picks, yes=st.booleans())
    def bank_decides_on_a_refund(self, pick: int, yes: bool) -> None:
        waiting = [(sale, key) for sale in self.sales for key in sale.waiting]
        if not waiting:
            return
        sale, key = waiting[pick % len(waiting)]
        self.sandbox.control("refund", refund=key, status="succeeded" if yes else "failed")
        take_in_refunds(intent_id=sale.order.intent_id, now=self.now)
        self.look_up_refunds()

    @rule(amount=st.sampled_from(["20.00", "33.33", "-10.00"]))
    def gift(self, amount: str) -> None:
        def attempt() -> None:
            give_by_hand(
                user=self.student,
                amount=Decimal(amount),
                cause=CreditEntry.Cause.GIFT if Decimal(amount) > 0 else CreditEntry.Cause.CORRECTION,
                note="Geste",
                by=self.admin,
                token=uuid.uuid4(),
                now=self.now,
            )

        promised = self.till.credits if self.till else ZERO
        if self.balance - promised + Decimal(amount) < 0:
            with self.refused(NotEnoughCredits):
                attempt()
        else:
            attempt()
            self.balance += Decimal(amount)

    # What is at Stripe

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


def refunded(order: Order) -> Decimal:
    """What our rows ever promised to the card of an order, whatever came of it."""
    return sum(order.refunds.values_list("amount_cad", flat=True), ZERO)


@pytest.mark.django_db
def test_money_is_conserved_whatever_happens(stripe_sandbox: StripeSandbox) -> None:
    Money.sandbox = stripe_sandbox
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=300 if DRILL else 10,
            stateful_step_count=60 if DRILL else 25,
            deadline=None,
            database=None,
            # To find the shortest failure may take five minutes.
            phases=tuple(Phase) if DRILL else (Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
