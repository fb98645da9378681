"""The checkout page: thin shells around `payments.services`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
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
from booking.errors import BookingError
from booking.models import Cart
from courses.money import to_cents
from payments import limits
from payments.errors import PaymentDeclined, PaymentError, PaymentInProgress, PaymentUnavailable
from payments.forms import BillingForm, GuestForm
from payments.gateway import GatewayRefused, GatewayUnavailable, IntentStatus
from payments.models import Checkout
from payments.services import Buyer, cancel_checkout, pay, start_checkout
from payments.views.returning import remember


@public
@never_cache
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    """The form, and what "Payer" sends. The card's token comes from Stripe.js, so only a script can pay."""
    cart = booking.cart_for(request=request)
    lines = list(cart.lines.with_hold().select_related("course", "tutor", "claim")) if cart else []
    if cart is None or not lines:
        return _elsewhere(request, reverse("cart"), _("Votre panier est vide. Choisissez d’abord un cours."))
    if any(line.hold is None for line in lines):
        return _elsewhere(
            request, reverse("cart"), _("Un de vos cours n’est plus retenu. Voyez votre panier.")
        )
    form = _form(request)
    total = sum((line.price for line in lines), Decimal(0))
    context = {
        "form": form,
        "lines": lines,
        "total": total,
        "cents": to_cents(total),
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "stripe_js_url": settings.STRIPE_JS_URL,
        "kept_until": min(line.claim.expires_at or line.held_until for line in lines),
    }
    if request.method == "GET":
        return render(request, "payments/checkout.html", context)
    buyer = _buyer(request, form)
    if buyer is None:
        return _refused(request, context)
    return _pay(request, cart=cart, buyer=buyer, context=context)


@public
@require_POST
def checkout_cancel(request: HttpRequest) -> HttpResponse:
    """Give up a payment that came to nothing, so that the cart can be changed again."""
    cart = booking.cart_for(request=request)
    under_way = Checkout.objects.unsettled().filter(cart=cart).first() if cart else None
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


def _form(request: HttpRequest) -> BillingForm:
    data = request.POST if request.method == "POST" else None
    if not isinstance(request.user, User):
        return GuestForm(data)
    last = Checkout.objects.filter(user=request.user).order_by("-created_at").first()
    known = {name: getattr(last or request.user, name, "") for name in BillingForm.base_fields}
    return BillingForm(data, initial={name: value for name, value in known.items() if value})


def _buyer(request: HttpRequest, form: BillingForm) -> Buyer | None:
    """Who pays, or None when the form has something to say."""
    if not form.is_valid():
        return None
    if not request.POST.get("confirmation_token"):
        form.add_error(
            None, _("La carte n’a pas été lue. Le paiement demande JavaScript : activez-le, puis réessayez.")
        )
        return None
    if not isinstance(form, GuestForm):
        return form.buyer(email=request.user.email)  # type: ignore[union-attr]  # members only get this form
    if not limits.allow_guest_checkout(request):
        form.add_error(None, _("Trop d’essais de suite. Attendez quelques minutes, puis réessayez."))
        return None
    if User.objects.with_email(form.cleaned_data["email"]):
        form.known_email = True
        form.add_error("email", _("Ce courriel a déjà un compte. Connectez-vous : votre panier vous suit."))
        return None
    return form.guest()


def _pay(request: HttpRequest, *, cart: Cart, buyer: Buyer, context: dict[str, object]) -> HttpResponse:
    user = request.user if isinstance(request.user, User) else None
    try:
        started = start_checkout(
            cart=cart, buyer=buyer, user=user, expected_total=_expected_total(request), now=timezone.now()
        )
        remember(request, started)
        intent = pay(
            checkout=started,
            confirmation_token=request.POST["confirmation_token"],
            return_url=request.build_absolute_uri(reverse("checkout-return", args=[started.pk])),
        )
    except PaymentInProgress as error:
        remember(request, error.checkout)
        return JsonResponse({"location": reverse("checkout-return", args=[error.checkout.pk])})
    except (PaymentDeclined, PaymentUnavailable, GatewayUnavailable) as error:
        status = (
            HTTPStatus.PAYMENT_REQUIRED
            if isinstance(error, PaymentDeclined)
            else HTTPStatus.SERVICE_UNAVAILABLE
        )
        message = str(error) if isinstance(error, PaymentError) else str(PaymentUnavailable())
        return JsonResponse({"message": message}, status=status)
    except (PaymentError, BookingError) as error:
        messages.warning(request, str(error))
        return JsonResponse({"location": reverse("cart")}, status=HTTPStatus.CONFLICT)
    location = reverse("checkout-return", args=[started.pk])
    if intent.status == IntentStatus.REQUIRES_ACTION:
        return JsonResponse({"client_secret": intent.client_secret, "location": location})
    return JsonResponse({"location": location})


def _refused(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    """422: the page again without a script; with one, only the fields, so that the typed card stays."""
    if not _by_script(request):
        return render(request, "payments/checkout.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    fields = render_to_string("payments/checkout.html#fields", context, request)
    return JsonResponse({"fields": fields}, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _elsewhere(request: HttpRequest, url: str, message: str) -> HttpResponse:
    messages.warning(request, message)
    if _by_script(request):
        return JsonResponse({"location": url}, status=HTTPStatus.CONFLICT)
    return redirect(url)


def _by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _expected_total(request: HttpRequest) -> Decimal:
    """What the page said it would cost; nonsense is a total that no cart has."""
    try:
        return Decimal(request.POST.get("total", ""))
    except InvalidOperation:
        return Decimal(-1)
