"""Who may deliver what, and what came of it: the outbox's few statements, each a transaction of its own.

They run for every delivery, so each does all it can in one round trip, and none is put together anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from notifications.models import OutboxMessage
from notifications.rules import KEPT, MAX_ATTEMPTS, QUICK_WAITS, Answer

# Longer than the pause between two renewals, short enough that a killed worker's work goes on soon.
LEASE = timedelta(seconds=12)
STOPPED = "The worker stopped during the attempt"


def _open(row: str) -> str:
    """Neither delivered, nor given up, nor no longer to be said."""
    return f"{row}.delivered_at IS NULL AND {row}.dead_at IS NULL AND {row}.moot_at IS NULL"


# `m` is the row that is looked at. By OFFSET 0 each stays a look into an index, however many rows wait.
_CLAIMABLE = f"""
    {_open("m")} AND m.available_at <= %(now)s AND m.attempts < {MAX_ATTEMPTS}
    AND (m.lease_until IS NULL OR m.lease_until <= %(now)s)
    AND (
        m.kind = 'mail'
        OR (
            NOT EXISTS (
                SELECT FROM notifications_stoppeddestination stopped
                WHERE stopped.url = m.destination OFFSET 0
            )
            AND NOT EXISTS (
                SELECT FROM notifications_outboxmessage earlier
                WHERE {_open("earlier")}
                AND earlier.destination = m.destination AND earlier.about = m.about
                AND (earlier.created_at, earlier.id) < (m.created_at, m.id)
                AND earlier.kind = 'webhook' AND earlier.attempts <= {len(QUICK_WAITS)}
                OFFSET 0
            )
        )
    )
"""  # noqa: S608

_CLAIM = """
WITH next AS (
    SELECT m.id FROM notifications_outboxmessage m
    WHERE {which} AND {claimable}
    ORDER BY m.created_at, m.id LIMIT 1 FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE notifications_outboxmessage m SET attempts = m.attempts + 1, lease_until = %(lease_until)s
    FROM next WHERE m.id = next.id RETURNING m.*
), lost AS (
    UPDATE notifications_deliveryattempt a SET ended_at = %(now)s, error = %(stopped)s
    FROM claimed WHERE a.message_id = claimed.id AND a.ended_at IS NULL
), begun AS (
    INSERT INTO notifications_deliveryattempt
        (message_id, number, started_at, delivered, error, answer)
    SELECT id, attempts, %(now)s, false, '', '' FROM claimed RETURNING id AS attempt_id, message_id
)
SELECT claimed.*, begun.attempt_id FROM claimed JOIN begun ON begun.message_id = claimed.id
"""
_CLAIM_ONE = _CLAIM.format(which="m.id = %(id)s", claimable=_CLAIMABLE)
_CLAIM_NEXT = _CLAIM.format(
    which="m.kind = 'webhook' AND m.destination = %(destination)s", claimable=_CLAIMABLE
)

_MAILS_DUE = f"""
SELECT m.id FROM notifications_outboxmessage m WHERE m.kind = 'mail' AND {_CLAIMABLE}
ORDER BY m.created_at, m.id LIMIT %(limit)s
"""  # noqa: S608
_DESTINATIONS = f"""
SELECT DISTINCT m.destination FROM notifications_outboxmessage m
WHERE {_open("m")} AND m.kind = 'webhook' AND m.available_at <= %(now)s
ORDER BY m.destination
"""  # noqa: S608
_WEBHOOKS_DUE = f"""
SELECT m.id FROM notifications_outboxmessage m
WHERE m.kind = 'webhook' AND m.destination = %(destination)s AND {_CLAIMABLE}
ORDER BY m.created_at, m.id LIMIT %(limit)s
"""  # noqa: S608

_WRITE_DOWN = f"""
WITH ended AS (
    UPDATE notifications_deliveryattempt
    SET ended_at = %(ended_at)s, delivered = %(delivered)s, status = %(status)s, error = %(error)s,
        answer = %(answer)s
    WHERE id = %(attempt_id)s
)
UPDATE notifications_outboxmessage m
SET lease_until = NULL, last_status = %(status)s, last_error = %(last_error)s, {{outcome}}
WHERE m.id = %(id)s AND {_open("m")} AND {{ours}}
RETURNING m.id
"""  # noqa: S608
# The lease is ours as long as nobody began another attempt, and nobody made it due again by hand.
_OURS = """m.lease_until IS NOT NULL AND NOT EXISTS (
    SELECT FROM notifications_deliveryattempt a WHERE a.message_id = m.id AND a.id > %(attempt_id)s
)"""
# Even when the lease ran out meanwhile: it arrived.
_DELIVERED = _WRITE_DOWN.format(outcome="delivered_at = %(ended_at)s", ours="true")
_MAIL_DELIVERED = _WRITE_DOWN.format(
    outcome="delivered_at = %(ended_at)s, destination = %(destination)s, payload = %(payload)s", ours="true"
)
_MOOT = _WRITE_DOWN.format(outcome="moot_at = %(ended_at)s", ours=_OURS)
_RETRY = _WRITE_DOWN.format(outcome="available_at = %(available_at)s", ours=_OURS)
_DEAD = _WRITE_DOWN.format(outcome="dead_at = %(ended_at)s", ours=_OURS)

_RENEW = f"""
UPDATE notifications_outboxmessage m SET lease_until = %(lease_until)s
WHERE m.id = %(id)s AND {_open("m")} AND {_OURS}
"""  # noqa: S608

_BURY = f"""
WITH dead AS (
    UPDATE notifications_outboxmessage m
    SET dead_at = %(now)s, lease_until = NULL, last_status = NULL, last_error = %(stopped)s
    WHERE {_open("m")} AND m.attempts >= {MAX_ATTEMPTS} AND m.lease_until <= %(now)s
    RETURNING m.id
), lost AS (
    UPDATE notifications_deliveryattempt a SET ended_at = %(now)s, error = %(stopped)s
    FROM dead WHERE a.message_id = dead.id AND a.ended_at IS NULL
)
SELECT count(*) FROM dead
"""  # noqa: S608


@dataclass(frozen=True)
class Claim:
    """A message that is ours to deliver, and the attempt that this is."""

    message: OutboxMessage
    attempt_id: int


def claim(message_id: UUID, *, now: datetime) -> Claim | None:
    """Take this message. None when it isn't due, or somebody else has it."""
    return _claim(_CLAIM_ONE, {"id": message_id}, now)


