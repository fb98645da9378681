"""Destinations that asked to be left alone: a receiver's 410 is for the address, not for the one event."""

from __future__ import annotations

import logging
from datetime import datetime

from notifications.models import OutboxMessage, StoppedDestination, host_of

logger = logging.getLogger(__name__)


def stop(url: str, *, answer: str, now: datetime) -> None:
    """Post nothing there any more. What is recorded for it waits; said once in the log."""
    _, is_new = StoppedDestination.objects.get_or_create(
        url=url, defaults={"stopped_at": now, "answer": answer}
    )
    if is_new:
        logger.error("%s answered 410: nothing is posted there until it is resumed", host_of(url))


def is_stopped(url: str) -> bool:
    return StoppedDestination.objects.filter(url=url).exists()


def given_up_by(stopped: StoppedDestination) -> list[OutboxMessage]:
    """The events whose 410 stopped the destination."""
    return list(
        OutboxMessage.objects.dead()
        .filter(kind=OutboxMessage.Kind.WEBHOOK, destination=stopped.url, last_status=410)
        .filter(dead_at__gte=stopped.stopped_at)
    )
