"""What the rest of the house calls to tell something to the outside."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils.translation import override
from wagtail.log_actions import log

from accounts.models import User
from notifications.actors import DELIVERERS, post_event, wake
from notifications.events import EVENT_TYPES, as_json
from notifications.models import OutboxMessage, OutboxQuerySet

RESEND = "notifications.resend"


class OutsideTransactionError(RuntimeError):
    """Something was told outside the transaction of what it tells; the two could part."""


@dataclass(frozen=True)
class Attachment:
    """A file in a mail. Text is sent as UTF-8."""

    name: str
    content: bytes | str
    mimetype: str

    def as_json(self) -> dict[str, str]:
        content = self.content.encode() if isinstance(self.content, str) else self.content
        return {"name": self.name, "mimetype": self.mimetype, "content": base64.b64encode(content).decode()}


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
        transaction.on_commit(partial(wake, post_event, type, str(uuid.uuid4()), url, ready), robust=True)
        return None
    message = OutboxMessage.objects.create(
        kind=OutboxMessage.Kind.WEBHOOK, type=type, destination=url, payload=ready, available_at=now
    )
    _wake_after_commit(message)
    return message


def record_mail(
    *,
    to: str,
    subject: str,
    template: str,
    context: Mapping[str, Any],
    now: datetime,
    attachments: Sequence[Attachment] = (),
) -> OutboxMessage:
    """Write an e-mail into the outbox, inside the transaction of what it tells; the commit wakes a worker.

    `templates/<template>.txt` and `.html` are rendered at once, in the school's language, with `subject`,
    `site_url` (no slash at the end) and `site_name` beside `context`: what is sent is what was true when it
    happened.
    """
    _inside_transaction()
    subject = " ".join(str(subject).split())
    everything = {
        "subject": subject,
        "site_url": settings.SITE_URL.rstrip("/"),
        "site_name": settings.WAGTAIL_SITE_NAME,
        **context,
    }
    with override(settings.LANGUAGE_CODE):
        text, html = (render_to_string(f"{template}.{end}", everything) for end in ("txt", "html"))
    message = OutboxMessage.objects.create(
        kind=OutboxMessage.Kind.MAIL,
        type=template,
        destination=to,
        payload={
            "subject": subject,
            "text": text.strip() + "\n",
            "html": html.strip() + "\n",
            "attachments": [attachment.as_json() for attachment in attachments],
        },
        available_at=now,
    )
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
            message.lease_until = message.delivered_at = message.dead_at = None
            message.save()
            log(instance=message, action=RESEND, user=user)
            _wake_after_commit(message)
        return len(free)


def _inside_transaction() -> None:
    if not connection.in_atomic_block:
        raise OutsideTransactionError("record it inside the transaction of what it tells")


def _wake_after_commit(message: OutboxMessage) -> None:
    """The truth is in the row: when this never happens, the sweep of the next minute finds it."""
    transaction.on_commit(partial(wake, DELIVERERS[message.kind], str(message.pk)), robust=True)
