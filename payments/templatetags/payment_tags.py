"""What payments lends to other apps' pages: the sums of a cart, with its coupon."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils import timezone

from booking.views.cart import ShownLine
from payments.forms import CouponForm
from payments.models import Checkout
from payments.services.coupons import forget
from payments.services.quotes import cart_quote

register = template.Library()


@register.simple_tag(takes_context=True)
def cart_summary(context: Context, shown: Iterable[ShownLine]) -> str:
    """The sums of what is held of a cart, and the form for its coupon; nothing where all is lost.

    A code that no longer holds is said once and taken off the cart. No query for a guest without a coupon.
    """
    lines = [line for line in shown if line.held or line.paying]
    if not lines:
        return ""
    request = context["request"]
    cart = lines[0].line.cart
    checkout = None
    if any(line.paying for line in lines):
        checkout = Checkout.objects.unsettled().filter(cart=cart).first()
    quote = cart_quote(
        cart=cart,
        user=request.user if request.user.is_authenticated else None,
        use_credits=False,
        now=timezone.now(),
        lines=[line.line for line in lines],
        checkout=checkout,
    )
    if quote.refusal:
        forget(cart=cart, code=cart.coupon_code)
    return render_to_string(
        "payments/summary.html",
        {
            "quote": quote,
            "being_paid": any(line.paying for line in lines),
            "form": context.get("coupon_form") or CouponForm(),
            "answered": context.get("coupon_answered", False),
        },
        request,
    )
