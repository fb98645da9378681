"""Destinations that asked to be left alone: a receiver's 410 is for the address, not for the one event."""

from __future__ import annotations

import logging
from datetime import datetime

from notifications.catalogue import EVENT_TYPES
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


def follow_urls() -> int:
    """Let what waits go to where its type goes today: the setting was changed. Says how many rows moved.

    An address that is no longer anybody's is no longer stopped either.
    """
    StoppedDestination.objects.exclude(
        url__in={event.destination for event in EVENT_TYPES.values() if event.destination}
    ).delete()
    waiting = OutboxMessage.objects.waiting().filter(kind=OutboxMessage.Kind.WEBHOOK)
    moved = 0
    for type_, url in waiting.order_by().values_list("type", "destination").distinct():
        today = EVENT_TYPES[type_].destination if type_ in EVENT_TYPES else None
        if today and today != url:
            moved += waiting.filter(type=type_, destination=url, lease_until=None).update(destination=today)
    return moved
