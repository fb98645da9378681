"""What decides when one tutor can teach, and the one query that reads it for any number of tutors."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from enum import IntFlag
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from booking.grid import EPOCH_ORDINAL, Calendar, calendar_of, wall_half_hours, wall_half_hours_touched

OPEN, CLOSED = 1, 0


class ClaimKind(IntFlag):
    """Why a tutor's time is taken, and whether it is by the cart that asks."""

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
        by_weekday: dict[int, list[tuple[int, int]]] = {}
        for weekday, start, end in self.weekly:
            by_weekday.setdefault(weekday, []).append((start, end))
        bits = 0
        for weekday, ranges in by_weekday.items():
            bits |= calendar.on_weekday(weekday, wall_half_hours(ranges))
        if self.exceptions:
            by_day: dict[int, list[tuple[int, int]]] = {}
            for day, kind, start, end in self.exceptions:
                if kind == OPEN:
                    by_day.setdefault(day, []).append((start, end))
            for day, ranges in by_day.items():
                number = day + EPOCH_ORDINAL - calendar.first_day.toordinal()
                if 0 <= number < calendar.days:
                    weekday = date.fromordinal(day + EPOCH_ORDINAL).weekday()
                    # Together with the rules of that day: two ranges may make a half-hour that neither has
                    # alone.
                    bits |= calendar.on_day(number, wall_half_hours(ranges + by_weekday.get(weekday, [])))
        return bits

    def closed(self, calendar: Calendar) -> int:
        """The half-hours of which a closed exception takes a part."""
        bits = 0
        for day, kind, start, end in self.exceptions:
            number = day + EPOCH_ORDINAL - calendar.first_day.toordinal()
            if kind == CLOSED and 0 <= number < calendar.days:
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
        pause, size = self.pause, calendar.size
        before, after = calendar.origin + pause, calendar.origin - pause
        bits = 0
        for start, end, _kind in self.claims:
            first, last = (start - before) // 30, -((after - end) // 30)
            if last > 0 and first < size:
                bits |= (1 << last) - (1 << first) if first > 0 else (1 << last) - 1
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
# its start.
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
       ARRAY(SELECT ARRAY[floor(extract(epoch FROM lower(o.during)) / 60)::int,
                          ceil(extract(epoch FROM upper(o.during)) / 60)::int]
             FROM booking_timeoff o
             WHERE o.tutor_id = t.id AND o.during && tstzrange(%(first)s, %(last)s)),
       ARRAY(SELECT ARRAY[floor(extract(epoch FROM lower(c.during)) / 60)::int,
                          ceil(extract(epoch FROM upper(c.during)) / 60)::int,
                          CASE c.state WHEN 'lesson' THEN 0 WHEN 'paying' THEN 1 ELSE 2 END
                          + CASE WHEN l.cart_id = %(cart)s::uuid THEN 4 ELSE 0 END]
             FROM booking_timeclaim c LEFT JOIN booking_cartline l ON l.id = c.line_id
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
) -> tuple[str, dict[str, Any]]:
    """The statement and its parameters; see `load_diaries`."""
    # Whole weeks, since "fewest booked hours that week" orders the tutors; a lesson may run past the last
    # midnight.
    window = calendar_of(week_of(first_day)[0], week_of(last_day)[1] + timedelta(days=1))
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
) -> list[Diary]:
    """Active tutors (of an active course that they are approved for, and among `tutor_ids`), in order of
    priority.

    Enough of each diary to judge any lesson that begins from `first_day` to `last_day`. One query, always.
    Whether a hold still stands is judged by the database's clock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            *diaries_query(
                first_day=first_day,
                last_day=last_day,
                course_id=course_id,
                tutor_ids=tutor_ids,
                cart_id=cart_id,
            )
        )
        return [Diary._make(row) for row in cursor.fetchall()]
