"""What of an order can still be given back, and by which way it came: pure questions about locked rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from payments.errors import RefundTooMuch
from payments.models import OrderLine, Refund, RefundShare
from payments.pricing import NOTHING, spread


@dataclass(frozen=True)
class Left:
    """What could still go back for a line, in CAD: to its card, and as the credits that paid for it."""

    line: OrderLine
    card: Decimal
    credits: Decimal

    @property
    def total(self) -> Decimal:
        return self.card + self.credits

    def split(self, amount: Decimal, *, as_credits: bool = False) -> tuple[Decimal, Decimal]:
        """How much of `amount` goes to the card and how much becomes credits: the card first, unless all of
        it is wanted `as_credits`. Raises RefundTooMuch.
        """
        if not NOTHING < amount <= self.total:
            raise RefundTooMuch(self.total)
        card = NOTHING if as_credits else min(amount, self.card)
        return card, amount - card


def left_of(lines: Iterable[OrderLine]) -> list[Left]:
    """One query, however many lines. A line that became a credit has nothing left, by whatever way."""
    lines = list(lines)
    on_card: dict[UUID, Decimal] = dict(
        RefundShare.objects.filter(line__in=lines, refund__status__in=Refund.RETURNED)
        .values_list("line")
        .annotate(Sum("card_cad"))
    )
    return [_left(line, on_card.get(line.pk, NOTHING)) for line in lines]


def _left(line: OrderLine, returned_to_card: Decimal) -> Left:
    card = min(line.left_cad, line.card_cad - returned_to_card)
    return Left(line=line, card=card, credits=line.left_cad - card)


def spread_over(amount: Decimal, left: Sequence[Left]) -> dict[UUID, Decimal]:
    """Share one amount among lines in proportion to what is left, all that came by card before any credits.

    Raises RefundTooMuch.
    """
    total = sum((each.total for each in left), NOTHING)
    if not NOTHING < amount <= total:
        raise RefundTooMuch(total)
    to_card = min(amount, sum((each.card for each in left), NOTHING))
    cards = spread(to_card, [each.card for each in left])
    credited = spread(amount - to_card, [each.credits for each in left])
    return {
        each.line.pk: card + credit
        for each, card, credit in zip(left, cards, credited, strict=True)
        if card + credit
    }
