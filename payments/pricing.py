"""What a cart comes to, and each line's share of it. Pure: amounts in, amounts out, all in CAD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from courses.money import from_cents, to_cents

NOTHING = Decimal("0.00")
# Stripe takes no smaller charge in CAD.
LEAST_CHARGE = Decimal("0.50")


@dataclass(frozen=True)
class Quote:
    """`discounts` and `credit_shares` say what of `discount` and `credits` each line bears, in its order."""

    subtotal: Decimal
    discount: Decimal
    credits: Decimal
    total: Decimal
    discounts: list[Decimal]
    credit_shares: list[Decimal]


def quote(
    prices: Sequence[Decimal],
    *,
    discount: Decimal = NOTHING,
    credits: Decimal = NOTHING,  # noqa: A002
) -> Quote:
    """Take a discount off, then pay as much as can be by `credits`, the most that may be spent.

    A rest too small to be charged never stands in the way: fewer credits are spent, or, where none are, the
    school forgoes it as part of the discount.
    """
    subtotal = sum(prices, NOTHING)
    discount = min(discount, subtotal)
    payable = subtotal - discount
    spent = min(credits, payable)
    if NOTHING < payable - spent < LEAST_CHARGE:
        if payable < LEAST_CHARGE:
            discount, payable, spent = subtotal, NOTHING, NOTHING
        else:
            spent = payable - LEAST_CHARGE
    discounts = spread(discount, prices)
    left = [price - taken for price, taken in zip(prices, discounts, strict=True)]
    return Quote(
        subtotal=subtotal,
        discount=discount,
        credits=spent,
        total=payable - spent,
        discounts=discounts,
        credit_shares=spread(spent, left),
    )


def spread(amount: Decimal, over: Sequence[Decimal]) -> list[Decimal]:
    """Share an amount in proportion to `over`, to the cent, by largest remainder; no share exceeds its own
    part of `over` when `amount` is at most their sum.
    """
    cents, parts = to_cents(amount), [to_cents(part) for part in over]
    whole = sum(parts)
    if not whole:
        return [NOTHING for _ in parts]
    shares = [cents * part // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda n: -(cents * parts[n] % whole))
    for n in by_remainder[: cents - sum(shares)]:
        shares[n] += 1
    return [from_cents(share).quantize(NOTHING) for share in shares]
