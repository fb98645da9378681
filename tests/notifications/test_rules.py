"""When a failed delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from notifications.rules import MAX_ATTEMPTS, retry_after, wait_after

NOW = datetime(2026, 12, 7, 19, 30, tzinfo=UTC)


def test_ten_attempts_over_two_days() -> None:
    waits = [wait_after(failed, jitter=0) for failed in range(1, 11)]
    assert waits == [
        timedelta(seconds=2),
        timedelta(seconds=4),
        timedelta(seconds=8),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=24),
        None,
    ]
    assert MAX_ATTEMPTS == 10


def test_jitter_only_lengthens() -> None:
    assert wait_after(4, jitter=0.5) == timedelta(minutes=5, seconds=30)
    assert wait_after(4, jitter=1) == timedelta(minutes=6)


def test_retry_after_lengthens_a_wait_up_to_a_day_and_never_adds_an_attempt() -> None:
    assert wait_after(1, retry_after=timedelta(minutes=3), jitter=0) == timedelta(minutes=3)
    assert wait_after(4, retry_after=timedelta(seconds=1), jitter=0) == timedelta(minutes=5)
    assert wait_after(1, retry_after=timedelta(days=30), jitter=0) == timedelta(hours=24)
    assert wait_after(10, retry_after=timedelta(minutes=3), jitter=0) is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta()),
        ("Mon, 07 Dec 2026 19:31:30 GMT", timedelta(seconds=90)),
        ("Mon, 07 Dec 2026 19:31:30 -0000", timedelta(seconds=90)),
        ("Mon, 07 Dec 2026 19:00:00 GMT", timedelta()),
        ("9" * 400, timedelta(hours=24)),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("bientôt", None),
        ("Mon, 99 Dec 2026 19:00:00 GMT", None),
        ("Mon, 07 Dec 99999 19:00:00 GMT", None),
    ],
)
def test_a_retry_after_header_is_read_or_ignored(header: str | None, wait: timedelta | None) -> None:
    assert retry_after(header, now=NOW) == wait
