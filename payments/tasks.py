"""Payments' work behind the request: level-triggered, safe to run twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import dramatiq
from django.utils import timezone

from notifications.schedule import cron, every_minute
from payments import webhooks
from payments.services import reconcile
from payments.services.coupons import deactivate_expired


@dramatiq.actor(queue_name="critical", max_retries=0)
def handle_stripe_event(event_id: str) -> None:
    """Look at what an event is about. The row, not the queue, remembers a failure."""
    webhooks.handle(event_id=event_id, now=timezone.now())


@every_minute
def handle_events_left_behind(*, now: datetime) -> None:
    webhooks.handle_left_behind(now=now)


@cron("*/10 * * * *", limit=timedelta(minutes=9))
def reconcile_payments(*, now: datetime) -> None:
    reconcile(now=now)


@cron("*/10 * * * *")
def deactivate_expired_coupons(*, now: datetime) -> None:
    """For the admin's list alone: a coupon whose time is over is refused at once."""
    deactivate_expired(now=now)
