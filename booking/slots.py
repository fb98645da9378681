"""Every time at which a lesson can begin, computed with one integer per tutor.

`starts` is pure: diaries in, bits out. `openings` reads the diaries with one query and answers for any
length and tutor from it; `open_slots` and `next_open_day` are its short forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import compress, repeat
from math import ceil
from typing import NamedTuple

from booking.diaries import ClaimKind, Diary, load_diaries, week_of
from booking.grid import HALF_HOUR, Calendar, calendar_of, local_day
from booking.models import Cart
from booking.rules import HORIZON, NOTICE
from courses.models import Course, Tutor

_BITS = bytes.maketrans(b"01", b"\x00\x01")


def starts(diary: Diary, calendar: Calendar, minutes: int) -> int:
    """The half-hours at which one tutor's lesson of `minutes` can begin, whatever the hour is now."""
    return lengthened(free(diary, calendar), minutes) & ~diary.full_days(calendar)


def free(diary: Diary, calendar: Calendar) -> int:
    """One tutor's free half-hours."""
    taken = diary.busy(calendar)
    if diary.exceptions:
        taken |= diary.closed(calendar)
    if diary.time_off:
        taken |= diary.away(calendar)
    return diary.opened(calendar) & ~taken


def lengthened(bits: int, minutes: int) -> int:
    """The half-hours that begin a run of `minutes` of `bits`."""
    for _ in range(minutes // HALF_HOUR - 1):
        bits &= bits >> 1
    return bits


class Slot(NamedTuple):
    """A time at which a lesson can begin, UTC."""

    start: datetime
    end: datetime
    openings: Openings

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds()) // 60

    @property
    def tutors(self) -> list[Diary]:
        """Who is free, best first: lowest priority number, then fewest hours already booked in that local
        week.
        """
        return self.openings.tutors_at(self.start, self.minutes)


@dataclass(frozen=True, eq=False)
class Openings:
    """What can be booked of one course in a window of local days, for every length and tutor, out of one
    query.
    """

    calendar: Calendar
    allowed: int
    """The half-hours of the wanted days, 12 hours to 60 days from now."""
    diaries: Sequence[Diary]
    _free: dict[int, int] = field(default_factory=dict)
    _full: dict[int, int] = field(default_factory=dict)

    def starts(self, minutes: int, *, tutor_id: int | None = None) -> int:
        """The bits of all starts, of one tutor or of all together."""
        bits = 0
        for diary in self.diaries:
            if tutor_id is None or diary.tutor_id == tutor_id:
                bits |= self._starts(diary, minutes)
        return bits & self.allowed

    def _starts(self, diary: Diary, minutes: int) -> int:
        bits = self._free.get(diary.tutor_id)
        if bits is None:
            bits = self._free[diary.tutor_id] = free(diary, self.calendar)
            if diary.daily_limit is not None:
                self._full[diary.tutor_id] = diary.full_days(self.calendar)
        bits = lengthened(bits, minutes)
        return bits & ~self._full[diary.tutor_id] if diary.daily_limit is not None else bits

    def slots(self, minutes: int, *, tutor_id: int | None = None) -> list[Slot]:
        """All slots in order of time, of one tutor or of all together."""
        bits = self.starts(minutes, tutor_id=tutor_id)
        if not bits:
            return []
        moments = self.calendar.moments
        chosen = bin(bits)[:1:-1].encode().translate(_BITS)
        begin = compress(moments, chosen)
        # The window reaches a day past the last start, so that every end is one of its moments too.
        end = compress(moments[minutes // HALF_HOUR :], chosen)
        return list(map(partial(tuple.__new__, Slot), zip(begin, end, repeat(self))))

    def first_day(self, minutes: int, *, tutor_id: int | None = None) -> date | None:
        """The first local day with a slot."""
        bits = self.starts(minutes, tutor_id=tutor_id)
        return local_day(self.calendar.moments[(bits & -bits).bit_length() - 1]) if bits else None

    def tutors_at(self, start: datetime, minutes: int) -> list[Diary]:
        """Who is free for a lesson, best first; nobody where it can't be booked at all."""
        index = self.calendar.index(start)
        if not (0 <= index < self.calendar.size and self.allowed >> index & 1):
            return []
        return best_first([d for d in self.diaries if self._starts(d, minutes) >> index & 1], start)

    def own_claims(self) -> list[tuple[int, int, int]]:
        """The asking cart's own holds and payments: tutor id, start and end in minutes since 1970."""
        return [
            (diary.tutor_id, start, end)
            for diary in self.diaries
            for start, end, kind in diary.claims
            if kind & ClaimKind.OWN
        ]


def best_first(diaries: Sequence[Diary], start: datetime) -> list[Diary]:
    """Lowest priority number, then fewest hours booked or held from Monday to Sunday of the lesson's local
    week.
    """
    week = calendar_of(*week_of(local_day(start)))
    end = week.origin + week.size * HALF_HOUR
    return sorted(diaries, key=lambda d: (d.priority, d.booked(week.origin, end), d.tutor_id))


def window(first_day: date, last_day: date, now: datetime) -> tuple[Calendar, int] | None:
    """The calendar of the days that can be booked, and its allowed half-hours; None when no day can."""
    earliest, latest = now + NOTICE, now + HORIZON
    first_day = max(first_day, local_day(earliest))
    last_day = min(last_day, local_day(latest))
    if first_day > last_day:
        return None
    calendar = calendar_of(first_day, last_day + timedelta(days=1))
    low = max(ceil((earliest.timestamp() / 60 - calendar.origin) / HALF_HOUR), 0)
    high = calendar.index(latest)
    allowed = calendar.days_mask(0, calendar.days - 2) & (1 << high + 1) - 1
    return calendar, allowed >> low << low


def openings(
    *,
    course: Course,
    first_day: date,
    last_day: date,
    now: datetime,
    tutor: Tutor | None = None,
    cart: Cart | None = None,
    ranked: bool = False,
) -> Openings:
    """Read a window of local days, both included: one query, whatever the number of tutors.

    With `cart`, its own holds are told from those of others. Where `ranked`, whole weeks are read: only then
    is `tutors_at` in order.
    """
    bookable = window(first_day, last_day, now)
    if bookable is None:
        return Openings(calendar_of(first_day, first_day), 0, [])
    calendar, allowed = bookable
    diaries = load_diaries(
        first_day=calendar.first_day,
        last_day=calendar.first_day + timedelta(days=calendar.days - 2),
        course_id=course.pk,
        tutor_ids=None if tutor is None else [tutor.pk],
        cart_id=cart.pk if cart else None,
        ranked=ranked,
    )
    return Openings(calendar, allowed, diaries)


def open_slots(
    *,
    course: Course,
    duration: int,
    first_day: date,
    last_day: date,
    now: datetime,
    tutor: Tutor | None = None,
) -> list[Slot]:
    """The slots of `duration` minutes that begin on the local days `first_day` to `last_day`, in order of
    time.

    One tutor's, or the union over the course's active, approved tutors. One query.
    """
    found = openings(course=course, first_day=first_day, last_day=last_day, now=now, tutor=tutor, ranked=True)
    return found.slots(duration)


def next_open_day(
    *, course: Course, duration: int, after: date, now: datetime, tutor: Tutor | None = None
) -> date | None:
    """The first local day after `after` with a slot; None when the 60 days have none. One query."""
    found = openings(
        course=course,
        first_day=after + timedelta(days=1),
        last_day=local_day(now + HORIZON),
        now=now,
        tutor=tutor,
    )
    return found.first_day(duration)
