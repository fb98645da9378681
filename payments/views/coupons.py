"""A code on the cart: put on, taken off. Both answer with the cart as it is now."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import public
from booking.models import Cart
from booking.services import cart_for
from booking.views.cart import shown_cart
from booking.views.fragments import HtmxRequest
from payments.errors import CartBeingPaid, CouponRefused
from payments.forms import CouponForm
from payments.limits import allow_coupon_try
from payments.services.coupons import apply_coupon, remove_coupon


@public
@require_POST
@never_cache
def coupon_apply(request: HtmxRequest) -> HttpResponse:
    """Sent again it changes nothing. A refused code leaves the one that the cart had."""
    cart, form = cart_for(request=request), CouponForm(request.POST)
    if cart is None or not any(line.hold for line in cart.lines.with_hold()):
        nothing_held = _("Rien n’est retenu dans votre panier : choisissez d’abord une heure.")
        return _show(request, cart, refusal=nothing_held, status=HTTPStatus.CONFLICT)
    if not form.is_valid():
        return _show(request, cart, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if not allow_coupon_try(request):
        form.add_error("code", _("Trop d’essais de suite. Attendez quelques minutes, puis réessayez."))
        return _show(request, cart, form=form, status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        coupon = apply_coupon(cart=cart, code=form.cleaned_data["code"], now=timezone.now())
    except CartBeingPaid as refusal:
        return _show(request, cart, refusal=str(refusal), status=HTTPStatus.CONFLICT)
    except CouponRefused as refusal:
        form.add_error("code", str(refusal))
        return _show(request, cart, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _show(request, cart, answered=_("Le code %(code)s est appliqué.") % {"code": coupon.code})


@public
@require_POST
@never_cache
def coupon_remove(request: HtmxRequest) -> HttpResponse:
    """A code that is gone already is as good as removed."""
    cart = cart_for(request=request)
    try:
        if cart is not None:
            remove_coupon(cart=cart)
    except CartBeingPaid as refusal:
        return _show(request, cart, refusal=str(refusal), status=HTTPStatus.CONFLICT)
    return _show(request, cart, answered=_("Le code promo est retiré."))


def _show(
    request: HtmxRequest,
    cart: Cart | None,
    *,
    answered: str = "",
    form: CouponForm | None = None,
    refusal: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The cart as it is now: a fragment for HTMX; else a redirect after what was done, or the page."""
    if answered and not request.htmx:
        messages.success(request, answered)
        return redirect("cart")
    if form is not None:  # reading goes on where there is something to correct
        form.fields["code"].widget.attrs |= {"data-focus": True, "autofocus": True}
    template = "booking/cart.html#answer" if request.htmx else "booking/cart.html"
    context = {
        "cart": shown_cart(cart, now=timezone.now()),
        "coupon_form": form,
        "coupon_answered": answered,
        "refusal": refusal,
    }
    return render(request, template, context, status=status)
