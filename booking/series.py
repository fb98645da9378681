"""The same hour of the wall, week after week: what can be had of it, and what lies nearest where it can't."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from booking.grid import epoch_minutes, local_day
from booking.models import Cart
from booking.nearest import nearest_starts
from booking.rules import Problem, problems
from booking.slots import Openings, openings
from courses.models import Course, Tutor

WEEKS = range(2, 13)
"""How many further weeks can be asked for."""


class Proposal(NamedTuple):
    """One week's lesson."""

    day: date
    start: datetime | None
    """UTC; None on the day on which the clocks skip this very hour."""
    in_cart: bool = False
    """The asking cart has this lesson already."""
    against: tuple[Problem, ...] = ()
    """Why it can't be booked."""
    nearest: datetime | None = None
    """Where it can't: the free start of that local day nearest to it, of the same tutor; None: there is
    none.
    """

    @property
    def free(self) -> bool:
        return self.start is not None and not self.in_cart and not self.against

    @property
    def reason(self) -> str:
        """What stands in the way first of all."""
        return self.against[0].message if self.against else ""


def propose_weekly(
    *,
    course: Course,
    tutor: Tutor,
    start: datetime,
    duration: int,
    weeks: int,
    now: datetime,
    cart: Cart | None = None,
) -> list[Proposal]:
    """The lessons of the `weeks` weeks after `start`, at the same local time whatever the clocks do.

    One query for the whole span; with `cart`, its own holds are told from those of others.
    """
    first_day = local_day(start)
    days = [first_day + timedelta(weeks=n) for n in range(1, weeks + 1)]
    found = openings(course=course, first_day=days[0], last_day=days[-1], now=now, tutor=tutor, cart=cart)
    return [_proposal(found, tutor, day, _same_hour(start, day), duration, now) for day in days]


def _same_hour(start: datetime, day: date) -> datetime:
    """The moment on `day` at which the wall clock shows what it shows at `start`; the first of two.

    In an hour that the clocks skip it is the moment that would have shown it had they not.
    """
    at = timezone.localtime(start, timezone.get_default_timezone())
    return datetime.combine(day, at.time().replace(fold=0), at.tzinfo)


def _proposal(
    found: Openings, tutor: Tutor, day: date, at: datetime, minutes: int, now: datetime
) -> Proposal:
    start = at.astimezone(UTC)
    skipped = start.astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None)
    first = epoch_minutes(start)
    if not skipped and (tutor.pk, first, first + minutes) in found.own_claims():
        return Proposal(day, start, in_cart=True)
    diary = found.diaries[0] if found.diaries else None
    against = tuple(problems(start=start, minutes=minutes, now=now, diary=diary))
    if not skipped and not against:
        return Proposal(day, start)
    near = nearest_starts(
        found, tutor_id=tutor.pk, minutes=minutes, wanted=start, first_day=day, last_day=day, at_most=1
    )
    return Proposal(day, None if skipped else start, against=against, nearest=near[0] if near else None)
