"""What becomes of lessons that were paid for: called off, moved, refunded by the school or at Stripe."""

from __future__ import annotations

import uuid
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from booking.changes import Actor
from booking.errors import BookingError, LessonClosed
from booking.models import Appointment
from payments.errors import NotEnoughCredits, PaymentError
from payments.models import CreditEntry, Order
from payments.services.cancelling import Compensation, cancel
from payments.services.credits import give_by_hand
from payments.services.moving import move
from payments.services.refunding import Extent, Wish, plan_refund, refund_order
from payments.services.refunds import take_in_refunds
from tests.payments.money_model import PLACES, ZERO, Books, refunded

picks = st.integers(0, 1000)


class Afterwards(Books):
    """What students, tutors, the direction and banks do to what was sold."""

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
