"""What the rest of the house calls to tell something to the outside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connection, transaction
from wagtail.log_actions import log

from accounts.models import User
from notifications import stops
from notifications.actors import DELIVERERS, post_event, wake
from notifications.catalogue import EVENT_TYPES
from notifications.composing import kind_of
from notifications.models import OutboxMessage, OutboxQuerySet, StoppedDestination
from notifications.wire import as_json

RESEND = "notifications.resend"
RESUME = "notifications.resume"
# Of mails one worker sends some, one after the other: an order has about as many.
AT_A_TIME: dict[str, int] = {OutboxMessage.Kind.WEBHOOK: 1, OutboxMessage.Kind.MAIL: 5}


class OutsideTransactionError(RuntimeError):
    """Something was told outside the transaction of what it tells; the two could part."""


class _Row(NamedTuple):
    """What is written of a message; `payload` as JSON. Of those with the same `once` there is one only."""

    id: UUID
    kind: str
    type: str
    destination: str
    about: str
    payload: str
    once: str | None


# By hand: no sale goes without, and Django would take most of its time to put the same together each time.
# The rows of one statement are a microsecond apart: they go out in the order of their `created_at`.
_RECORD = """
INSERT INTO notifications_outboxmessage
    (id, kind, type, destination, about, payload, once, available_at, attempts, last_error, created_at)
SELECT id, kind, type, destination, about, payload::jsonb, once, %s, 0, '',
       statement_timestamp() + place * interval '1 microsecond'
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    WITH ORDINALITY AS told (id, kind, type, destination, about, payload, once, place)
ON CONFLICT (once) DO NOTHING
RETURNING id
"""


@dataclass(frozen=True)
class Event:
    """An event to be told. `payload` has exactly the keys of its type in `EVENT_TYPES`, as Python values of
    their types (Decimal, aware datetime, UUID…).
    """

    type: str
    payload: Mapping[str, Any]

    def row(self) -> _Row | None:
        """None when its destination is not configured (said once in the log), and for admin work (`course.*`,
        `tutor.*`), which goes straight to the queue after the commit, and is lost with it.
        """
        event = EVENT_TYPES[self.type]
        ready = event.on_the_wire(self.payload)
        url = event.destination
        if not url:
            return None
        if not event.recorded:
            posted = partial(wake, post_event, self.type, str(uuid4()), ready)
            transaction.on_commit(posted, robust=True)
            return None
        kind = OutboxMessage.Kind.WEBHOOK.value
        return _Row(uuid4(), kind, self.type, url, event.subject(ready), json.dumps(ready), None)


@dataclass(frozen=True)
class MailTo:
    """A mail to be sent: its kind, an account or the address of somebody who has none, and what it is about
    (ids, and facts that are kept nowhere else). Of those with the same kind, recipient and `once`, there is
    one only. `composing.compose` has it written when it goes out.
    """

    kind: str
    to: User | str
    about: Mapping[str, Any]
    once: str = ""

    def row(self) -> _Row:
        user, address = (self.to, self.to.email) if isinstance(self.to, User) else (None, self.to)
        payload = {"user": str(user.pk) if user else None, "about": as_json(self.about)}
        once = f"{self.kind}:{user.pk if user else address}:{self.once}" if self.once else None
        kind = OutboxMessage.Kind.MAIL.value
        return _Row(uuid4(), kind, kind_of(self.kind).name, address, "", json.dumps(payload), once)


def record(*told: Event | MailTo, now: datetime) -> list[UUID]:
    """Write into the outbox what is to be told, inside the transaction of what happened; the commit wakes
    workers. Gives the ids of what was recorded, in its order: not what its `once` says was recorded before.

    Raises EventError when a payload has not the keys of its type, MailKindError, OutsideTransactionError
    outside a transaction.
    """
    if not connection.in_atomic_block:
        raise OutsideTransactionError("record it inside the transaction of what it tells")
    rows = [row for each in told if (row := each.row())]
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [now, *map(list, zip(*rows, strict=True))])
        written = {message_id for (message_id,) in cursor.fetchall()}
    for kind in DELIVERERS:
        _wake_after_commit(kind, [row.id for row in rows if row.kind == kind and row.id in written])
    return [row.id for row in rows if row.id in written]


def record_event(*, type: str, payload: Mapping[str, Any], now: datetime) -> UUID | None:  # noqa: A002
    """`record` for one event; None when there is nothing to be kept of it."""
    recorded = record(Event(type, payload), now=now)
    return recorded[0] if recorded else None


def record_mail(
    *, kind: str, to: User | str, about: Mapping[str, Any], now: datetime, once: str = ""
) -> UUID | None:
    """`record` for one mail; None when it was recorded before."""
    recorded = record(MailTo(kind, to, about, once), now=now)
    return recorded[0] if recorded else None


def resend(*, messages: OutboxQuerySet, user: User, now: datetime) -> int:
    """Make messages due again with all their attempts, whatever became of them; says how many.

    An event goes to where its type goes today, under its old `event_id`. What is under way is left alone.
    """
    with transaction.atomic():
        free = messages.exclude(lease_until__gt=now).select_for_update().order_by("created_at")
        for message in free:
            if message.kind == OutboxMessage.Kind.WEBHOOK:
                message.destination = EVENT_TYPES[message.type].destination or message.destination
            message.attempts = 0
            message.available_at = now
            message.lease_until = message.delivered_at = message.dead_at = message.moot_at = None
            message.save()
            log(instance=message, action=RESEND, user=user)
            _wake_after_commit(message.kind, [message.pk])
        return len(free)


def resume_destination(*, stopped: StoppedDestination, user: User, now: datetime) -> int:
    """Post to this address again: what waited for it, and the events whose 410 stopped it; says how many."""
    with transaction.atomic():
        again = OutboxMessage.objects.filter(pk__in=[message.pk for message in stops.given_up_by(stopped)])
        resend(messages=again, user=user, now=now)
        waiting = OutboxMessage.objects.waiting().filter(destination=stopped.url).order_by("created_at")
        log(instance=stopped, action=RESUME, user=user, title=stopped.where)
        stopped.delete()
        if first := waiting.first():
            _wake_after_commit(first.kind, [first.pk])
        return waiting.count()


def _wake_after_commit(kind: str, ids: Sequence[UUID]) -> None:
    """The truth is in the rows: when this never happens, the sweep of the next minute finds them."""
    keys = [str(message_id) for message_id in ids]
    for first in range(0, len(keys), AT_A_TIME[kind]):
        some = keys[first : first + AT_A_TIME[kind]]
        transaction.on_commit(partial(wake, DELIVERERS[kind], *some), robust=True)
