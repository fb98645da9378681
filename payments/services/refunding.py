"""A refund by the direction: first exactly what would happen, then that, or nothing.

What is previewed is worked out again under the lock of the order; where anything of it is no longer so,
nothing is refunded and what would happen now is shown.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log as audit

from accounts.models import User
from booking.models import Appointment
from payments.errors import NothingToRefund, RefundChanged
from payments.gateway import GatewayRefused, GatewayUnavailable
from payments.models import Order, OrderLine, Refund
from payments.pricing import NOTHING
from payments.services.cancelling import cancel_for_refund
from payments.services.refunds import promise_refund, send_refund, take_in_refunds, try_to_send_refund
from payments.services.returning import Left, left_of, spread_over

log = logging.getLogger(__name__)

REFUND = "payments.refund"


class Extent(models.TextChoices):
    ALL = "all", _("Tout ce qui reste")
    LINES = "lines", _("Un montant par cours")
    AMOUNT = "amount", _("Un montant pour toute la commande")


@dataclass(frozen=True)
class Wish:
    """What an admin asks for: `amounts` by line for LINES, `amount` for AMOUNT, in CAD."""

    extent: Extent
    reason: str
    amounts: Mapping[UUID, Decimal] = field(default_factory=dict)
    amount: Decimal = NOTHING
    as_credits: bool = False
    cancels: bool = False


@dataclass(frozen=True)
class Part:
    """What happens to one line. `cancelled`: its lesson is called off."""

    line: OrderLine
    card: Decimal
    credits: Decimal
    cancelled: bool

    @property
    def total(self) -> Decimal:
        return self.card + self.credits


@dataclass(frozen=True)
class Plan:
    """Exactly what a wish would do, in CAD."""

    parts: list[Part]

    @property
    def card(self) -> Decimal:
        return sum((part.card for part in self.parts), NOTHING)

    @property
    def credits(self) -> Decimal:
        return sum((part.credits for part in self.parts), NOTHING)

    @property
    def total(self) -> Decimal:
        return self.card + self.credits

    @property
    def cancelled(self) -> list[OrderLine]:
        return [part.line for part in self.parts if part.cancelled]

    @property
    def kept(self) -> list[OrderLine]:
        """Lessons that take place, or took place, though money goes back for them."""
        return [part.line for part in self.parts if not part.cancelled and stands(part.line)]

    @property
    def unearned(self) -> Decimal:
        """What tutors no longer earn."""
        return sum((line.tutor_earnings_cad for line in self.cancelled if not _paid_out(line)), NOTHING)

    @property
    def paid_out(self) -> Decimal:
        """What tutors were paid already for lessons that are called off; it stays theirs."""
        return sum((line.tutor_earnings_cad for line in self.cancelled if _paid_out(line)), NOTHING)

    @property
    def fingerprint(self) -> str:
        """The same for two plans that do the same."""
        said = [
            f"{part.line.pk}:{part.card}:{part.credits}:{part.cancelled}:{part.line.earnings}"
            for part in self.parts
        ]
        return sha256("\n".join(said).encode()).hexdigest()[:32]


def stands(line: OrderLine) -> bool:
    """Whether its lesson was neither called off nor never booked."""
    return line.appointment is not None and line.appointment.status in Appointment.OCCUPIES_TIME


def _paid_out(line: OrderLine) -> bool:
    return line.earnings == OrderLine.Earnings.PAID


def what_is_left(*, order: Order) -> list[Left]:
    """Of each line of an order, what could still go back; in the order of the lessons."""
    return left_of(order.lines.select_related("course", "tutor", "appointment"))


def plan_refund(*, order: Order, wish: Wish) -> Plan:
    """What a wish would do now. Raises RefundTooMuch, NothingToRefund."""
    left = what_is_left(order=order)
    amounts = _amounts(wish, left)
    parts = []
    for each in left:
        if amount := amounts.get(each.line.pk):
            card, rest = each.split(amount, as_credits=wish.as_credits)
            parts.append(Part(each.line, card, rest, wish.cancels and stands(each.line)))
    if not parts:
        raise NothingToRefund
    return Plan(parts)


def _amounts(wish: Wish, left: list[Left]) -> Mapping[UUID, Decimal]:
    if wish.extent == Extent.LINES:
        return wish.amounts
    if wish.extent == Extent.AMOUNT:
        return spread_over(wish.amount, left)
    return {each.line.pk: each.total for each in left}


def refund_order(
    *, order: Order, wish: Wish, shown: str, token: UUID, by: User, now: datetime
) -> tuple[Refund, bool]:
    """Do what was shown (the fingerprint of its plan), and say whether this call did it: the same token again
    gives the refund that is there. What goes to the card is asked of Stripe after the commit; where Stripe
    doesn't answer, the refund stays pending and is asked for again.

    Raises RefundChanged where the plan is another by now, RefundTooMuch, NothingToRefund, or what booking
    raises when a lesson can't be called off; nothing is changed then.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update(of=["self"]).get(pk=order.pk)
        list(order.lines.select_for_update(of=["self"]).values_list("pk"))
        known = order.refunds.filter(token=token).first()
        if known:
            return known, False
        plan = plan_refund(order=order, wish=wish)
        if plan.fingerprint != shown:
            raise RefundChanged
        cancel_for_refund(lines=plan.cancelled, by=by, reason=wish.reason, now=now)
        refund = promise_refund(
            order=order,
            amounts={part.line.pk: part.total for part in plan.parts},
            reason=wish.reason,
            source=Refund.Source.ADMIN,
            now=now,
            by=by,
            token=token,
            as_credits=wish.as_credits,
        )
        audit(
            instance=order,
            action=REFUND,
            user=by,
            data={
                "refund": str(refund.pk),
                "card_cad": str(refund.amount_cad),
                "credits_cad": str(refund.credits_cad),
                "reason": refund.reason,
                "cancelled": [str(line.appointment_id) for line in plan.cancelled],
            },
        )
    return try_to_send_refund(refund_id=refund.pk, now=now) or refund, True


def ask_stripe(*, order: Order, now: datetime) -> bool:
    """Bring an order's refunds up to date with Stripe; False when Stripe doesn't answer."""
    try:
        for refund in order.refunds.filter(status=Refund.Status.PENDING):
            send_refund(refund_id=refund.pk, now=now)
        take_in_refunds(intent_id=order.intent_id, now=now)
    except (GatewayUnavailable, GatewayRefused) as error:
        log.warning("The refunds of %s could not be asked for: %s", order.number, error)
        return False
    return True
