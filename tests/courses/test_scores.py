"""A mean out of five: exact until it is shown, half up when it is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.scores import Score, mean, written

ANSWERS = st.lists(st.integers(1, 5), min_size=1, max_size=60)


@given(ANSWERS, st.sampled_from([1, 2]))
def test_the_mean_is_the_nearest_decimal_and_the_upper_of_two(answers: list[int], places: int) -> None:
    exact = Fraction(sum(answers), len(answers))
    shown = Fraction(mean(sum(answers), len(answers), places))
    step = Fraction(1, 10**places)

    assert -step / 2 < shown - exact <= step / 2
    assert shown % step == 0
    assert min(answers) <= shown <= max(answers)


@given(ANSWERS)
def test_who_answers_in_between_moves_the_mean_towards_it(answers: list[int]) -> None:
    before = mean(sum(answers), len(answers))
    assert mean(sum(answers) + 5, len(answers) + 1) >= before
    assert mean(sum(answers) + 1, len(answers) + 1) <= before


@pytest.mark.parametrize(
    ("points", "answers", "shown"),
    [(19, 4, "4.75"), (1, 1, "1.00"), (38, 8, "4.75"), (13, 3, "4.33"), (14, 3, "4.67"), (1701, 400, "4.25")],
)
def test_it_has_two_decimals(points: int, answers: int, shown: str) -> None:
    assert mean(points, answers) == Decimal(shown)


def test_a_half_is_rounded_up_once() -> None:
    assert mean(965, 200) == Decimal("4.83")  # 4.825
    assert mean(17, 4, places=1) == Decimal("4.3")  # 4.25
    assert mean(1779, 400, places=1) == Decimal("4.4")  # 4.4475, which by way of 4.45 would be 4.5


def test_a_score_says_itself_in_french_once_there_is_one() -> None:
    assert not Score()
    assert Score(3, 58).mean == Decimal("4.83")
    assert Score(3, 58).short == "4,8"
    assert written(Decimal("4.50")) == "4,50"
