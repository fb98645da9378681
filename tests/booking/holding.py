"""The moment at which the tests hold lessons, and what is claimed then.

It is fixed, and lies in a year of its own: only notice and horizon look at it. Holds begin and end by the
database's clock, which no test can set, so a hold is made to run out with `expire`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from booking.models import TimeClaim

NOW = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)  # Monday, 10:00 in Toronto
START = datetime(2027, 1, 13, 15, 0, tzinfo=UTC)  # Wednesday, 10:00 in Toronto
DEADLINE = NOW + timedelta(minutes=10)
HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)
WEDNESDAY_18 = datetime(2027, 1, 13, 23, 0, tzinfo=UTC)
EVENINGS = [(weekday, 17 * 60, 21 * 60) for weekday in range(7)]


def claims() -> list[tuple[int, datetime, datetime, str]]:
    """Tutor, beginning, end and state of each claim."""
    found = TimeClaim.objects.order_by("tutor_id", "during")
    return [(claim.tutor_id, claim.during.lower, claim.during.upper, claim.state) for claim in found]
