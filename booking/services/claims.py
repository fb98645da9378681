"""The two statements that every claim on a tutor's time comes down to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from booking.models import TimeClaim

# Spoken with the expression of the exclusion constraint, whose index then finds the rows.
FREE_OF_EXPIRED = """
DELETE FROM booking_timeclaim
WHERE int8range(tutor_id, tutor_id, '[]') && int8range(%(tutor)s, %(tutor)s, '[]')
  AND during && tstzrange(%(start)s, %(end)s)
  AND state = 'hold' AND expires_at <= clock_timestamp()
"""

_CLAIM = """
INSERT INTO booking_timeclaim (tutor_id, during, state, expires_at, line_id, appointment_id)
VALUES (%(tutor)s, tstzrange(%(start)s, %(end)s), %(state)s, %(expires_at)s, %(line)s, %(appointment)s)
ON CONFLICT DO NOTHING
RETURNING id
"""


def free_of_expired(*, tutor_id: int, start: datetime, end: datetime) -> None:
    """Delete the holds on a stretch of time that have run out."""
    with connection.cursor() as cursor:
        cursor.execute(FREE_OF_EXPIRED, {"tutor": tutor_id, "start": start, "end": end})


def claim(
    *,
    tutor_id: int,
    start: datetime,
    end: datetime,
    state: TimeClaim.State,
    line_id: UUID | None = None,
    expires_at: datetime | None = None,
    appointment_id: UUID | None = None,
) -> bool:
    """Take a stretch of a tutor's time; False when any of it is taken.

    Never a plain INSERT: racing on the exclusion constraint, those deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "tutor": tutor_id,
                "start": start,
                "end": end,
                "state": state,
                "expires_at": expires_at,
                "line": line_id,
                "appointment": appointment_id,
            },
        )
        return cursor.fetchone() is not None
