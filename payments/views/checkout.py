"""The checkout page: thin shells around `payments.services`."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import public
from accounts.models import User
from booking import services as booking
from booking.errors import BookingError, HoldsLost, LinesNotBookable
from payments import limits
from payments.errors import (
    CartChanged,
    NothingToPay,
    PaymentDeclined,
    PaymentError,
    PaymentInProgress,
    PaymentUnavailable,
)
from payments.forms import BillingForm, GuestForm, MemberForm
from payments.gateway import GatewayRefused, GatewayUnavailable, IntentStatus
from payments.models import Checkout
from payments.services import Buyer, Wishes, cancel_checkout, pay, start_checkout
from payments.services.checkout import NO_WISHES
from payments.views.page import CheckoutPage, Trouble
from payments.views.returning import CHECKOUTS_OF_THIS_BROWSER, go, remember

PAGE = "payments/checkout.html"
JUST_NOW = timedelta(minutes=15)


@public
@never_cache
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """The form, and what "Payer" sends. A card is typed at Stripe, by a script; a kept one needs none."""
    now = timezone.now()
    cart = booking.cart_for(request=request)
    page = CheckoutPage(request, cart, now=now) if cart else None
    if page is None or not page.lines:
        return _nothing_to_pay(request)
    if request.method == "GET":
        if page.lost and not request.htmx:  # type: ignore[attr-defined]
            return _elsewhere(
                request, reverse("cart"), _("Un de vos cours n’est plus retenu. Voyez votre panier.")
            )
        return _show(request, page, page.form(), say_total=True)
    if {"again", "without", "update"} & request.POST.keys():
        return _change(request, page)
    form = page.form(request.POST)
    if not _is_complete(request, page, form):
        return _refused(request, page, form)
    return _pay(request, page, form)


@public
@require_POST
def checkout_cancel(request: HttpRequest) -> HttpResponse:
    """Give up a payment that came to nothing, so that the cart can be changed again."""
    cart = booking.cart_for(request=request)
    under_way = Checkout.objects.unsettled().of_cart(cart).first() if cart else None
    if under_way is None:
        return redirect("cart")
    if under_way.is_confirming(timezone.now()):
        messages.info(request, str(PaymentInProgress(under_way)))
        return redirect("cart")
    try:
        ended = cancel_checkout(checkout=under_way, now=timezone.now())
    except (GatewayUnavailable, GatewayRefused):
        messages.error(request, str(PaymentUnavailable()))
        return redirect("cart")
    if ended.status == Checkout.Status.CANCELLED:
        messages.success(
            request, _("Le paiement est annulé, rien n’a été débité. Vous pouvez modifier le panier.")
        )
        return redirect("cart")
    remember(request, ended)
    return redirect("checkout-return", ended.pk)


def _is_complete(request: HttpRequest, page: CheckoutPage, form: BillingForm) -> bool:
    """Whether all is there to pay what was shown; what is missing is said on the form."""
    if not form.is_valid():
        return False
    kept = isinstance(form, MemberForm) and form.kept_card
    if page.costs_something and not kept and not request.POST.get("confirmation_token"):
        form.add_error(
            None, _("La carte n’a pas été lue. Le paiement demande JavaScript : activez-le, puis réessayez.")
        )
    elif isinstance(form, GuestForm):
        _check_guest(request, form)
    return form.is_valid()


def _check_guest(request: HttpRequest, form: GuestForm) -> None:
    if not limits.allow_guest_checkout(request):
        form.add_error(None, _("Trop d’essais de suite. Attendez quelques minutes, puis réessayez."))
    elif User.objects.with_email(form.cleaned_data["email"]):
        form.known_email = True
        form.add_error("email", _("Ce courriel a déjà un compte. Connectez-vous : votre panier vous suit."))


def _buyer(page: CheckoutPage, form: BillingForm) -> tuple[Buyer, Wishes]:
    if isinstance(form, GuestForm):
        return form.guest(), NO_WISHES
    assert isinstance(form, MemberForm) and page.user  # noqa: PT018, S101  # the other form is a guest's
    return form.buyer(email=page.user.email), form.wishes()


def _pay(request: HttpRequest, page: CheckoutPage, form: BillingForm) -> HttpResponse:
    buyer, wishes = _buyer(page, form)
    try:
        started = start_checkout(
            cart=page.cart,
            buyer=buyer,
            user=page.user,
            shown=page.shown,
            wishes=wishes,
            now=page.now,
        )
        remember(request, started)
        location = reverse("checkout-return", args=[started.pk])
        if started.status == Checkout.Status.SETTLED:
            return _on(request, location)
        intent = pay(
            checkout=started,
            confirmation_token=request.POST.get("confirmation_token"),
            kept_card=form.kept_card if isinstance(form, MemberForm) else None,
            in_page=_by_script(request),
            return_url=request.build_absolute_uri(location),
            now=page.now,
        )
    except PaymentInProgress as error:
        remember(request, error.checkout)
        return _on(request, reverse("checkout-return", args=[error.checkout.pk]))
    except NothingToPay:
        return _nothing_to_pay(request)
    except CartChanged as error:
        return _show_anew(request, changes=error.changes)
    except HoldsLost:
        return _show_anew(request)
    except LinesNotBookable as error:
        troubles = [
            Trouble(line, " ".join(problem.message for problem in against), renewable=False)
            for line, against in error.refused
        ]
        return _show_anew(request, troubles=troubles)
    except (PaymentError, BookingError, GatewayUnavailable, GatewayRefused) as error:
        return _failed(request, page, error)
    if intent.status == IntentStatus.REQUIRES_ACTION:
        if _by_script(request):
            return JsonResponse({"client_secret": intent.client_secret, "location": location})
        return redirect(intent.redirect_url or location)
    return _on(request, location)


def _change(request: HttpRequest, page: CheckoutPage) -> HttpResponse:
    """A line that was lost is held again or taken out, or sums are asked for; what was typed stays."""
    troubles = []
    if wanted := request.POST.get("again") or request.POST.get("without"):
        line = next((line for line in page.lines if str(line.pk) == wanted), None)
        try:
            if line and "again" in request.POST:
                booking.renew_line(line=line, now=page.now)
            elif line:
                booking.release_line(line=line, now=page.now)
        except BookingError as error:
            troubles = [Trouble(line, error.message, renewable=False)] if line else []
    return _show_anew(request, status=HTTPStatus.CONFLICT if troubles else HTTPStatus.OK, troubles=troubles)


def _show_anew(
    request: HttpRequest,
    *,
    status: HTTPStatus = HTTPStatus.CONFLICT,
    troubles: list[Trouble] | None = None,
    **more: Any,
) -> HttpResponse:
    """The page as things are now, with all that was typed."""
    cart = booking.cart_for(request=request)
    page = CheckoutPage(request, cart, now=timezone.now()) if cart else None
    if page is None or not page.lines:
        return _nothing_to_pay(request)
    return _show(request, page, page.form(), status=status, troubles=troubles or [], **more)


def _show(
    request: HttpRequest,
    page: CheckoutPage,
    form: BillingForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    troubles: list[Trouble] | None = None,
    **more: Any,
) -> HttpResponse:
    """The whole page; for HTMX or the script only what depends on the cart, so that a typed card stays."""
    known = {trouble.line.pk for trouble in troubles or []}
    lost = [
        Trouble(line, _("n’est plus retenu : les 15 minutes sont passées."), renewable=True)
        for line in page.lost
        if line.pk not in known
    ]
    context = page.context(form, troubles=[*(troubles or []), *lost], **more)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, f"{PAGE}#answer", context, status=status)
    if _by_script(request):
        return JsonResponse({"html": render_to_string(f"{PAGE}#answer", context, request)}, status=status)
    return render(request, PAGE, context, status=status)


def _refused(request: HttpRequest, page: CheckoutPage, form: BillingForm) -> HttpResponse:
    """422: the page again without a script; with one, only the fields, so that the typed card stays."""
    context = page.context(form)
    if not _by_script(request):
        return render(request, PAGE, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    fields = render_to_string(f"{PAGE}#fields", context, request)
    return JsonResponse({"fields": fields}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _failed(request: HttpRequest, page: CheckoutPage, error: Exception) -> HttpResponse:
    """Nothing was paid; the page stays as it is, for another try."""
    declined = isinstance(error, PaymentDeclined)
    at_stripe = isinstance(error, GatewayUnavailable | GatewayRefused)
    away = at_stripe or isinstance(error, PaymentUnavailable)
    status = (
        HTTPStatus.PAYMENT_REQUIRED
        if declined
        else HTTPStatus.SERVICE_UNAVAILABLE
        if away
        else HTTPStatus.CONFLICT
    )
    message = str(PaymentUnavailable()) if at_stripe else str(error)
    if _by_script(request):
        return JsonResponse({"message": message}, status=status)
    return _show_anew(request, status=status, message=message)


def _nothing_to_pay(request: HttpRequest) -> HttpResponse:
    """The cart is empty: most often because this very page has paid for it already."""
    known = request.session.get(CHECKOUTS_OF_THIS_BROWSER, [])
    mine = Q(pk__in=known)
    if isinstance(request.user, User):
        mine |= Q(user=request.user)
    since = timezone.now() - JUST_NOW
    paid = Checkout.objects.settled_since(since).filter(mine).order_by("-settled_at").first()
    if request.method == "POST" and paid:
        return _on(request, reverse("checkout-return", args=[paid.pk]))
    return _elsewhere(request, reverse("cart"), _("Votre panier est vide. Choisissez d’abord un cours."))


def _elsewhere(request: HttpRequest, url: str, message: str) -> HttpResponse:
    messages.warning(request, message)
    if _by_script(request):
        return JsonResponse({"location": url}, status=HTTPStatus.CONFLICT)
    return go(request, url)


def _on(request: HttpRequest, url: str) -> HttpResponse:
    return JsonResponse({"location": url}) if _by_script(request) else go(request, url)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"
