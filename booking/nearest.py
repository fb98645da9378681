"""Other times near one that can't be had."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

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

    A near day counts for more than a near hour, and on another day the same hour is the nearest. Those of
    the wanted day come first, each day's in order of time. Days that were not read have none.
    """
    calendar = found.calendar
    first = max(calendar.day_number(first_day), 0)
    last = min(calendar.day_number(last_day), calendar.days - 1)
    if first > last:
        return []
    bits = found.starts(minutes, tutor_id=tutor_id) & calendar.days_mask(first, last)
    free = [moment for place, moment in enumerate(calendar.moments) if bits >> place & 1]
    near = sorted(free, key=lambda start: (*_distance(start, wanted), start))[:at_most]
    day = local_day(wanted)
    return sorted(near, key=lambda start: (local_day(start) != day, start))


def _distance(start: datetime, wanted: datetime) -> tuple[timedelta, timedelta]:
    """How many days apart, and how far from the wanted hour of the wall on the start's own day."""
    at = timezone.localtime(wanted, timezone.get_default_timezone())
    day = local_day(start)
    same_hour = datetime.combine(day, at.timetz()).astimezone(UTC)
    return abs(day - at.date()), abs(start - same_hour)
