"""What decides when one tutor can teach, and the one query that reads it for any number of tutors."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from booking.grid import (
    EPOCH_ORDINAL,
    HALF_HOUR,
    Calendar,
    calendar_of,
    wall_half_hours,
    wall_half_hours_touched,
)
from booking.prepared import prepared

OPEN, CLOSED = 1, 0


class ClaimKind(IntEnum):
    """Why a tutor's time is taken; OWN is added to what the asking cart keeps itself. Plain numbers, for
    speed.
    """

    LESSON = 0
    PAYING = 1
    HOLD = 2
    OWN = 4


class Diary(NamedTuple):
    """One active tutor's rules and engagements, as the query gives them.

    Wall times are minutes since local midnight, dates days since 1970, moments minutes since 1970 in UTC
    (starts rounded down, ends up). Holds that have run out are not in it.
    """

    tutor_id: int
    public_id: UUID
    name: str
    priority: int
    buffer_before: int
    buffer_after: int
    daily_limit: int | None
    course_ids: list[int]
    weekly: list[list[int]]
    """Weekday, start, end."""
    exceptions: list[list[int]]
    """Date, OPEN or CLOSED, start, end."""
    time_off: list[list[int]]
    """Start, end."""
    claims: list[list[int]]
    """Start, end, ClaimKind."""

    def opened(self, calendar: Calendar) -> int:
        """The half-hours that weekly rules and open exceptions offer."""
        week = [0] * 7
        for weekday, start, end in self.weekly:
            if start % HALF_HOUR or end % HALF_HOUR:
                week = self._week_off_the_grid()
                break
            week[weekday] |= (1 << end // HALF_HOUR) - (1 << start // HALF_HOUR)
        bits = calendar.every_week(week)
        if self.exceptions:
            opened: dict[int, list[tuple[int, int]]] = {}
            for day, kind, start, end in self.exceptions:
                if kind == OPEN:
                    opened.setdefault(day, []).append((start, end))
            for day, ranges in opened.items():
                number = calendar.number_of(day)
                if number is not None:
                    # With the rules of that day: two ranges may make a half-hour that neither has alone.
                    weekday = date.fromordinal(day + EPOCH_ORDINAL).weekday()
                    ranges += [(start, end) for on, start, end in self.weekly if on == weekday]
                    bits |= calendar.on_day(number, wall_half_hours(ranges))
        return bits

    def _week_off_the_grid(self) -> list[int]:
        """By weekday: ranges that touch off the half-hour are joined before half-hours are counted."""
        return [
            wall_half_hours([(start, end) for on, start, end in self.weekly if on == weekday])
            for weekday in range(7)
        ]

    def closed(self, calendar: Calendar) -> int:
        """The half-hours of which a closed exception takes a part."""
        bits = 0
        for day, kind, start, end in self.exceptions:
            number = calendar.number_of(day)
            if kind == CLOSED and number is not None:
                bits |= calendar.on_day(number, wall_half_hours_touched(start, end))
        return bits

    def away(self, calendar: Calendar) -> int:
        """The half-hours of which time off takes a part."""
        bits = 0
        for start, end in self.time_off:
            bits |= calendar.touched(start, end)
        return bits

    def occupied(self, calendar: Calendar, start: int, end: int) -> int:
        """The half-hours that no other lesson may take because of one claim and the pause around it."""
        pause = self.pause
        return calendar.touched(start - pause, end + pause)

    def busy(self, calendar: Calendar) -> int:
        """The half-hours that no other lesson may take: `occupied` of all claims, written out for speed."""
        pause, size, edges = self.pause, calendar.size, calendar.edges
        before, after = calendar.origin + pause, calendar.origin - pause
        bits = 0
        for start, end, _kind in self.claims:
            first, last = (start - before) // 30, -((after - end) // 30)
            if first >= 0 and last <= size:
                bits |= edges[last] - edges[first]
            elif last > 0 and first < size:
                bits |= edges[min(last, size)] - edges[max(first, 0)]
        return bits

    @property
    def pause(self) -> int:
        """Minutes between two lessons: what the first wants after it, or the second before it if that is
        longer.
        """
        return max(self.buffer_before, self.buffer_after)

    def full_days(self, calendar: Calendar) -> int:
        """All half-hours of the days on which as many lessons begin as the tutor wants in one day."""
        if self.daily_limit is None:
            return 0
        bits = 0
        starts = [(start - calendar.origin) // 30 for start, _end, _kind in self.claims]
        for number in range(calendar.days):
            first, last = calendar.offsets[number], calendar.offsets[number + 1]
            if sum(first <= start < last for start in starts) >= self.daily_limit:
                bits |= calendar.days_mask(number, number)
        return bits

    def booked(self, start: int, end: int) -> int:
        """Minutes of claims between two moments, in minutes since 1970."""
        return sum(max(0, min(high, end) - max(low, start)) for low, high, _kind in self.claims)


# One row per tutor, whose lists are worked out by sub-selects on indexed columns: the plan does not change
# with the number of tutors. No claim is longer than a day (a check constraint), which bounds the search by
# its start. `date_part` counts in floats, which are exact here; `extract` would in slow decimals. The
# cart's own lines are read once for all claims: a join to them may read all carts' lines for each.
_DIARIES = """
SELECT t.id, t.public_id, t.display_name, t.priority,
       coalesce(t.buffer_before_minutes, 0), coalesce(t.buffer_after_minutes, 0), t.daily_lesson_limit,
       ARRAY(SELECT tc.course_id FROM courses_tutorcourse tc JOIN courses_course k ON k.id = tc.course_id
             WHERE tc.tutor_id = t.id AND tc.status = 'approved' AND k.active),
       ARRAY(SELECT ARRAY[r.weekday, r.start_minute, r.end_minute]::int[] FROM booking_weeklyrule r
             WHERE r.tutor_id = t.id),
       ARRAY(SELECT ARRAY[e.date - DATE '1970-01-01', (e.kind = 'open')::int, e.start_minute, e.end_minute]
             FROM booking_availabilityexception e
             WHERE e.tutor_id = t.id AND e.date BETWEEN %(first_day)s AND %(last_day)s),
       ARRAY(SELECT ARRAY[floor(date_part('epoch', lower(o.during)) / 60)::int,
                          ceil(date_part('epoch', upper(o.during)) / 60)::int]
             FROM booking_timeoff o
             WHERE o.tutor_id = t.id AND o.during && tstzrange(%(first)s, %(last)s)),
       ARRAY(SELECT ARRAY[floor(date_part('epoch', lower(c.during)) / 60)::int,
                          ceil(date_part('epoch', upper(c.during)) / 60)::int,
                          CASE c.state WHEN 'lesson' THEN 0 WHEN 'paying' THEN 1 ELSE 2 END
                          + CASE WHEN c.line_id = ANY (ARRAY(SELECT l.id FROM booking_cartline l
                                                             WHERE l.cart_id = %(cart)s::uuid))
                                 THEN 4 ELSE 0 END]
             FROM booking_timeclaim c
             WHERE c.tutor_id = t.id AND lower(c.during) >= %(first)s - interval '1 day'
               AND lower(c.during) < %(last)s
               AND (c.state <> 'hold' OR c.expires_at > clock_timestamp()))
