"""Checkout pages: thin shells around `payments.services`."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import public
from accounts.models import User
from booking import services as booking
from booking.errors import BookingError
from booking.models import Cart
from courses.money import to_cents
from notifications.actors import wake
from payments import limits, webhooks
from payments.errors import (
    PaymentDeclined,
    PaymentError,
    PaymentInProgress,
    PaymentUnavailable,
    decline_message,
)
from payments.forms import BillingForm, GuestForm
from payments.gateway import BadSignature, GatewayRefused, GatewayUnavailable, IntentStatus, gateway
from payments.models import Checkout
from payments.services import Buyer, cancel_checkout, pay, settle, start_checkout
from payments.tasks import handle_stripe_event

CHECKOUTS_OF_THIS_BROWSER = "checkouts"


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
    _remember(request, ended)
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
        _remember(request, started)
        intent = pay(
            checkout=started,
            confirmation_token=request.POST["confirmation_token"],
            return_url=request.build_absolute_uri(reverse("checkout-return", args=[started.pk])),
        )
    except PaymentInProgress as error:
        _remember(request, error.checkout)
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


def _remember(request: HttpRequest, checkout: Checkout) -> None:
    """Only the browser that paid may open the return page and be logged in by it."""
    known = request.session.get(CHECKOUTS_OF_THIS_BROWSER, [])
    if str(checkout.pk) not in known:
        request.session[CHECKOUTS_OF_THIS_BROWSER] = [*known, str(checkout.pk)]


@public
@never_cache
@require_GET
def checkout_return(request: HttpRequest, checkout_id: UUID) -> HttpResponse:
    """Where the bank sends people back to: settles, or waits for the settlement."""
    checkout = _own_checkout(request, checkout_id)
    if checkout.status == Checkout.Status.PAYING and checkout.intent_id:
        # When it can't be known now, the page asks again in two seconds; the webhook may be first.
        with suppress(GatewayUnavailable, GatewayRefused, BookingError):
            checkout = settle(intent_id=checkout.intent_id, now=timezone.now()) or checkout
    match checkout.status:
        case Checkout.Status.SETTLED:
            return _go(request, _arrive(request, checkout))
        case Checkout.Status.CANCELLED:
            messages.warning(request, _("Ce paiement a été annulé. Rien n’a été débité."))
            return _go(request, reverse("cart"))
        case Checkout.Status.PAYING if checkout.decline_code:
            messages.error(request, decline_message(checkout.decline_code))
            return _go(request, reverse("checkout"))
        case Checkout.Status.PAYING if request.htmx:  # type: ignore[attr-defined]
            return render(request, "payments/waiting.html#waiting", {"checkout": checkout})
        case Checkout.Status.REVIEW if request.htmx:  # type: ignore[attr-defined]
            return _go(request, request.path)
    return render(request, "payments/waiting.html", {"checkout": checkout})


def _own_checkout(request: HttpRequest, checkout_id: UUID) -> Checkout:
    checkout = Checkout.objects.filter(pk=checkout_id).select_related("user").first()
    if checkout is None:
        raise Http404
    by_browser = str(checkout.pk) in request.session.get(CHECKOUTS_OF_THIS_BROWSER, [])
    by_account = request.user.is_authenticated and checkout.user_id == request.user.pk
    if not (by_browser or by_account):
        raise Http404
    return checkout


def _arrive(request: HttpRequest, checkout: Checkout) -> str:
    """Greet the buyer of a settled checkout; a browser that made an account by paying is logged in, once."""
    by_browser = str(checkout.pk) in request.session.get(CHECKOUTS_OF_THIS_BROWSER, [])
    if by_browser and checkout.made_account and checkout.user and not request.user.is_authenticated:
        login(request, checkout.user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[CHECKOUTS_OF_THIS_BROWSER] = [
        known for known in request.session.get(CHECKOUTS_OF_THIS_BROWSER, []) if known != str(checkout.pk)
    ]
    order = checkout.order
    if order.refunds.exists():
        messages.warning(
            request,
            _(
                "Merci! Commande %(number)s : une plage venait d’être prise, elle vous est remboursée. "
                "Le reste est réservé; le détail est dans votre courriel."
            )
            % {"number": order.number},
        )
    else:
        messages.success(
            request,
            _("Merci! Votre réservation %(number)s est confirmée. Un courriel est en route.")
            % {"number": order.number},
        )
    return reverse("dashboard")


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect that HTMX follows as a whole page."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


@public
@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """Stored, then answered; the work is a worker's. Anything but 2xx makes Stripe send it again."""
    try:
        event = gateway().read_webhook(
            body=request.body,
            signature=request.headers.get("Stripe-Signature", ""),
            secrets=settings.STRIPE_WEBHOOK_SECRETS,
        )
    except BadSignature:
        return HttpResponse("bad signature", status=HTTPStatus.BAD_REQUEST, content_type="text/plain")
    if webhooks.receive(event):
        wake(handle_stripe_event, event.id)
    return HttpResponse(status=HTTPStatus.OK)
