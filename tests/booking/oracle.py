"""A second opinion on slots, minute by minute, written from the school's rules and not from the engine.

Slow and plain on purpose: sets of minutes, one at a time; no bits, no intervals, no rounding.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from booking.diaries import OPEN, Diary

TORONTO = ZoneInfo("America/Toronto")
MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Wall = dict[tuple[date, int], list[int]]


@lru_cache(maxsize=200)
def minutes_by_wall_time(day: date) -> dict[int, list[int]]:
    """What the clocks of Toronto show in the minutes (since 1970, UTC) of one local day: twice, once or
    never.
    """
    shown: dict[int, list[int]] = {}
    moment = datetime(day.year, day.month, day.day, tzinfo=TORONTO).astimezone(UTC)
    minute = (moment - EPOCH) // MINUTE
    while (local := moment.astimezone(TORONTO)).date() == day:
        shown.setdefault(local.hour * 60 + local.minute, []).append(minute)
        moment += MINUTE
        minute += 1
    return shown


def local_date(minute: int) -> date:
    return (EPOCH + minute * MINUTE).astimezone(TORONTO).date()


def free_minutes(diary: Diary, first_day: date, last_day: date) -> set[int]:
    """Weekly rules + open exceptions − closed exceptions − time off."""
    free: set[int] = set()
    shut: set[int] = set()
    day = first_day
    while day <= last_day:
        shown = minutes_by_wall_time(day)
        for weekday, start, end in diary.weekly:
            if weekday == day.weekday():
                for wall in range(start, end):
                    free.update(shown.get(wall, ()))
        for number, kind, start, end in diary.exceptions:
            if date(1970, 1, 1) + timedelta(days=number) == day:
                for wall in range(start, end):
                    (free if kind == OPEN else shut).update(shown.get(wall, ()))
        day += timedelta(days=1)
    free -= shut
    for start, end in diary.time_off:
        free.difference_update(range(start, end))
    return free


def gets_on(diary: Diary, start: int, end: int) -> bool:
    """Whether a lesson leaves the tutor's other lessons, and the pauses around all of them, alone."""
    for other_start, other_end, _kind in diary.claims:
        if other_end <= start:
            pause = start - other_end
        elif end <= other_start:
            pause = other_start - end
        else:
            return False
        # The earlier of the two wants its pause after it, the later one its pause before it.
        if pause < diary.buffer_after or pause < diary.buffer_before:
            return False
    if diary.daily_limit is None:
        return True
    day = local_date(start)
    return sum(local_date(other) == day for other, _end, _kind in diary.claims) < diary.daily_limit


def slots(
    diaries: list[Diary], minutes: int, first_day: date, last_day: date, now: datetime
) -> list[tuple[datetime, list[int]]]:
    """Every start with the ids of the free tutors, best first."""
    free = {diary.tutor_id: free_minutes(diary, first_day, last_day + timedelta(days=1)) for diary in diaries}
    found = []
    moment = datetime(first_day.year, first_day.month, first_day.day, tzinfo=TORONTO).astimezone(UTC)
    while moment.astimezone(TORONTO).date() <= last_day:
        start = (moment - EPOCH) // MINUTE
        if now + timedelta(hours=12) <= moment <= now + timedelta(days=60):
            able = [
                diary
                for diary in diaries
                if free[diary.tutor_id].issuperset(range(start, start + minutes))
                and gets_on(diary, start, start + minutes)
            ]
            if able:
                week = week_minutes(local_date(start))
                able.sort(key=lambda diary: (diary.priority, booked(diary, week), diary.tutor_id))
                found.append((moment, [diary.tutor_id for diary in able]))
        moment += timedelta(minutes=30)
    return found


@lru_cache(maxsize=50)
def week_minutes(day: date) -> frozenset[int]:
    """The minutes from Monday to Sunday around a day."""
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=n) for n in range(7)]
    return frozenset(m for d in days for shown in minutes_by_wall_time(d).values() for m in shown)


def booked(diary: Diary, week: frozenset[int]) -> int:
    return sum(minute in week for start, end, _kind in diary.claims for minute in range(start, end))
