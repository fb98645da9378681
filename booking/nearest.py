"""Other times near one that can't be had."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from booking.grid import local_day
from booking.slots import Openings


def nearest_starts(
    found: Openings,
    *,
    tutor_id: int,
    minutes: int,
    wanted: datetime,
    first_day: date,
    last_day: date,
    at_most: int,
) -> list[datetime]:
    """One tutor's free starts on the local days `first_day` to `last_day` that lie nearest to `wanted`.

    Those of the wanted day come first, each day's in order of time. Days that were not read have none.
    """
    calendar = found.calendar
    first = max(calendar.day_number(first_day), 0)
    last = min(calendar.day_number(last_day), calendar.days - 1)
    if first > last:
        return []
    bits = found.starts(minutes, tutor_id=tutor_id) & calendar.days_mask(first, last)
    day = local_day(wanted)
    free = [moment for place, moment in enumerate(calendar.moments) if bits >> place & 1]
    near = sorted(free, key=lambda start: (local_day(start) != day, _distance(start, wanted), start))
    return sorted(near[:at_most], key=lambda start: (local_day(start) != day, start))


def _distance(one: datetime, other: datetime) -> timedelta:
    return abs(one - other)
