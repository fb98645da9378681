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

from notifications import delivery, stops, webhooks
from notifications.catalogue import EVENT_TYPES
from notifications.lanes import lanes
from notifications.models import FailingDestination, OutboxMessage

logger = logging.getLogger(__name__)

TIME_LIMIT = 120_000  # ms
TURN = 50  # seconds that one wake-up goes on with what waits for the same destination
A_MOMENT = timedelta(seconds=1)
SOON = timedelta(minutes=1)


class NotDeliveredError(Exception):
    """The receiver did not take it; the queue tries again."""


@dramatiq.actor(queue_name="mail", max_retries=0, time_limit=TIME_LIMIT)
def deliver_mail(*message_ids: str) -> None:
    """Send those of these mails that are due."""
    for message_id in message_ids:
        if attempt := delivery.deliver(UUID(message_id), now=timezone.now()):
            _come_back(deliver_mail, attempt)


@dramatiq.actor(queue_name="webhooks", max_retries=0, time_limit=TIME_LIMIT)
def deliver_webhook(message_id: str) -> None:
    """Deliver what waits for the destination of this event, oldest first.

    The one event is only what somebody was woken for: whoever finds no room, or finds it blocked by an
    earlier one, leaves it to those who are at it.
    """
    destination = OutboxMessage.objects.filter(pk=message_id).values_list("destination", flat=True).first()
    if destination is None:
        return
    stop = time.monotonic() + TURN
    while lanes.enter(destination):
        try:
            all_done = _deliver_waiting(destination, stop)
        finally:
            somebody_left = lanes.leave(destination)
        if not all_done:
            wake(deliver_webhook, message_id, delay=A_MOMENT)
            return
        if not somebody_left:
            return


def _deliver_waiting(destination: str, stop: float) -> bool:
    """False when something may be left, and nobody else is sure to be at it."""
    while lanes.has_room(destination):
        if time.monotonic() > stop or not webhooks.wait_for_turn(destination):
            return False
        attempt = delivery.deliver_next(destination, now=timezone.now())
        if attempt is None:
            return True
        lanes.note(destination, answered=attempt.answered)
        _come_back(deliver_webhook, attempt)
    return True


@dramatiq.actor(
    queue_name="webhooks",
    max_retries=5,
    min_backoff=2_000,
    time_limit=TIME_LIMIT,
    on_retry_exhausted="tell_of_lost_event",
)
def post_event(type: str, event_id: str, payload: Any) -> None:  # noqa: A002
    """Tell an event that has no row (admin work): the queue's own retries are all it gets."""
    url = EVENT_TYPES[type].destination
    if not url or stops.is_stopped(url):
        return
    if not lanes.enter(url):
        raise NotDeliveredError(f"{type} {event_id}: others are being told")
    try:
        webhooks.wait_for_turn(url)
        now = timezone.now()
        answer = webhooks.send(url=url, event_id=event_id, type=type, payload=payload, now=now)
    finally:
        lanes.leave(url)
    lanes.note(url, answered=answer.status is not None)
    if answer.gone:
        stops.stop(url, answer=answer.text, now=now)
    elif not answer.delivered:
        raise NotDeliveredError(f"{type} {event_id}: {answer.status or ''} {answer.error}")
    else:
        FailingDestination.objects.filter(destination=url).update(arrived_at=now)


DELIVERERS: dict[str, dramatiq.Actor[..., None]] = {
    OutboxMessage.Kind.WEBHOOK: deliver_webhook,
    OutboxMessage.Kind.MAIL: deliver_mail,
}


def wake(actor: dramatiq.Actor[..., None], *args: Any, delay: timedelta | None = None) -> None:
    """Put a message for a worker into the queue. Without Redis it is only said in the log."""
    try:
        actor.send_with_options(args=args, delay=delay)
    except redis.RedisError:
        logger.warning("The queue cannot be reached: %s is not woken", actor.actor_name, exc_info=True)


def _come_back(actor: dramatiq.Actor[..., None], attempt: delivery.Attempt) -> None:
    """The sweep of each minute is too coarse for the quick attempts, and good enough for the others."""
    if attempt.retry_in and attempt.retry_in < SOON:
        wake(actor, str(attempt.message_id), delay=attempt.retry_in)
