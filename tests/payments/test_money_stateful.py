"""Anything that people, banks and Stripe may do, in any order: no cent is lost, made, or counted twice.

The model keeps by hand what was charged, given back and credited; after every step our rows and the sandbox's
books must say the same. `HYPOTHESIS_PROFILE=drill` runs longer.
"""

from __future__ import annotations

import os
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from booking.errors import LineBeingPaid, NotBookable, SlotTaken
from booking.models import TimeClaim
from booking.services import hold_slot, release_line
from payments.errors import CartChanged, CouponRefused, PaymentDeclined, PaymentInProgress
from payments.gateway import read_event
from payments.models import Checkout, StripeEvent
from payments.services import Wishes, cancel_checkout, pay, reconcile, settle, webhooks
from payments.services.coupons import apply_coupon, remove_coupon
from tests.factories import make_cart
from tests.payments.money_afterwards import Afterwards, picks
from tests.payments.money_model import (
    ASKS,
    DECLINES,
    PLACES,
    PRICES,
    REBATES,
    REDEMPTIONS,
    SUCCEEDED,
    THINKS,
    ZERO,
    Line,
    Till,
)
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import ASKS_3D_SECURE, DECLINED, PAYS, card_token, start

pytestmark = pytest.mark.long

DRILL = os.environ.get("HYPOTHESIS_PROFILE") == "drill"


class Money(Afterwards):
    """What a student, banks and Stripe do until something is sold."""

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
        wishes = Wishes(use_credits=use_credits, prefers_credit=prefers_credit)
        self.freeze(lines, rebated=rebated, wishes=wishes)
        self.held.clear()
        self.at_the_till(card)

    def priced(self, lines: list[Line], *, use_credits: bool) -> tuple[Decimal, Decimal]:
        """What the card and the credits pay of these lines now."""
        payable = sum((line.paid for line in lines), ZERO)
        credits_ = min(self.balance, payable) if use_credits else ZERO
        if ZERO < payable - credits_ < Decimal("0.50"):
            credits_ = payable - Decimal("0.50")
        return payable - credits_, credits_

    def freeze(self, lines: list[Line], *, rebated: bool, wishes: Wishes) -> None:
        on_card, credits_ = self.priced(lines, use_credits=wishes.use_credits)
        checkout = self.start(on_card, wishes)
        self.till = Till(checkout.pk, lines, on_card, credits_, rebated, wishes.prefers_credit, bank=DECLINES)

    def start(self, on_card: Decimal, wishes: Wishes) -> Checkout:
        return start(
            self.cart, user=self.student, email=self.student.email, total=f"{on_card:.2f}", wishes=wishes
        )

    def at_the_till(self, card: str) -> None:
        assert self.till
        if self.till.card:
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
        till = self.till
        wishes = Wishes(use_credits=bool(till.credits), prefers_credit=till.prefers_credit)
        if till.confirming:  # for a minute it may be a request that was just sent
            with self.refused(PaymentInProgress):
                self.start(till.card, wishes)
            return
        on_card, _credits = self.priced(till.lines, use_credits=wishes.use_credits)
        if on_card == till.card:
            self.start(on_card, wishes)
            till.confirming = till.bank == SUCCEEDED
            self.ask_the_bank(card)
            return
        with self.refused(CartChanged):  # credits came, and pay more of it: the buyer is shown that first
            self.start(till.card, wishes)
        if till.bank == SUCCEEDED:
            with pytest.raises(PaymentInProgress):
                self.start(on_card, wishes)
            self.sold()
            return
        self.freeze(till.lines, rebated=till.coupon, wishes=wishes)
        self.at_the_till(card)

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
        # We made the intent: that it was made is kept, and no reason to look at it.
        moved = event.type.startswith("payment_intent.") and event.type != "payment_intent.created"
        if is_new and of_the_till and moved:
            self.told()
        self.look_up_refunds()

    @rule()
    def reconciliation(self) -> None:
        report = reconcile(now=self.now)
        assert report.failed == []
        if not (self.till and self.till.confirming):
            self.told()
        self.look_up_refunds()


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
