"""Where a payment comes back to: from the bank, or while its settlement is awaited."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.access import public
from booking.errors import BookingError
from booking.prepared import prepared
from payments.errors import decline_message
from payments.gateway import GatewayRefused, GatewayUnavailable
from payments.models import Checkout
from payments.services import settle

CHECKOUTS_OF_THIS_BROWSER = "checkouts"
# Whether the page settles a checkout or tells of it: settling reads the whole row again, under its lock.
SHOWN = ("status", "user_id", "email", "intent_id", "decline_code", "made_account", "prefers_credit")


def remember(request: HttpRequest, checkout: Checkout) -> None:
    """Only the browser in which a guest paid may open the return page, and be logged in by it. A member's
    is known by its account.
    """
    if checkout.user_id and checkout.user_id == request.user.pk:
        return
    known = request.session.get(CHECKOUTS_OF_THIS_BROWSER, [])
    if str(checkout.pk) not in known:
        request.session[CHECKOUTS_OF_THIS_BROWSER] = [*known, str(checkout.pk)]


@public
@never_cache
@require_GET
@prepared()
def checkout_return(request: HttpRequest, checkout_id: UUID) -> HttpResponse:
    """Where the bank sends people back to: settles, or waits for the settlement."""
    checkout = _own_checkout(request, checkout_id)
    if checkout.status == Checkout.Status.PAYING and checkout.intent_id:
        # When it can't be known now, the page asks again in two seconds; the webhook may be first.
        with suppress(GatewayUnavailable, GatewayRefused, BookingError):
            member = request.user if request.user.is_authenticated else None
            checkout = settle(intent_id=checkout.intent_id, now=timezone.now(), asking=member) or checkout
    match checkout.status:
        case Checkout.Status.SETTLED:
            return go(request, _arrive(request, checkout))
        case Checkout.Status.CANCELLED:
            messages.warning(request, _("Ce paiement a été annulé. Rien n’a été débité."))
            return go(request, reverse("cart"))
        case Checkout.Status.PAYING if checkout.decline_code:
            messages.error(request, decline_message(checkout.decline_code))
            return go(request, reverse("checkout"))
        case Checkout.Status.PAYING if request.htmx:  # type: ignore[attr-defined]
            return render(request, "payments/waiting.html#waiting", {"checkout": checkout})
        case Checkout.Status.REVIEW | Checkout.Status.CLOSED if request.htmx:  # type: ignore[attr-defined]
            return go(request, request.path)
    return render(request, "payments/waiting.html", {"checkout": checkout})


def _own_checkout(request: HttpRequest, checkout_id: UUID) -> Checkout:
    checkout = get_object_or_404(Checkout.objects.only(*SHOWN), pk=checkout_id)
    by_browser = str(checkout.pk) in request.session.get(CHECKOUTS_OF_THIS_BROWSER, [])
    by_account = request.user.is_authenticated and checkout.user_id == request.user.pk
    if not (by_browser or by_account):
        raise Http404
    return checkout


def _arrive(request: HttpRequest, checkout: Checkout) -> str:
    """Greet the buyer of a settled checkout; a browser that made an account by paying is logged in, once."""
    known = request.session.get(CHECKOUTS_OF_THIS_BROWSER, [])
    if str(checkout.pk) in known:
        if checkout.made_account and checkout.user and not request.user.is_authenticated:
            login(request, checkout.user, backend="django.contrib.auth.backends.ModelBackend")
        request.session[CHECKOUTS_OF_THIS_BROWSER] = [each for each in known if each != str(checkout.pk)]
    order = checkout.order
    if all(order.booked):
        said = _("Merci! Votre réservation %(number)s est confirmée. Un courriel est en route.")
        messages.success(request, said % {"number": order.number})
        return reverse("dashboard")
    if any(order.booked):
        said = _(
            "Merci! Commande %(number)s : une plage venait d’être prise, ce que vous avez payé pour elle "
            "%(given_back)s. Le reste est réservé; le détail est dans votre courriel."
        )
    else:
        said = _(
            "Commande %(number)s : la plage venait d’être prise, rien n’est réservé. "
            "Ce que vous avez payé %(given_back)s; le détail est dans votre courriel."
        )
    given_back = _("vous est rendu en crédits") if checkout.prefers_credit else _("vous est remboursé")
    messages.warning(request, said % {"number": order.number, "given_back": given_back})
    return reverse("dashboard")


def go(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect that HTMX follows as a whole page."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
