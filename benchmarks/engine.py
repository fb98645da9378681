"""The engine on rows in memory, beside the least that a bit-set loop can do."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from booking.diaries import Diary
from booking.grid import Calendar, epoch_minutes
from booking.rules import DURATIONS
from booking.slots import Openings, window

FIRST_DAY = date(2026, 10, 5)  # a Monday; the clocks change within the 60 days
NOW = datetime(2026, 10, 5, 4, 0, tzinfo=UTC)
DAYS = 60
WEEKLY = [[day, start, end] for day in range(5) for start, end in ((540, 720), (780, 1080))]
"""Eight hours on five days of the week, with an hour for lunch."""

Row = tuple[Any, ...]


def rows(tutors: int) -> list[Row]:
    """What the diaries' query gives for so many tutors, a quarter of whose hours are booked."""
    dice = random.Random(tutors)
    found: list[Row] = []
    midnight = epoch_minutes(datetime(2026, 10, 5, 4, 0, tzinfo=UTC))
    for number in range(tutors):
        claims = []
        for day in range(DAYS):
            if (FIRST_DAY + timedelta(days=day)).weekday() < 5:
                for start in (dice.choice([540, 570, 600]), dice.choice([780, 810, 840, 900, 960])):
                    begin = midnight + day * 1440 + start
                    claims.append([begin, begin + 60, 0])
        found.append(
            (number, UUID(int=number), f"Tuteur {number}", 100, 0, 0, None, [1], WEEKLY, [], [], claims)
        )
    return found


def engine(found: list[Row]) -> int:
    """From rows to the ordered slots of the three lengths; gives their number."""
    bookable = window(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS), NOW)
    assert bookable is not None
    openings = Openings(*bookable, [Diary._make(row) for row in found])
    return sum(len(openings.slots(minutes)) for minutes in DURATIONS)


def minimal_loop(found: list[Row], calendar: Calendar, allowed: int) -> int:
    """The same three lists and no more: no exceptions, time off, pauses, ceilings, clock changes, tutors."""
    offsets, origin = calendar.offsets, calendar.origin
    weekdays = [(calendar.first_day.weekday() + day) % 7 for day in range(len(offsets) - 1)]
    one = two = three = 0
    for row in found:
        week = [0] * 7
        for weekday, start, end in row[8]:
            week[weekday] |= (1 << end // 30) - (1 << start // 30)
        bits = 0
        for offset, weekday in zip(offsets, weekdays, strict=False):
            if week[weekday]:
                bits |= week[weekday] << offset
        for start, end, _kind in row[11]:
            bits &= ~(((1 << (end - start) // 30) - 1) << (start - origin) // 30)
        run = bits & bits >> 1
        one |= run
        run &= bits >> 2
        two |= run
        three |= run & bits >> 3
    return sum(
        len(
            [
                moment
                for moment, bit in zip(calendar.moments, reversed(bin(bits & allowed)), strict=False)
                if bit == "1"
            ]
        )
        for bits in (one, two, three)
    )


def best(run: Callable[[], object], *, rounds: int) -> float:
    """The shortest of several runs, in ms: what it takes when nothing else is in the machine's way."""
    run()
    gc.collect()
    gc.freeze()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    gc.unfreeze()
    return min(times) * 1000
