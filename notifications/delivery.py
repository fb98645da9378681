"""Claim a row, tell the outside, write down what came of it: two short transactions with none between them.

Whoever claims a row holds it by a lease. A worker that dies loses it; the row is due again when the lease is
over, and the attempt counts. A receiver may thus be told twice, never not at all; `event_id` tells it so.

Events for one destination go out in the order in which they happened: while an earlier one is in its first,
quick attempts, the later ones wait. Once it has come to the long waits they pass it.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from notifications import mail, webhooks
from notifications.composing import compose
from notifications.models import OutboxMessage, OutboxQuerySet
from notifications.rules import MAX_ATTEMPTS, QUICK_WAITS, Answer, wait_after

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=150)  # longer than an actor may run


@dataclass(frozen=True)
class Attempt:
    """What came of a claimed message; `retry_in` is None when it is over, well or badly."""

    message_id: UUID
    kind: str
    destination: str
    delivered: bool
    retry_in: timedelta | None


def deliver(message_id: UUID, *, now: datetime) -> Attempt | None:
    """Make one attempt at this message. None when it isn't due, or somebody else has it."""
    return _attempt(OutboxMessage.objects.filter(pk=message_id), now=now)


def deliver_next(destination: str, *, now: datetime) -> Attempt | None:
    """Make one attempt at the oldest webhook that is due for a destination. None when there is none."""
    return _attempt(_webhooks_for(destination), now=now)


def destination_if_due(message_id: UUID, *, now: datetime) -> str | None:
    """Where this message goes, None when `deliver` would not take it."""
    message = _claimable(OutboxMessage.objects.filter(pk=message_id), now)
    return message.values_list("destination", flat=True).first()


def next_due(destination: str, *, now: datetime) -> UUID | None:
    """The webhook that `deliver_next` would take."""
    return _in_order(_claimable(_webhooks_for(destination), now)).values_list("pk", flat=True).first()


def left_behind(*, now: datetime, limit: int = 500) -> list[OutboxMessage]:
    """What a worker should be woken for: each mail that is due, and the first webhook of each destination."""
    due = _claimable(OutboxMessage.objects.all(), now)
    heads = (
        due.filter(kind=OutboxMessage.Kind.WEBHOOK)
        .order_by("destination", "created_at")
        .distinct("destination")
    )
    mails = due.filter(kind=OutboxMessage.Kind.MAIL).order_by("created_at")
    return [*heads[:limit], *mails[:limit]]


def bury_exhausted(*, now: datetime) -> int:
    """Give up what killed its worker at the last attempt too; nobody is left to write that down."""
    return (
        OutboxMessage.objects.waiting()
        .filter(attempts__gte=MAX_ATTEMPTS, lease_until__lte=now)
        .update(
            dead_at=now,
            lease_until=None,
            last_status=None,
            last_error="The worker stopped during the attempt",
        )
    )


def _webhooks_for(destination: str) -> OutboxQuerySet:
    return OutboxMessage.objects.filter(kind=OutboxMessage.Kind.WEBHOOK, destination=destination)


def _in_order(messages: OutboxQuerySet) -> OutboxQuerySet:
    return messages.order_by("created_at", "pk")


def _claimable(messages: OutboxQuerySet, now: datetime) -> OutboxQuerySet:
    earlier = OutboxMessage.objects.waiting().filter(
        Q(created_at__lt=OuterRef("created_at"))
        | Q(created_at=OuterRef("created_at"), pk__lt=OuterRef("pk")),
        kind=OutboxMessage.Kind.WEBHOOK,
        destination=OuterRef("destination"),
        attempts__lte=len(QUICK_WAITS),
    )
    return messages.due(now).filter(
        Q(kind=OutboxMessage.Kind.MAIL) | ~Exists(earlier), attempts__lt=MAX_ATTEMPTS
    )


def _claim(messages: OutboxQuerySet, now: datetime) -> OutboxMessage | None:
    with transaction.atomic():
        message = _in_order(_claimable(messages, now)).select_for_update(skip_locked=True).first()
        if message:
            message.lease_until = now + LEASE
            message.attempts += 1
            message.save(update_fields=["lease_until", "attempts"])
        return message


def _attempt(messages: OutboxQuerySet, *, now: datetime) -> Attempt | None:
    message = _claim(messages, now)
    if message is None:
        return None
    try:
        answer = _send(message, now)
    except Exception as mistake:  # ours; the schedule of attempts holds for it too, and the admin shows it
        logger.exception("%s %s cannot be sent", message.type, message.pk)
        answer = Answer(delivered=False, error=f"{mistake.__class__.__name__}: {mistake}"[: webhooks.KEPT])
    wait = _write_down(message, answer, now)
    return Attempt(message.pk, message.kind, message.destination, answer.delivered, wait)


def _send(message: OutboxMessage, now: datetime) -> Answer:
    if message.kind == OutboxMessage.Kind.MAIL:
        return _send_mail(message, now)
    return webhooks.send(
        url=message.destination, event_id=str(message.pk), type=message.type, payload=message.payload, now=now
    )


def _send_mail(message: OutboxMessage, now: datetime) -> Answer:
    """What was said and to which address is kept with the message; no file, and nothing secret, is in it."""
    written = compose(kind=message.type, to=message.destination, payload=message.payload, now=now)
    if written is None:
        return Answer(delivered=False, moot=True)
    message.destination = written.to
    message.payload = {**message.payload, "subject": written.subject, "text": written.text}
    return mail.send(written, message_id=str(message.pk))


def _write_down(message: OutboxMessage, answer: Answer, now: datetime) -> timedelta | None:
    """Returns the wait before the next attempt."""
    row = OutboxMessage.objects.waiting().filter(pk=message.pk)
    if answer.delivered:
        # Even when the lease ran out meanwhile: it arrived.
        said = {"destination": message.destination, "payload": message.payload} if message.is_mail else {}
        row.update(delivered_at=now, lease_until=None, last_status=answer.status, last_error="", **said)
        return None
    if answer.moot:
        row.filter(lease_until=message.lease_until).update(
            moot_at=now, lease_until=None, last_status=None, last_error=""
        )
        return None
    wait = wait_after(message.attempts, retry_after=answer.retry_after, jitter=random.random())  # noqa: S311
    if answer.permanent:
        wait = None
    ours = row.filter(lease_until=message.lease_until).update(
        lease_until=None,
        last_status=answer.status,
        last_error=answer.error,
        **({"available_at": now + wait} if wait else {"dead_at": now}),
    )
    if ours and not wait:
        logger.error("%s %s is given up after %d attempts", message.type, message.pk, message.attempts)
    return wait if ours else None
