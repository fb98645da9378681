"""The cards that a member had kept, on the profile's page."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import member
from accounts.models import User
from payments.gateway import GatewayRefused, GatewayUnavailable
from payments.models import SavedCard
from payments.services.cards import remove_card


@member
@require_POST
def card_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a card forgotten. One that is gone already is as good as removed."""
    card = SavedCard.objects.visible_to(cast(User, request.user)).filter(pk=pk).first()
    if card is None and SavedCard.objects.filter(pk=pk).exists():
        raise Http404
    try:
        if card:
            remove_card(card=card)
    except (GatewayUnavailable, GatewayRefused):
        messages.error(
            request,
            _(
                "Le service de paiement ne répond pas : la carte est encore gardée. "
                "Réessayez dans un instant."
            ),
        )
    else:
        messages.success(request, _("La carte est oubliée, chez nous comme chez Stripe."))
    return redirect("profile")
