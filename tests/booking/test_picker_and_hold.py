"""What the picker shows and what a hold accepts, on rows in the database: the same, both ways."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.diaries import OPEN, ClaimKind, Diary
from booking.errors import BookingError
from booking.grid import calendar_of
from booking.models import AvailabilityException, Cart, CartLine, TimeClaim, TimeOff, WeeklyRule
from booking.rules import DURATIONS
from booking.services import hold_slot
from booking.slots import open_slots, openings
from courses.models import Course, Tutor
from tests.booking import oracle
from tests.booking.oracle import EPOCH, MINUTE
from tests.booking.strategies import Case, cases
from tests.factories import expire, make_cart, make_course, make_lesson, make_tutor


def store(diary: Diary, course: Course, mine: Cart) -> Diary:
    """Write a diary into the database; gives what the database took of it (it refuses overlaps)."""
    tutor = make_tutor(courses=[course], weekly=[], priority=diary.priority)
    Tutor.objects.filter(pk=tutor.pk).update(
        buffer_before_minutes=diary.buffer_before or None,
        buffer_after_minutes=diary.buffer_after or None,
        daily_lesson_limit=diary.daily_limit,
    )
    weekly: list[list[int]] = []
    for weekday, start, end in diary.weekly:
        if all(weekday != day or end <= low or high <= start for day, low, high in weekly):
            WeeklyRule.objects.create(tutor=tutor, weekday=weekday, start_minute=start, end_minute=end)
            weekly.append([weekday, start, end])
    for number, kind, start, end in diary.exceptions:
        AvailabilityException.objects.create(
            tutor=tutor,
            date=date(1970, 1, 1) + timedelta(days=number),
            kind="open" if kind == OPEN else "closed",
            start_minute=start,
            end_minute=end,
        )
    for start, end in diary.time_off:
        TimeOff.objects.create(
            tutor=tutor, during=DateTimeTZRange(EPOCH + start * MINUTE, EPOCH + end * MINUTE)
        )
    claims: list[list[int]] = []
    for start, end, kind in diary.claims:
        if all(end <= low or high <= start for low, high, _kind in claims):
            _claim(tutor, course, start, end, kind, mine)
            claims.append([start, end, kind])
    return diary._replace(tutor_id=tutor.pk, weekly=weekly, claims=claims)


def _claim(tutor: Tutor, course: Course, start: int, end: int, kind: int, mine: Cart) -> None:
    begin, minutes = EPOCH + start * MINUTE, end - start
    if kind == ClaimKind.LESSON:
        make_lesson(course=course, tutor=tutor, start=begin, minutes=minutes)
        return
    cart = mine if kind & ClaimKind.OWN else make_cart()
    later = datetime(2100, 1, 1, tzinfo=UTC)
    line = CartLine.objects.create(
        cart=cart, course=course, tutor=tutor, start=begin, minutes=60, held_until=later
    )
    TimeClaim.objects.create(
        tutor=tutor,
        during=DateTimeTZRange(begin, EPOCH + end * MINUTE),
        state="hold" if kind & ClaimKind.HOLD else "paying",
        expires_at=later,
        line=line,
    )


def accepts(cart: Cart, course: Course, start: datetime, minutes: int, now: datetime) -> int | None:
    """The tutor whom a hold takes; nothing is kept of it."""
    try:
        with transaction.atomic():
            line = hold_slot(cart=cart, course=course, start=start, duration=minutes, now=now)
            transaction.set_rollback(True)
    except BookingError:
        return None
    return line.tutor_id


@pytest.mark.django_db
@settings(
    max_examples=1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "drill" else 60,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(cases(), st.sampled_from(DURATIONS), st.randoms(use_true_random=False), st.booleans())
def test_a_hold_takes_the_tutor_that_the_picker_puts_first_and_nothing_else(
    case: Case, minutes: int, dice: object, expired: bool
) -> None:
    with transaction.atomic():
        course, other = make_course(), make_cart()
        diaries = [store(diary, course, other) for diary in case.diaries]
        if expired:
            for line in CartLine.objects.filter(claim__state="hold"):
                expire(line)
            diaries = [
                diary._replace(claims=[claim for claim in diary.claims if not claim[2] & ClaimKind.HOLD])
                for diary in diaries
            ]
        shown = {
            slot.start: [free.tutor_id for free in slot.tutors]
            for slot in open_slots(
                course=course,
                duration=minutes,
                first_day=case.first_day,
                last_day=case.last_day,
                now=case.now,
            )
        }
        assert shown == dict(oracle.slots(diaries, minutes, case.first_day, case.last_day, case.now))
        # A picker reads less, since it doesn't ask who is the first.
        read = openings(course=course, first_day=case.first_day, last_day=case.last_day, now=case.now)
        assert [slot.start for slot in read.slots(minutes)] == list(shown)

        moments = calendar_of(case.first_day, case.last_day).moments
        cart = make_cart()
        # The edges of what is shown, and a few of all.
        edges = {moment for moment in moments if (moment in shown) != (moment - 30 * MINUTE in shown)}
        for start in sorted(edges | set(dice.sample(moments, 3)))[:8]:  # type: ignore[attr-defined]
            taken = accepts(cart, course, start, minutes, case.now)
            assert taken == (shown[start][0] if start in shown else None)
        transaction.set_rollback(True)
