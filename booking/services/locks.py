"""Who may write to a tutor's time: one transaction at a time, by advisory locks taken in one order.

The lock gives order and plain refusals; the exclusion constraint on claims gives the proof. Both are held
to be enough alone, and tested alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import OperationalError, connection, transaction

from booking.errors import TryAgain
from booking.prepared import prepared

# Namespaces, in the order in which locks are taken.
ADDRESS, CART, TUTOR = 7101, 7102, 7103

_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK_DETECTED = "40P01"

# The limit on waiting is set before the first row is made, and so before the first lock; OFFSET 0 keeps the
# order.
_LOCK = """
WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', '3s', true))
SELECT pg_advisory_xact_lock(k.space, k.key)
FROM patience, (
    SELECT space, key FROM unnest(%(spaces)s::int[], %(keys)s::int[]) AS given (space, key)
    UNION
    SELECT %(tutor)s, tc.tutor_id::int FROM courses_tutorcourse tc
    WHERE tc.course_id = ANY (%(courses)s::bigint[]) AND tc.status = 'approved'
    ORDER BY 1, 2 OFFSET 0
) AS k
"""


@contextmanager
def claiming() -> Iterator[None]:
    """A transaction that locks; it waits three seconds at most, then raises TryAgain."""
    try:
        with prepared(), transaction.atomic():
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED}:
            raise TryAgain from error
        raise


def lock(
    *,
    tutor_ids: Collection[int] = (),
    course_ids: Collection[int] = (),
    cart_ids: Collection[UUID] = (),
    address: str | None = None,
) -> None:
    """Lock tutors (those given, and those approved for a course), carts and an address until the
    transaction ends.

    Always in the same order, whatever the caller's, so that two can wait for each other only in one
    direction. Ask for all of it in one call.
    """
    wanted = {(TUTOR, tutor_id) for tutor_id in tutor_ids}
    wanted |= {(CART, _key(cart_id.bytes)) for cart_id in cart_ids}
    if address:
        wanted.add((ADDRESS, _key(address.encode())))
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK,
            {
                "spaces": [space for space, _ in wanted],
                "keys": [key for _, key in wanted],
                "tutor": TUTOR,
                "courses": list(course_ids),
            },
        )


def _key(name: bytes) -> int:
    """A name as PostgreSQL's signed integer. Two that share one only wait for each other."""
    return zlib.crc32(name) - 2**31
