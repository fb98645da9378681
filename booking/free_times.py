"""What the catalogue asks of booking: the first free time of tutors, for its cards and filters."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from booking.diaries import load_diaries
from booking.grid import HALF_HOURS_A_DAY, Calendar, local_day
from booking.rules import DURATIONS, HORIZON, NOTICE
from booking.slots import starts, window
from courses.free_times import When

_WHOLE_DAY = (1 << HALF_HOURS_A_DAY) - 1
_FROM_17 = _WHOLE_DAY >> 34 << 34
_DAYS_AHEAD = 7


@dataclass(frozen=True)
class Times:
    """The starts of the shortest lesson by tutor, as bits of one calendar."""

    calendar: Calendar
    starts: dict[int, int]

    def first(self, tutor_ids: Iterable[int], when: Collection[When]) -> datetime | None:
        bits = 0
        for tutor_id in tutor_ids:
            bits |= self.starts.get(tutor_id, 0)
        for part in when:
            bits &= self._part(part)
        return self.calendar.moments[(bits & -bits).bit_length() - 1] if bits else None

    def _part(self, part: When) -> int:
        if part == When.WEEK:
            return self.calendar.days_mask(0, _DAYS_AHEAD - 1)
        if part == When.EVENING:
            return self.calendar.every_week([_FROM_17] * 7)
        return self.calendar.every_week([0] * 5 + [_WHOLE_DAY] * 2)


@dataclass(frozen=True)
class TutorTimes:
    """The free times of active tutors, read when they are asked for: most tutors have one within seven days,
    and only where somebody has none is the rest of the 60 read.
    """

    tutor_ids: Collection[int]
    now: datetime

    def first(self, tutor_ids: Iterable[int], when: Collection[When] = ()) -> datetime | None:
        tutor_ids = list(tutor_ids)
        if not tutor_ids:
            return None
        return self._near.first(tutor_ids, when) or self._all.first(tutor_ids, when)

    @cached_property
    def _near(self) -> Times:
        return self._read(local_day(self.now + NOTICE) + timedelta(days=_DAYS_AHEAD - 1))

    @cached_property
    def _all(self) -> Times:
        return self._read(local_day(self.now + HORIZON))

    def _read(self, last_day: date) -> Times:
        bookable = window(local_day(self.now), last_day, self.now)
        assert bookable is not None  # noqa: S101 - it begins when the notice ends, and is not empty
        calendar, allowed = bookable
        diaries = load_diaries(first_day=calendar.first_day, last_day=last_day, tutor_ids=self.tutor_ids)
        return Times(calendar, {d.tutor_id: starts(d, calendar, DURATIONS[0]) & allowed for d in diaries})


def read_free_times(*, tutor_ids: Collection[int], now: datetime) -> TutorTimes:
    """One query, and one more where somebody has nothing in the next seven days."""
    return TutorTimes(tutor_ids, now)
