"""Payments' work behind the request: level-triggered, safe to run twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import dramatiq
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.schedule import cron
from payments.digest import record_digest
from payments.services import reconciliation, webhooks
from payments.services.completing import complete_due
from payments.services.coupons import deactivate_expired
from payments.services.reminding import remind_due
from payments.tutor_mails import record_day_lists

RECONCILIATION = timedelta(minutes=9)
# A killed worker's turn is over by the next minute but one.
SOON = timedelta(seconds=20)


@dramatiq.actor(queue_name="critical", max_retries=0)
def handle_stripe_event(event_id: str) -> None:
    """Look at what an event is about. The row, not the queue, remembers a failure."""
    webhooks.handle(event_id=event_id, now=timezone.now())


@cron("* * * * *", label=_("Événements de Stripe"), limit=SOON, queue="critical")
def handle_events_left_behind(*, now: datetime) -> None:
    webhooks.handle_left_behind(now=now)


@cron("* * * * *", label=_("Remboursements à demander"), limit=SOON, queue="critical")
def send_refunds_left_behind(*, now: datetime) -> None:
    reconciliation.send_refunds_left_behind(now=now)


@cron("*/10 * * * *", label=_("Rapprochement avec Stripe"), limit=RECONCILIATION)
def reconcile_payments(*, now: datetime) -> None:
    reconciliation.reconcile_since_last_success(now=now)


@cron("*/10 * * * *", label=_("Codes promo expirés"))
def deactivate_expired_coupons(*, now: datetime) -> None:
    """For the admin's list alone: a coupon whose time is over is refused at once."""
    deactivate_expired(now=now)


@cron("*/10 * * * *", label=_("Rappels de cours"))
def remind_of_lessons(*, now: datetime) -> None:
    """The day before each lesson."""
    remind_due(now=now)


@cron("*/10 * * * *", label=_("Courriels du matin"))
def send_morning_mails(*, now: datetime) -> None:
    """The day's list of each tutor and the digest of the admins, each when its hour has come."""
    record_day_lists(now=now)
    record_digest(now=now)


@cron("*/5 * * * *", label=_("Cours donnés"))
def complete_lessons(*, now: datetime) -> None:
    """Lessons whose end has passed were given."""
    complete_due(now=now)
