"""When a failed delivery is tried again. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

QUICK_WAITS = (timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=8))
LONG_WAITS = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=24),
)
WAITS = QUICK_WAITS + LONG_WAITS
MAX_ATTEMPTS = 1 + len(WAITS)
KEPT = 2000  # characters of an answer that the admin can read
JITTER = 0.2  # at most a fifth longer, so that what failed together doesn't come back together
LONGEST_RETRY_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Answer:
    """What came of one attempt. `status` is HTTP's or SMTP's code, None when nothing answered.

    `moot` is a mail that was not sent because it is no longer to be said.
    `error` is what went wrong before an answer, `text` the beginning of the answer. `permanent`: never again;
    `gone`: and nothing else to that address either.
    """

    delivered: bool
    status: int | None = None
    error: str = ""
    text: str = ""
    retry_after: timedelta | None = None
    permanent: bool = False
    moot: bool = False
    gone: bool = False


def wait_after(
    failed_attempts: int, *, retry_after: timedelta | None = None, jitter: float
) -> timedelta | None:
    """How long to wait after the nth failed attempt, None when it was the last. `jitter` is between 0 and 1.

    A receiver's Retry-After lengthens the wait, up to a day; it never shortens it.
    """
    if failed_attempts >= MAX_ATTEMPTS:
        return None
    wait = WAITS[failed_attempts - 1] * (1 + JITTER * jitter)
    return max(wait, min(retry_after or timedelta(), LONGEST_RETRY_AFTER))


def retry_after(header: str | None, *, now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for, in seconds or by an HTTP date; None for none."""
    if not header:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return min(timedelta(seconds=int(header.strip()[:9])), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000", which the e-mail standard has for an unknown zone
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), LONGEST_RETRY_AFTER)
