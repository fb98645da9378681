"""What the checkout page shows: the cart as it is now, what it costs, and the form with what is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict

from accounts.models import User
from booking.models import Cart, CartLine
from courses.money import to_cents
from payments.forms import BillingForm, GuestForm, MemberForm
from payments.models import Checkout, SavedCard
from payments.services.coupons import forget
from payments.services.quotes import CartQuote, cart_quote
from payments.services.shown import Shown


@dataclass(frozen=True)
class Trouble:
    """A line that can't be paid as it is, why, and whether holding it anew may help."""

    line: CartLine
    why: str
    renewable: bool


class CheckoutPage:
    """A cart on its way to being paid. Queries only for what is asked of it, once."""

    def __init__(self, request: HttpRequest, cart: Cart, *, now: datetime) -> None:
        self.cart = cart
        self.now = now
        self.user = request.user if isinstance(request.user, User) else None
        self._asked = request.POST if request.method == "POST" else request.GET
        self._whole = request.method == "GET" and not request.htmx  # type: ignore[attr-defined]

    @cached_property
    def lines(self) -> list[CartLine]:
        return list(self.cart.lines.with_hold().select_related("course", "tutor", "claim"))

    @property
    def lost(self) -> list[CartLine]:
        return [line for line in self.lines if line.hold is None]

    @cached_property
    def under_way(self) -> Checkout | None:
        """The checkout that this cart is being paid by already."""
        return Checkout.objects.unsettled().of_cart(self.cart).first()

    @property
    def use_credits(self) -> bool:
        if self._whole:
            return bool(self.under_way and self.under_way.credits_cad)
        return bool(self.user) and bool(self._asked.get("use_credits"))

    @cached_property
    def priced(self) -> CartQuote:
        return cart_quote(
            cart=self.cart,
            user=self.user,
            use_credits=self.use_credits,
            lines=[line for line in self.lines if line.hold is not None],
            checkout=self.under_way,
            now=self.now,
        )

    @cached_property
    def shown(self) -> Shown | None:
        """What the page that was sent had shown."""
        return Shown.read(self._asked.get("shown", ""))

    @property
    def costs_something(self) -> bool:
        """By what was shown: that it costs something by now is told before any card is asked for."""
        return bool(self.shown and Decimal(self.shown.total))

    def form(self, data: QueryDict | None = None) -> BillingForm:
        """Bound to what was sent; else with what was typed so far, or what is known from the last time."""
        initial = self._asked.dict() if self._asked and not self._whole else self._known()
        if self.user is None:
            return GuestForm(data, initial=initial)
        cards = SavedCard.objects.visible_to(self.user).usable(self.now)
        return MemberForm(
            data,
            initial={"use_credits": self.use_credits, **initial},
            cards=list(cards),
            credits_cad=self.priced.available_credits,
        )

    def _known(self) -> dict[str, Any]:
        last = self.under_way
        if last is None and self.user:
            last = Checkout.objects.filter(user=self.user).order_by("-created_at").first()
        names = [*BillingForm.base_fields, *([] if self.user else ["email"]), "prefers_credit"]
        known = {name: getattr(last or self.user, name, "") for name in names}
        return {name: value for name, value in known.items() if value}

    def context(self, form: BillingForm, **more: Any) -> dict[str, Any]:
        """For checkout.html. A code that no longer holds is said once and leaves the cart."""
        priced = self.priced
        if priced.refusal:
            forget(cart=self.cart, code=self.cart.coupon_code)
        return {
            "form": form,
            "priced": priced,
            "amounts": priced.amounts,
            "cents": to_cents(priced.amounts.total),
            "shown": Shown.of(priced).signed(),
            "kept_until": min(_kept_until(priced.lines), default=None),
            "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
            "stripe_js_url": settings.STRIPE_JS_URL,
            **more,
        }


def _kept_until(lines: Iterable[CartLine]) -> Iterable[datetime]:
    return (line.claim.expires_at or line.held_until for line in lines)
