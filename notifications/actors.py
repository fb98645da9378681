"""What the workers do. A message in the queue only says "look at this row": losing one loses nothing."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import dramatiq
import redis
from django.utils import timezone

from notifications import delivery, webhooks
from notifications.models import OutboxMessage

logger = logging.getLogger(__name__)

TIME_LIMIT = 120_000  # ms; the lease of a claim is longer
TURN = 50  # seconds that one wake-up goes on with what waits for the same destination
A_MOMENT = timedelta(seconds=1)
SOON = timedelta(minutes=1)


class NotDeliveredError(Exception):
    """The receiver did not take it; the queue tries again."""


@dramatiq.actor(queue_name="mail", max_retries=0, time_limit=TIME_LIMIT)
def deliver_mail(message_id: str) -> None:
    """Send this mail, if it is due."""
    attempt = delivery.deliver(UUID(message_id), now=timezone.now())
    if attempt:
        _come_back(deliver_mail, attempt)


@dramatiq.actor(queue_name="webhooks", max_retries=0, time_limit=TIME_LIMIT)
def deliver_webhook(message_id: str) -> None:
    """Deliver this event, if it is due and first, then those that waited behind it for the same destination.

    Whoever was woken for one of those found it blocked and left: the one before it takes it along.
    """
    stop = time.monotonic() + TURN
    destination = delivery.destination_if_due(UUID(message_id), now=timezone.now())
    if destination is None:
        return
    if not webhooks.wait_for_turn(destination):
        wake(deliver_webhook, message_id, delay=A_MOMENT)
        return
    attempt = delivery.deliver(UUID(message_id), now=timezone.now())
    while attempt:
        _come_back(deliver_webhook, attempt)
        if time.monotonic() > stop or not webhooks.wait_for_turn(destination):
            if waiting := delivery.next_due(destination, now=timezone.now()):
                wake(deliver_webhook, str(waiting), delay=A_MOMENT)
            return
        attempt = delivery.deliver_next(destination, now=timezone.now())


@dramatiq.actor(queue_name="webhooks", max_retries=5, min_backoff=2_000, time_limit=TIME_LIMIT)
def post_event(type: str, event_id: str, url: str, payload: Any) -> None:  # noqa: A002
    """Tell an event that has no row (admin work): the queue's own retries are all it gets."""
    webhooks.wait_for_turn(url)
    answer = webhooks.send(url=url, event_id=event_id, type=type, payload=payload, now=timezone.now())
    if not answer.delivered and not answer.permanent:
        raise NotDeliveredError(f"{type} {event_id}: {answer.status or ''} {answer.error}")


DELIVERERS: dict[str, dramatiq.Actor[[str], None]] = {
    OutboxMessage.Kind.WEBHOOK: deliver_webhook,
    OutboxMessage.Kind.MAIL: deliver_mail,
}


def wake(actor: dramatiq.Actor[..., None], *args: Any, delay: timedelta | None = None) -> None:
    """Put a message for a worker into the queue. Without Redis it is only said in the log."""
    try:
        actor.send_with_options(args=args, delay=delay)
    except redis.RedisError:
        logger.warning("The queue cannot be reached: %s is not woken", actor.actor_name, exc_info=True)


def _come_back(actor: dramatiq.Actor[[str], None], attempt: delivery.Attempt) -> None:
    """The sweep of each minute is too coarse for the quick attempts, and good enough for the others."""
    if attempt.retry_in and attempt.retry_in < SOON:
        wake(actor, str(attempt.message_id), delay=attempt.retry_in)
