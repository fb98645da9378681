"""What the rest of the house calls to tell something to the outside."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from wagtail.log_actions import log

from accounts.models import User
from notifications import stops
from notifications.actors import DELIVERERS, post_event, wake
from notifications.composing import kind_of
from notifications.events import EVENT_TYPES, as_json
from notifications.models import OutboxMessage, OutboxQuerySet, StoppedDestination

RESEND = "notifications.resend"
RESUME = "notifications.resume"


class OutsideTransactionError(RuntimeError):
    """Something was told outside the transaction of what it tells; the two could part."""


def record_event(*, type: str, payload: Mapping[str, Any], now: datetime) -> OutboxMessage | None:  # noqa: A002
    """Write an event into the outbox, inside the transaction of what it tells; the commit wakes a worker.

    `payload` has exactly the keys of its type in `EVENT_TYPES`, as Python values (Decimal, aware datetime,
    UUID…). Raises EventError when it has not, OutsideTransactionError outside a transaction.

    Returns None, and leaves no row, for an event whose destination is not configured (said once in the log),
    and for admin work (`course.*`, `tutor.*`), which goes straight to the queue after the commit, and is lost
    with it.
    """
    _inside_transaction()
    event = EVENT_TYPES[type]
    event.check(payload)
    ready = as_json(payload)
    url = event.destination
    if not url:
        return None
    if not event.recorded:
        transaction.on_commit(partial(wake, post_event, type, str(uuid.uuid4()), ready), robust=True)
        return None
    message = OutboxMessage.objects.create(
        kind=OutboxMessage.Kind.WEBHOOK, type=type, destination=url, payload=ready, available_at=now
    )
    _wake_after_commit(message)
    return message


def record_mail(
    *, kind: str, to: User | str, about: Mapping[str, Any], now: datetime, once: str = ""
) -> OutboxMessage | None:
    """Write into the outbox that a mail is to be sent, inside the transaction of what it tells; the commit
    wakes a worker.

    Only that is written: `composing.compose` has the mail of this kind written when it goes out, from what
    `about` names (ids, and facts that are kept nowhere else). `to` is an account, or the address of somebody
    who has none. Of two with the same kind, recipient and `once`, the second is not recorded: None.

    Raises MailKindError, OutsideTransactionError outside a transaction.
    """
    _inside_transaction()
    kind_of(kind)
    user, address = (to, to.email) if isinstance(to, User) else (None, to)
    fields: dict[str, Any] = {
        "kind": OutboxMessage.Kind.MAIL,
        "type": kind,
        "destination": address,
        "payload": {"user": str(user.pk) if user else None, "about": as_json(about)},
        "available_at": now,
    }
    if once:
        key = f"{kind}:{user.pk if user else address}:{once}"
        message, is_new = OutboxMessage.objects.get_or_create(once=key, defaults=fields)
        if not is_new:
            return None
    else:
        message = OutboxMessage.objects.create(**fields)
    _wake_after_commit(message)
    return message


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


def _wake_after_commit(message: OutboxMessage) -> None:
    """The truth is in the row: when this never happens, the sweep of the next minute finds it."""
    transaction.on_commit(partial(wake, DELIVERERS[message.kind], str(message.pk)), robust=True)
