"""The engine against a minute-by-minute oracle, and the picker's list against the rules that refuse.

`HYPOTHESIS_PROFILE=drill` runs 50,000 examples instead of 2,000.
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.grid import calendar_of
from booking.rules import DURATIONS, problems
from booking.slots import Openings, window
from tests.booking import oracle
from tests.booking.strategies import Case, cases

pytestmark = pytest.mark.long

DRILL = os.environ.get("HYPOTHESIS_PROFILE") == "drill"
checked = settings(
    max_examples=50_000 if DRILL else 2_000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def computed(case: Case) -> Openings | None:
    bookable = window(case.first_day, case.last_day, case.now)
    return None if bookable is None else Openings(*bookable, case.diaries)


@checked
@given(cases())
def test_the_engine_agrees_with_the_oracle(case: Case) -> None:
    found = computed(case)
    for minutes in DURATIONS:
        expected = oracle.slots(case.diaries, minutes, case.first_day, case.last_day, case.now)
        slots = found.slots(minutes) if found else []
        assert [(slot.start, [diary.tutor_id for diary in slot.tutors]) for slot in slots] == expected
        assert all(slot.end - slot.start == timedelta(minutes=minutes) for slot in slots)


@settings(checked, max_examples=10_000 if DRILL else 300)
@given(cases(), st.sampled_from(DURATIONS))
def test_the_picker_shows_exactly_what_the_rules_accept(case: Case, minutes: int) -> None:
    found = computed(case)
    for diary in case.diaries:
        shown = [slot.start for slot in found.slots(minutes, tutor_id=diary.tutor_id)] if found else []
        accepted = [
            start
            for start in calendar_of(case.first_day, case.last_day).moments
            if not problems(start=start, minutes=minutes, now=case.now, diary=diary)
        ]
        assert shown == accepted
