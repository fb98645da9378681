"""What the workers load: the delivery actors, and what the outbox does by the clock."""

from __future__ import annotations

from datetime import datetime

from notifications import alerts, delivery
from notifications.actors import DELIVERERS, deliver_mail, deliver_webhook, post_event, wake
from notifications.schedule import cron, every_minute

__all__ = ["deliver_due", "deliver_mail", "deliver_webhook", "post_event", "tell_admins"]


@every_minute
def deliver_due(*, now: datetime) -> None:
    """Wake the workers for what the wake-ups after the commits left behind."""
    delivery.bury_exhausted(now=now)
    for message in delivery.left_behind(now=now):
        wake(DELIVERERS[message.kind], str(message.pk))


@cron("*/10 * * * *")
def tell_admins(*, now: datetime) -> None:
    """Write to the admins when deliveries keep failing."""
    alerts.tell_admins(now=now)
