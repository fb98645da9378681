"""What the rest of the house calls to tell something to the outside."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

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
MAILS_AT_A_TIME = 5
"""By one worker, one after the other: an order has about as many."""


class OutsideTransactionError(RuntimeError):
    """Something was told outside the transaction of what it tells; the two could part."""


def record_event(*, type: str, payload: Mapping[str, Any], now: datetime) -> OutboxMessage | None:  # noqa: A002
    """Write an event into the outbox, inside the transaction of what it tells; the commit wakes a worker.

    `payload` has exactly the keys of its type in `EVENT_TYPES`, as Python values of their types (Decimal,
    aware datetime, UUID…). Raises EventError when it has not, OutsideTransactionError outside a transaction.

    Returns None, and leaves no row, for an event whose destination is not configured (said once in the log),
    and for admin work (`course.*`, `tutor.*`), which goes straight to the queue after the commit, and is lost
    with it.
    """
    _inside_transaction()
    event = EVENT_TYPES[type]
    ready = event.on_the_wire(payload)
    url = event.destination
    if not url:
        return None
    if not event.recorded:
        transaction.on_commit(partial(wake, post_event, type, str(uuid.uuid4()), ready), robust=True)
        return None
    message = OutboxMessage.objects.create(
        kind=OutboxMessage.Kind.WEBHOOK,
        type=type,
        destination=url,
        about=event.subject(ready),
        payload=ready,
        available_at=now,
    )
    _wake_after_commit(message)
    return message


@dataclass(frozen=True)
class MailTo:
    """A mail to be sent: its kind, an account or the address of somebody who has none, and what it is about
    (ids, and facts that are kept nowhere else). Of those with the same kind, recipient and `once`, there is
    one only.
    """

    kind: str
    to: User | str
    about: Mapping[str, Any]
    once: str = ""

    def message(self, now: datetime) -> OutboxMessage:
        user, address = (self.to, self.to.email) if isinstance(self.to, User) else (None, self.to)
        return OutboxMessage(
            kind=OutboxMessage.Kind.MAIL,
            type=kind_of(self.kind).name,
            destination=address,
            payload={"user": str(user.pk) if user else None, "about": as_json(self.about)},
            once=f"{self.kind}:{user.pk if user else address}:{self.once}" if self.once else None,
            available_at=now,
        )


def record_mail(
    *, kind: str, to: User | str, about: Mapping[str, Any], now: datetime, once: str = ""
) -> OutboxMessage | None:
    """`record_mails` for one; None when it was recorded before."""
    recorded = record_mails([MailTo(kind, to, about, once)], now=now)
    return recorded[0] if recorded else None


def record_mails(mails: Iterable[MailTo], *, now: datetime) -> list[OutboxMessage]:
    """Write into the outbox that mails are to be sent, inside the transaction of what they tell; the commit
    wakes a worker. One statement, however many, and a question before it where one says `once`. Gives what
    was recorded.

    Only that is written: `composing.compose` has each mail written when it goes out.
    Raises MailKindError, OutsideTransactionError outside a transaction.
    """
    _inside_transaction()
    messages = [mail.message(now) for mail in mails]
    if keys := [message.once for message in messages if message.once]:
        known = set(OutboxMessage.objects.filter(once__in=keys).values_list("once", flat=True))
        messages = [message for message in messages if message.once not in known]
    # Two at once: both have looked, and the database keeps the first.
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=bool(keys))
    for first in range(0, len(messages), MAILS_AT_A_TIME):
        _wake_after_commit(*messages[first : first + MAILS_AT_A_TIME])
    return messages


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
            _wake_after_commit(message)
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
            _wake_after_commit(first)
        return waiting.count()


def _inside_transaction() -> None:
    if not connection.in_atomic_block:
        raise OutsideTransactionError("record it inside the transaction of what it tells")


def _wake_after_commit(*messages: OutboxMessage) -> None:
    """One worker for messages of one kind. The truth is in their rows: when this never happens, the sweep of
    the next minute finds them.
    """
    keys = [str(message.pk) for message in messages]
    transaction.on_commit(partial(wake, DELIVERERS[messages[0].kind], *keys), robust=True)
