"""Stripe's webhooks: stored as they come, handled by re-reading Stripe.

An event is only a reason to look: its body is never believed, its order never relied on.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import F

from payments.gateway import GatewayRefused, GatewayUnavailable, WebhookEvent
from payments.models import StripeEvent
from payments.services.settlement import settle

log = logging.getLogger(__name__)


def receive(event: WebhookEvent) -> bool:
    """Keep an event; False when it was here before. Returns only once the row is committed."""
    _row, is_new = StripeEvent.objects.get_or_create(
        pk=event.id,
        defaults={
            "type": event.type,
            "livemode": event.livemode,
            "api_version": event.api_version or "",
            "payload": event.payload,
            "intent_id": event.intent_id or "",
        },
    )
    return is_new


def handle(*, event_id: str, now: datetime) -> None:
    """Settle what an event is about. A failure is written on the row, and tried again by reconciliation."""
    event = StripeEvent.objects.get(pk=event_id)
    if event.handled_at:
        return
    StripeEvent.objects.filter(pk=event_id).update(attempts=F("attempts") + 1)
    try:
        if event.intent_id:
            settle(intent_id=event.intent_id, now=now)
    except (GatewayUnavailable, GatewayRefused) as error:
        StripeEvent.objects.filter(pk=event_id).update(last_error=str(error))
    except Exception as error:
        StripeEvent.objects.filter(pk=event_id).update(last_error=repr(error))
        raise
    else:
        StripeEvent.objects.filter(pk=event_id).update(handled_at=now, last_error="")


def handle_left_behind(*, now: datetime) -> int:
    """Every event that was stored but not handled: Redis was wiped, a worker died, Stripe didn't answer."""
    open_events = list(StripeEvent.objects.filter(handled_at__isnull=True).order_by("received_at")[:500])
    for event in open_events:
        try:
            handle(event_id=event.pk, now=now)
        except Exception:
            log.exception("Stripe event %s failed again", event.pk)
    return len(open_events)
