"""Tutors' diaries for Hypothesis: few days, clock changes over-represented, times off the half-hour too."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from booking.diaries import Diary
from tests.booking.oracle import EPOCH, MINUTE, TORONTO

BACK = date(2026, 11, 1)
"""Clocks go back: the hour from 1:00 comes twice."""
FORWARD = date(2027, 3, 14)
"""Clocks go forward: the hour from 2:00 is missing."""

# Three times out of four a window that touches a clock change. Tables rather than strategies of strategies:
# one draw each keeps thousands of examples fast, and still shrinks towards the plain ones, which come
# first.
DAYS = [
    date(2027, 1, 13),
    *(change - timedelta(days=before) for before in (0, 1, 2) for change in (BACK, FORWARD)),
    date(2026, 12, 31),
    BACK,
    FORWARD,
]
_dice = random.Random(1)
SMALL_HOURS = [(start * 30, end * 30) for start in range(10) for end in range(start + 1, 11)]
WALL_RANGES = [
    (0, 1440),
    (540, 1020),
    *((_dice.randrange(0, 24) * 30, _dice.randrange(24, 49) * 30) for _ in range(40)),
    *SMALL_HOURS,
    *((_dice.randrange(0, 240), _dice.randrange(240, 1441)) for _ in range(20)),
    *((start, start + _dice.randrange(1, 100)) for start in (_dice.randrange(1340) for _ in range(30))),
]
"""Start and end in minutes since midnight."""


def _stretches(longest: int) -> list[tuple[int, int]]:
    lengths = [60, 90, 120]
    return [
        *((n * 30, _dice.choice(lengths)) for n in range(-4, 148)),
        *((_dice.randrange(-200, 4520), _dice.choice(lengths)) for _ in range(60)),
        *((_dice.randrange(-200, 4520), _dice.randrange(1, longest)) for _ in range(60)),
    ]


CLAIMS = [(start, start + length, kind) for start, length in _stretches(200) for kind in (0, 1, 2, 5, 6)]
TIMES_OFF = [(start, start + length) for start, length in _stretches(3000)]
"""Start and end in minutes after the window's first midnight."""
PAUSES = [(0, 0), (0, 0), (0, 0), (0, 0), (10, 0), (0, 15), (30, 30), (45, 60)]


class Case(NamedTuple):
    diaries: list[Diary]
    first_day: date
    last_day: date
    now: datetime


tutors = st.tuples(
    st.lists(st.tuples(st.sampled_from([0, 0, 1, 2]), st.sampled_from(WALL_RANGES)), min_size=1, max_size=4),
    st.lists(
        st.tuples(st.integers(-1, 4), st.sampled_from([0, 1]), st.sampled_from(WALL_RANGES)), max_size=3
    ),
    st.lists(st.sampled_from(TIMES_OFF), max_size=2),
    st.lists(st.sampled_from(CLAIMS), max_size=4),
    st.sampled_from(PAUSES),
    st.sampled_from([None, None, None, 0, 1, 2]),
    st.sampled_from([1, 1, 2]),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    first_day = draw(st.sampled_from(DAYS))
    span = draw(st.integers(1, 3))
    midnight = datetime(first_day.year, first_day.month, first_day.day, tzinfo=TORONTO).astimezone(UTC)
    origin = (midnight - EPOCH) // MINUTE
    number = (first_day - EPOCH.date()).days
    diaries = [
        Diary(
            tutor_id=tutor_id,
            public_id=UUID(int=tutor_id),
            name=f"Tuteur {tutor_id}",
            priority=priority,
            buffer_before=before,
            buffer_after=after,
            daily_limit=limit,
            course_ids=[1],
            weekly=[[(first_day.weekday() + day) % 7, *wall] for day, wall in weekly],
            exceptions=[[number + day, kind, *wall] for day, kind, wall in exceptions],
            time_off=[[origin + start, origin + end] for start, end in time_off],
            claims=[[origin + start, origin + end, kind] for start, end, kind in claims],
        )
        for tutor_id, (weekly, exceptions, time_off, claims, (before, after), limit, priority) in enumerate(
            draw(st.lists(tutors, min_size=1, max_size=3)), start=1
        )
    ]
    # Often enough the 12 hours or the 60 days end inside the window.
    back = draw(st.sampled_from([timedelta(days=3), timedelta(hours=12), timedelta(days=60)]))
    now = midnight - back + timedelta(minutes=draw(st.integers(0, 96 * span)) * 15)
    return Case(diaries, first_day, first_day + timedelta(days=span - 1), now)
