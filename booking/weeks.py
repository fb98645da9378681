"""The days of a picker: which of the engine's half-hours fall on each, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from booking.grid import Calendar, calendar_of
from booking.wording import exact_clock
from home.formats import day_and_month, short_weekday, weekday


class Time(NamedTuple):
    """A start to choose: what is sent for it, and what is read."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    times: list[Time] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    """What the visitor's cart keeps on that day, as `14 h 30 à 16 h`."""

    @property
    def iso(self) -> str:
        return self.date.isoformat()

    @property
    def weekday(self) -> str:
        return weekday(self.date)

    @property
    def short_weekday(self) -> str:
        return short_weekday(self.date)

    @property
    def day_and_month(self) -> str:
        return day_and_month(self.date)

    @property
    def year(self) -> int:
        return self.date.year


def half_hours_on(calendar: Calendar, bits: int, number: int) -> int:
    """The half-hours of one day, its first as the lowest bit."""
    low, high = calendar.offsets[number : number + 2]
    return bits >> low & (1 << high - low) - 1


def times_on(calendar: Calendar, bits: int, day: date) -> list[Time]:
    number = calendar.day_number(day)
    if not 0 <= number < calendar.days:
        return []
    here = half_hours_on(calendar, bits, number)
    return [time for place, time in enumerate(_times_of(day)) if here >> place & 1]


@lru_cache(maxsize=128)
def _times_of(day: date) -> tuple[Time, ...]:
    """All half-hours of a day. They depend on nothing but its date."""
    return tuple(
        Time(start.isoformat(timespec="minutes").replace("+00:00", "Z"), exact_clock(start))
        for start in calendar_of(day, day).moments
    )
