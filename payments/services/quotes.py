"""The one place that prices a cart: the cart's page, the checkout page and "Payer" all ask it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from accounts.models import User
from booking.models import Cart, CartLine
from payments.errors import CouponRefused
from payments.models import Checkout, Coupon
from payments.pricing import NOTHING, Quote, quote
from payments.services.coupons import usable_coupon
from payments.services.credits import available


@dataclass(frozen=True)
class CartQuote:
    """What a cart costs now, in CAD. `amounts.discounts` and `amounts.credit_shares` follow `lines`."""

    lines: tuple[CartLine, ...]
    amounts: Quote
    coupon: Coupon | None = None
    refusal: CouponRefused | None = None
    """Why the cart's code takes nothing off, when it has one that doesn't hold (any more)."""
    available_credits: Decimal = NOTHING
    """What its owner could spend, asked for or not."""


def cart_quote(
    *,
    cart: Cart,
    user: User | None,
    use_credits: bool,
    now: datetime,
    lines: Sequence[CartLine] | None = None,
    checkout: Checkout | None = None,
) -> CartQuote:
    """Price `lines`, else those of the cart that are held or being paid; a code that doesn't hold counts for
    nothing and says why.

    What an unsettled `checkout` of this very cart has set aside, the coupon's use and the credits, is free
    for it. At most four queries besides the lines.
    """
    if lines is None:
        held = cart.lines.with_hold().select_related("course", "tutor")
        lines = [line for line in held if line.hold is not None]
    coupon, refusal = _coupon(cart, checkout, now)
    prices = [line.price for line in lines]
    spendable = max(available(user=user, checkout=checkout), NOTHING) if user else NOTHING
    amounts = quote(
        prices,
        discount=coupon.discount_on(sum(prices, NOTHING)) if coupon else NOTHING,
        credits=spendable if use_credits else NOTHING,
    )
    return CartQuote(tuple(lines), amounts, coupon, refusal, spendable)


def _coupon(
    cart: Cart, checkout: Checkout | None, now: datetime
) -> tuple[Coupon | None, CouponRefused | None]:
    if not cart.coupon_code:
        return None, None
    try:
        return usable_coupon(code=cart.coupon_code, now=now, checkout=checkout), None
    except CouponRefused as refusal:
        return None, refusal
