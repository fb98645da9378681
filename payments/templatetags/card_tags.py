"""What payments lends to the profile's page: the cards that its owner had kept."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone

from payments.models import SavedCard

register = template.Library()


@register.inclusion_tag("payments/saved_cards.html", takes_context=True)
def saved_cards(context: Context) -> dict[str, Any]:
    """A section with the reader's kept cards; nothing for who has none. One query."""
    request, now = context["request"], timezone.now()
    cards = SavedCard.objects.visible_to(request.user)
    return {"cards": [(card, card.is_expired(now)) for card in cards], "request": request}
