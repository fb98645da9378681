"""Claim a row, tell the outside, write down what came of it: two short statements with none between them.

Whoever claims a row holds it by a lease. A worker that dies loses it; the row is due again when the lease is
over, and the attempt counts. A receiver may thus be told twice, never not at all; `event_id` tells it so.

Events for one destination that are about the same go out in the order in which they happened: while an
earlier one is in its first, quick attempts, the later ones wait. Once it has come to the long waits they pass
it. Events about different things wait for nobody.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dramatiq.middleware import TimeLimitExceeded

from notifications import claims, mail, stops, webhooks
from notifications.claims import Claim
from notifications.composing import compose
from notifications.leases import keeper
from notifications.models import OutboxMessage
from notifications.rules import KEPT, Answer, wait_after

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """What came of a claimed message; `retry_in` is None when it is over, well or badly."""

    message_id: UUID
    kind: str
    destination: str
    delivered: bool
    retry_in: timedelta | None
    answered: bool = True


def deliver(message_id: UUID, *, now: datetime) -> Attempt | None:
    """Make one attempt at this message. None when it isn't due, or somebody else has it."""
    return _attempt(claims.claim(message_id, now=now), now)


def deliver_next(destination: str, *, now: datetime) -> Attempt | None:
    """Make one attempt at the oldest webhook that is due for a destination. None when there is none."""
    return _attempt(claims.claim_next(destination, now=now), now)


def _attempt(claimed: Claim | None, now: datetime) -> Attempt | None:
    if claimed is None:
        return None
    message, started = claimed.message, time.monotonic()
    with keeper.hold(claimed, now=now):
        answer = _answer(message, now)
    ended_at = now + timedelta(seconds=time.monotonic() - started)
    wait = None
    if not (answer.delivered or answer.permanent or answer.moot):
        wait = wait_after(message.attempts, retry_after=answer.retry_after, jitter=random.random())  # noqa: S311
    ours = claims.write_down(claimed, answer, wait=wait, ended_at=ended_at)
    if answer.gone:
        stops.stop(message.destination, answer=answer.text, now=ended_at)
    if ours and wait is None and not (answer.delivered or answer.moot):
        logger.error("%s %s is given up after %d attempts", message.type, message.pk, message.attempts)
    return Attempt(
        message.pk,
        message.kind,
        message.destination,
        answer.delivered,
        wait if ours else None,
        answered=answer.status is not None,
    )


def _answer(message: OutboxMessage, now: datetime) -> Answer:
    try:
        return _send(message, now)
    except TimeLimitExceeded:
        return Answer(delivered=False, error="TimeLimitExceeded")
    except Exception as mistake:  # ours; the schedule of attempts holds for it too, and the admin shows it
        logger.exception("%s %s cannot be sent", message.type, message.pk)
        return Answer(delivered=False, error=f"{mistake.__class__.__name__}: {mistake}"[:KEPT])


def _send(message: OutboxMessage, now: datetime) -> Answer:
    if message.is_mail:
        return _send_mail(message, now)
    return webhooks.send(
        url=message.destination, event_id=str(message.pk), type=message.type, payload=message.payload, now=now
    )


def _send_mail(message: OutboxMessage, now: datetime) -> Answer:
    """What was said and to which address is kept with the message, but for its files and what is secret."""
    written = compose(kind=message.type, to=message.destination, payload=message.payload, now=now)
    if written is None:
        return Answer(delivered=False, moot=True)
    message.destination = written.to
    message.payload = {**message.payload, "subject": written.subject}
    if not written.secret:
        message.payload["text"] = written.text
    return mail.send(written, message_id=str(message.pk))
