"""The list "À traiter": what no rule resolves is opened here, and closed by a person or by events."""

from __future__ import annotations

import logging
from datetime import datetime

from accounts.models import User
from payments.models import Checkout, Order, Refund, Review, StripeEvent

log = logging.getLogger(__name__)


def open_review(
    *,
    kind: Review.Kind,
    subject: str,
    detail: str,
    now: datetime,
    checkout: Checkout | None = None,
    order: Order | None = None,
    refund: Refund | None = None,
    event: StripeEvent | None = None,
) -> Review:
    """Have a person look at `subject`; while a review of it is open, asking again changes nothing."""
    review, is_new = Review.objects.get_or_create(
        kind=kind,
        subject=subject,
        resolved_at=None,
        defaults={
            "detail": detail,
            "checkout": checkout,
            "order": order,
            "refund": refund,
            "event": event,
            "opened_at": now,
        },
    )
    if is_new:
        log.error("A person is needed: %s %s: %s", kind, subject, detail)
    return review


def close_reviews(
    *, kind: Review.Kind, subject: str, resolution: str, now: datetime, by: User | None = None
) -> int:
    """What was waited for came by itself, or a person saw to it; says how many were open."""
    return (
        Review.objects.open()
        .filter(kind=kind, subject=subject)
        .update(resolved_at=now, resolved_by=by, resolution=resolution)
    )
