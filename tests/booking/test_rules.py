"""Each problem on its own, by its name and its words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from booking.diaries import CLOSED, OPEN, ClaimKind, Diary
from booking.grid import epoch_minutes
from booking.rules import Problem, problems

NOW = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
START = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)  # Monday, 10:00 in Toronto
DATE = 20_829  # that Monday, in days since 1970
MINUTE = epoch_minutes(START)


def diary(**changes: Any) -> Diary:
    """A tutor who teaches on Mondays from 9 to 17."""
    plain = Diary(
        tutor_id=1,
        public_id=UUID(int=1),
        name="Maude Gagnon",
        priority=100,
        buffer_before=0,
        buffer_after=0,
        daily_limit=None,
        course_ids=[1],
        weekly=[[0, 540, 1020]],
        exceptions=[],
        time_off=[],
        claims=[],
    )
    return plain._replace(**changes)


def test_nothing_stands_against_a_free_hour() -> None:
    assert problems(start=START, minutes=60, now=NOW, diary=diary()) == []


@pytest.mark.parametrize(
    ("expected", "start", "minutes", "now", "changes"),
    [
        (Problem.BAD_DURATION, START, 30, NOW, {}),
        (Problem.BAD_DURATION, START, 0, NOW, {}),
        (Problem.BAD_DURATION, START, -60, NOW, {}),
        (Problem.OFF_GRID, START + timedelta(minutes=15), 60, NOW, {}),
        (Problem.OFF_GRID, START + timedelta(seconds=1), 60, NOW, {}),
        (Problem.TOO_SOON, START, 60, START - timedelta(hours=12) + timedelta(seconds=1), {}),
        (Problem.TOO_FAR, START, 60, START - timedelta(days=60, seconds=1), {}),
        (Problem.OUTSIDE, START + timedelta(hours=7), 60, NOW, {}),
        (Problem.OUTSIDE, START + timedelta(hours=6, minutes=30), 60, NOW, {}),
        (Problem.EXCEPTION, START, 60, NOW, {"exceptions": [[DATE, CLOSED, 0, 1440]]}),
        (Problem.EXCEPTION, START, 60, NOW, {"exceptions": [[DATE, CLOSED, 659, 660]]}),
        (Problem.TIME_OFF, START, 60, NOW, {"time_off": [[MINUTE + 59, MINUTE + 9000]]}),
        (Problem.LIMIT, START, 60, NOW, {"daily_limit": 1, "claims": [[MINUTE + 180, MINUTE + 240, 0]]}),
        (Problem.TAKEN, START, 60, NOW, {"claims": [[MINUTE - 30, MINUTE + 30, ClaimKind.LESSON]]}),
        (Problem.TAKEN, START, 60, NOW, {"claims": [[MINUTE, MINUTE + 60, ClaimKind.PAYING]]}),
        (Problem.TAKEN, START, 60, NOW, {"buffer_after": 30, "claims": [[MINUTE - 60, MINUTE, 0]]}),
        (Problem.HELD, START, 60, NOW, {"claims": [[MINUTE + 30, MINUTE + 90, ClaimKind.HOLD]]}),
        (
            Problem.HELD_BY_YOU,
            START,
            60,
            NOW,
            {"claims": [[MINUTE, MINUTE + 60, ClaimKind.HOLD | ClaimKind.OWN]]},
        ),
        (
            Problem.HELD_BY_YOU,
            START,
            60,
            NOW,
            {"claims": [[MINUTE, MINUTE + 60, ClaimKind.PAYING | ClaimKind.OWN]]},
        ),
    ],
)
def test_each_problem_is_named(
    expected: Problem, start: datetime, minutes: int, now: datetime, changes: dict[str, Any]
) -> None:
    assert problems(start=start, minutes=minutes, now=now, diary=diary(**changes)) == [expected]


def test_a_tutor_without_a_diary_does_not_teach_the_course() -> None:
    assert problems(start=START, minutes=60, now=NOW, diary=None) == [Problem.TUTOR_INACTIVE]


def test_several_problems_are_all_named() -> None:
    found = problems(
        start=START,
        minutes=60,
        now=START,
        diary=diary(
            exceptions=[[DATE, CLOSED, 600, 630]],
            time_off=[[MINUTE, MINUTE + 1]],
            claims=[[MINUTE, MINUTE + 30, 0], [MINUTE + 30, MINUTE + 60, 2]],
        ),
    )
    assert found == [Problem.TOO_SOON, Problem.EXCEPTION, Problem.TIME_OFF, Problem.TAKEN, Problem.HELD]


def test_an_open_exception_lifts_the_weekly_rules_and_a_closed_one_beats_it() -> None:
    evening = START + timedelta(hours=9)
    opened = [[DATE, OPEN, 1140, 1200]]
    assert problems(start=evening, minutes=60, now=NOW, diary=diary(exceptions=opened)) == []
    both = diary(exceptions=[*opened, [DATE, CLOSED, 1140, 1200]])
    assert problems(start=evening, minutes=60, now=NOW, diary=both) == [Problem.EXCEPTION]


def test_somebody_who_holds_the_time_is_asked_for_no_notice_but_not_let_into_the_past() -> None:
    asked = {"minutes": 60, "diary": diary(), "notice": timedelta(0)}
    assert problems(start=START, now=START, **asked) == []  # type: ignore[arg-type]
    late = START + timedelta(seconds=1)
    assert problems(start=START, now=late, **asked) == [Problem.TOO_SOON]  # type: ignore[arg-type]


def test_every_problem_says_something_in_french() -> None:
    assert Problem.OUTSIDE.message == "Le tuteur n’est pas disponible à cette heure."
    assert len({problem.message for problem in Problem}) == 12
