"""Money, dates and times as Québec writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from home.formats import clock, duration, long_date, money, short_date


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "0,00\xa0$"),
        ("45", "45,00\xa0$"),
        ("67.5", "67,50\xa0$"),
        ("1234.5", "1\xa0234,50\xa0$"),
        ("-8.05", "-8,05\xa0$"),
    ],
)
def test_money(amount: str, written: str) -> None:
    assert money(Decimal(amount)).replace("\u202f", "\xa0") == written


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 1, 5, 5, 20, tzinfo=UTC), "0\xa0h\xa020"),
        (datetime(2026, 1, 5, 14, 0, tzinfo=UTC), "9\xa0h"),
        (datetime(2026, 1, 5, 19, 30, tzinfo=UTC), "14\xa0h\xa030"),
        (datetime(2026, 7, 5, 18, 5, tzinfo=UTC), "14\xa0h\xa005"),  # summer: four hours behind UTC
    ],
)
def test_the_clock_is_montreals(moment: datetime, written: str) -> None:
    assert clock(moment) == written


def test_dates_are_of_the_local_day() -> None:
    late = datetime(2026, 1, 6, 3, 0, tzinfo=UTC)  # still the 5th, at 22 h
    assert long_date(late) == "lundi 5 janvier 2026"
    assert short_date(late) == "lun. 5 janv."
    assert long_date(date(2026, 8, 1)) == "samedi 1er août 2026"


@pytest.mark.parametrize(("minutes", "written"), [(60, "60\xa0min"), (90, "1\xa0h\xa030"), (120, "2\xa0h")])
def test_durations(minutes: int, written: str) -> None:
    assert duration(minutes) == written