FROM courses_tutor t JOIN accounts_user u ON u.id = t.user_id
WHERE t.active AND u.is_active AND (%(tutors)s::bigint[] IS NULL OR t.id = ANY (%(tutors)s::bigint[]))
  AND (%(course)s::bigint IS NULL OR t.id IN (
       SELECT tc.tutor_id FROM courses_tutorcourse tc JOIN courses_course k ON k.id = tc.course_id
       WHERE tc.course_id = %(course)s AND tc.status = 'approved' AND k.active))
ORDER BY t.priority, t.id
"""


def week_of(day: date) -> tuple[date, date]:
    """The Monday and the Sunday of a day's week."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def diaries_query(
    *,
    first_day: date,
    last_day: date,
    course_id: int | None = None,
    tutor_ids: Collection[int] | None = None,
    cart_id: UUID | None = None,
    ranked: bool = False,
) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters; see `load_diaries`."""
    if ranked:  # "fewest booked hours that week" orders the tutors
        first_day, last_day = week_of(first_day)[0], week_of(last_day)[1]
    window = calendar_of(first_day, last_day + timedelta(days=1))  # a lesson may run past the last midnight
    return _DIARIES, {
        "first_day": window.first_day,
        "last_day": window.first_day + timedelta(days=window.days),
        "first": window.moments[0] - timedelta(days=1),  # room for a pause after an earlier lesson
        "last": window.moments[-1] + timedelta(days=1),
        "course": course_id,
        "tutors": None if tutor_ids is None else list(tutor_ids),
        "cart": cart_id,
    }


def load_diaries(
    *,
    first_day: date,
    last_day: date,
    course_id: int | None = None,
    tutor_ids: Collection[int] | None = None,
    cart_id: UUID | None = None,
    ranked: bool = False,
) -> list[Diary]:
    """Active tutors (of an active course that they are approved for, and among `tutor_ids`), in order of
    priority.

    Enough of each diary to judge any lesson that begins from `first_day` to `last_day`, and, where `ranked`,
    to tell who of several has the fewest hours booked in its week. One query, always. Whether a hold still
    stands is judged by the database's clock.
    """
    with prepared(), connection.cursor() as cursor:
        cursor.execute(
            *diaries_query(
                first_day=first_day,
                last_day=last_day,
                course_id=course_id,
                tutor_ids=tutor_ids,
                cart_id=cart_id,
                ranked=ranked,
            )
        )
        return [Diary._make(row) for row in cursor.fetchall()]
