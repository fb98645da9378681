"""What the workers load: the delivery actors, and what the outbox does by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import dramatiq
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import alerts, claims, stops
from notifications.actors import deliver_mail, deliver_webhook, post_event, wake
from notifications.purging import purge
from notifications.schedule import cron

__all__ = ["deliver_due", "deliver_mail", "deliver_webhook", "post_event", "purge_delivered", "tell_admins"]


@dramatiq.actor(queue_name="webhooks", max_retries=3)
def tell_of_lost_event(message: dict[str, Any], retries: dict[str, int]) -> None:
    """Write to the admins that the queue gave up an event that leaves no row; `message` is `post_event`'s."""
    alerts.tell_of_lost(type=message["args"][0], now=timezone.now())


MAILS = 500  # woken for at once
HEADS = 4  # of each destination: as many threads may be at it


@cron("* * * * *", label=_("Envois en attente"), limit=timedelta(seconds=30), queue="critical")
def deliver_due(*, now: datetime) -> None:
    """Wake the workers for what the wake-ups after the commits left behind."""
    claims.bury_exhausted(now=now)
    stops.follow_urls()
    for message_id in claims.due_webhooks(now=now, limit=HEADS):
        wake(deliver_webhook, str(message_id))
    for message_id in claims.due_mails(now=now, limit=MAILS):
        wake(deliver_mail, str(message_id))


@cron("*/10 * * * *", label=_("Oubli des envois anciens"))
def purge_delivered(*, now: datetime) -> None:
    """Forget what was delivered long ago, with its attempts."""
    purge(before=now - timedelta(days=settings.OUTBOX_DAYS))


@cron("*/10 * * * *", label=_("Alerte des envois qui échouent"))
def tell_admins(*, now: datetime) -> None:
    """Write to the admins when deliveries keep failing."""
    alerts.tell_admins(now=now)
