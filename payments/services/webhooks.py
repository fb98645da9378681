"""Stripe's webhooks: stored as they come, handled by re-reading Stripe.

An event is only a reason to look: its body is never believed, its order never relied on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from booking.errors import TryAgain
from payments.gateway import GatewayRefused, GatewayUnavailable, WebhookEvent
from payments.models import Checkout, Review, StripeEvent
from payments.services.disputes import take_in_dispute
from payments.services.refunds import take_in_refunds
from payments.services.reviews import close_reviews, open_review
from payments.services.settlement import settle

log = logging.getLogger(__name__)
Outcome = StripeEvent.Outcome

# After the first, second… attempt. The last goes on for ever: reconciliation is no rarer.
WAITS = (timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=10))
# From then on a person is told; we go on trying.
PATIENCE = 4
AT_ONCE = 500


def receive(event: WebhookEvent) -> bool:
    """Keep an event; False when it was here before. Returns only once the row is committed."""
    _row, is_new = StripeEvent.objects.get_or_create(
        pk=event.id,
        defaults={
            "type": event.type,
            "livemode": event.livemode,
            "api_version": event.api_version or "",
            "payload": event.payload,
            "object_id": event.object_id or "",
            "intent_id": event.intent_id or "",
        },
    )
    return is_new


def handle(*, event_id: str, now: datetime, at_once: bool = False) -> StripeEvent:
    """Look at what an event is about, unless that was done, or is being done or not due yet (`at_once` tries
    all the same). A failure is written on the row and tried again later, in the end shown to a person;
    one that we didn't foresee is raised, too.
    """
    event = StripeEvent.objects.get(pk=event_id)
    if not _claim(event, now, at_once=at_once):
        return event
    try:
        outcome = _act_on(event, now)
    except Exception as error:
        foreseen = isinstance(error, (GatewayUnavailable, GatewayRefused, TryAgain))
        _failed(event, str(error) if foreseen else repr(error), now)
        if not foreseen:
            raise
    else:
        _done(event, outcome, now)
    return event


def handle_left_behind(*, now: datetime, at_once: bool = False) -> int:
    """Every event that is stored, not handled and due: Redis was wiped, a worker died, Stripe didn't answer.

    Says how many were tried; each by itself.
    """
    events = StripeEvent.objects.waiting() if at_once else StripeEvent.objects.due(now)
    # Those that fail for ever never stand before those that were not tried.
    ids = list(events.order_by("attempts", "received_at").values_list("pk", flat=True)[:AT_ONCE])
    for event_id in ids:
        try:
            handle(event_id=event_id, now=now, at_once=at_once)
        except Exception:
            log.exception("Stripe event %s failed again", event_id)
    return len(ids)


def _claim(event: StripeEvent, now: datetime, *, at_once: bool) -> bool:
    """Take the next attempt, if nobody else just did."""
    free = StripeEvent.objects.waiting() if at_once else StripeEvent.objects.due(now)
    wait = WAITS[min(event.attempts, len(WAITS) - 1)]
    taken = free.filter(pk=event.pk, attempts=event.attempts).update(
        attempts=F("attempts") + 1, next_attempt_at=now + wait
    )
    event.attempts += taken
    return bool(taken)


def _failed(event: StripeEvent, error: str, now: datetime) -> None:
    event.last_error = error
    StripeEvent.objects.filter(pk=event.pk, handled_at=None).update(last_error=error)
    if event.attempts >= PATIENCE:
        open_review(
            kind=Review.Kind.EVENT_FAILED,
            subject=event.pk,
            detail=f"{event.type} : {error}",
            event=event,
            checkout=_checkout_of(event),
            now=now,
        )


def _done(event: StripeEvent, outcome: Outcome, now: datetime) -> None:
    event.handled_at, event.outcome, event.last_error = now, outcome, ""
    event.save(update_fields=["handled_at", "outcome", "last_error"])
    if event.attempts > PATIENCE:
        close_reviews(
            kind=Review.Kind.EVENT_FAILED, subject=event.pk, resolution=_("Traité depuis."), now=now
        )


def _act_on(event: StripeEvent, now: datetime) -> Outcome:
    if event.livemode != is_live():
        return Outcome.OTHER_MODE
    handler = HANDLERS.get(event.type)
    if handler is None:
        return Outcome.UNKNOWN_TYPE
    try:
        return Outcome.DONE if handler(event, now) else Outcome.FOREIGN
    except GatewayRefused as refused:
        if refused.code == "resource_missing" and _checkout_of(event) is None:
            return Outcome.FOREIGN  # another account's
        raise


def is_live() -> bool:
    """Whether our key moves real money; events of the other mode are not ours."""
    return settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))


def _checkout_of(event: StripeEvent) -> Checkout | None:
    return Checkout.objects.filter(intent_id=event.intent_id).first() if event.intent_id else None


def _payment_moved(event: StripeEvent, now: datetime) -> bool:
    return settle(intent_id=event.intent_id, now=now) is not None


def _refund_moved(event: StripeEvent, now: datetime) -> bool:
    """A refund of money that was not settled yet finds its order only after that."""
    if not event.intent_id or settle(intent_id=event.intent_id, now=now) is None:
        return False
    take_in_refunds(intent_id=event.intent_id, now=now)
    return True


def _dispute_moved(event: StripeEvent, now: datetime) -> bool:
    return take_in_dispute(dispute_id=event.object_id, now=now) is not None


# By type; whatever else comes is kept and has no consequence.
HANDLERS: dict[str, Callable[[StripeEvent, datetime], bool]] = {
    "payment_intent.succeeded": _payment_moved,
    "payment_intent.payment_failed": _payment_moved,
    "payment_intent.canceled": _payment_moved,
    "payment_intent.processing": _payment_moved,
    "payment_intent.requires_action": _payment_moved,
    "refund.created": _refund_moved,
    "refund.updated": _refund_moved,
    "refund.failed": _refund_moved,
    "charge.refunded": _refund_moved,
    "charge.dispute.created": _dispute_moved,
    "charge.dispute.updated": _dispute_moved,
    "charge.dispute.closed": _dispute_moved,
    "charge.dispute.funds_withdrawn": _dispute_moved,
    "charge.dispute.funds_reinstated": _dispute_moved,
}