def claim_next(destination: str, *, now: datetime) -> Claim | None:
    """Take the oldest webhook that is due for a destination. None when there is none."""
    return _claim(_CLAIM_NEXT, {"destination": destination}, now)


def _claim(statement: str, which: dict[str, Any], now: datetime) -> Claim | None:
    params = {**which, "now": now, "lease_until": now + LEASE, "stopped": STOPPED}
    return next(
        (Claim(row, vars(row)["attempt_id"]) for row in OutboxMessage.objects.raw(statement, params)), None
    )


def renew(claimed: Claim, *, now: datetime) -> None:
    """Hold on to a message for another lease, if it is still ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            _RENEW,
            {"id": claimed.message.pk, "attempt_id": claimed.attempt_id, "lease_until": now + LEASE},
        )


def write_down(claimed: Claim, answer: Answer, *, wait: timedelta | None, ended_at: datetime) -> bool:
    """End an attempt: delivered, no longer to be said, due again after `wait`, or given up without one.

    False when the message was no longer ours; the attempt keeps its answer all the same. What a mail said,
    and to whom, is kept once it went out.
    """
    message = claimed.message
    said: dict[str, Any] = {}
    if answer.delivered and message.is_mail:
        statement = _MAIL_DELIVERED
        said = {"destination": message.destination, "payload": Jsonb(message.payload)}
    elif answer.delivered:
        statement = _DELIVERED
    elif answer.moot:
        statement = _MOOT
    else:
        statement = _DEAD if wait is None else _RETRY
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                **said,
                "id": message.pk,
                "attempt_id": claimed.attempt_id,
                "ended_at": ended_at,
                "available_at": ended_at + (wait or timedelta()),
                "delivered": answer.delivered,
                "status": answer.status,
                "error": answer.error[:KEPT],
                "answer": answer.text[:KEPT],
                "last_error": "" if answer.delivered else (answer.error or answer.text)[:KEPT],
            },
        )
        return cursor.fetchone() is not None


def bury_exhausted(*, now: datetime) -> int:
    """Give up what killed its worker at the last attempt too; nobody is left to write that down."""
    with connection.cursor() as cursor:
        cursor.execute(_BURY, {"now": now, "stopped": STOPPED})
        return int(cursor.fetchone()[0])


def due_mails(*, now: datetime, limit: int) -> list[UUID]:
    return _ids(_MAILS_DUE, now=now, limit=limit)


def due_webhooks(*, now: datetime, limit: int) -> list[UUID]:
    """The first `limit` of each destination that has some."""
    with connection.cursor() as cursor:
        cursor.execute(_DESTINATIONS, {"now": now})
        destinations: Sequence[tuple[str]] = cursor.fetchall()
    return [
        found
        for (destination,) in destinations
        for found in _ids(_WEBHOOKS_DUE, now=now, limit=limit, destination=destination)
    ]


def _ids(statement: str, **params: Any) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [pk for (pk,) in cursor.fetchall()]
