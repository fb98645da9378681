"""One answer to "can this lesson be booked?": the picker, holds, payment and settlement all ask here.

The picker (`booking.slots`) shows a start exactly when `problems` finds none for one of the tutors; a test
compares the two.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking.diaries import ClaimKind, Diary
from booking.grid import HALF_HOUR, calendar_of, epoch_minutes, local_day
from courses.money import DURATIONS

NOTICE = timedelta(hours=12)
HORIZON = timedelta(days=60)


class Problem(StrEnum):
    """Why a lesson can't be booked."""

    BAD_DURATION = "bad_duration"
    OFF_GRID = "off_grid"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    TUTOR_INACTIVE = "tutor_inactive"
    OUTSIDE = "outside"
    EXCEPTION = "exception"
    TIME_OFF = "time_off"
    LIMIT = "limit"
    TAKEN = "taken"
    HELD = "held"
    HELD_BY_YOU = "held_by_you"

    @property
    def message(self) -> str:
        return str(_MESSAGES[self])


_MESSAGES: dict[Problem, str | Promise] = {
    Problem.BAD_DURATION: _("Un cours dure 60, 90 ou 120 minutes."),
    Problem.OFF_GRID: _("Un cours commence à l’heure juste ou à la demie."),
    Problem.TOO_SOON: _("Un cours se réserve au moins 12 heures d’avance."),
    Problem.TOO_FAR: _("Un cours se réserve au plus 60 jours d’avance."),
    Problem.TUTOR_INACTIVE: _("Ce tuteur ne donne pas ce cours en ce moment."),
    Problem.OUTSIDE: _("Le tuteur n’est pas disponible à cette heure."),
    Problem.EXCEPTION: _("Le tuteur n’est pas disponible ce jour-là à cette heure."),
    Problem.TIME_OFF: _("Le tuteur est en congé."),
    Problem.LIMIT: _("Le tuteur ne donne pas d’autre cours ce jour-là."),
    Problem.TAKEN: _("Cette plage est déjà prise."),
    Problem.HELD: _("Quelqu’un d’autre retient cette plage."),
    Problem.HELD_BY_YOU: _("Un cours de votre panier occupe déjà cette plage."),
}

TAKEN_BY_OTHERS = frozenset({Problem.TAKEN, Problem.HELD})
"""What may be gone in a quarter of an hour, and was free a moment ago."""


def problems(
    *, start: datetime, minutes: int, now: datetime, diary: Diary | None, notice: timedelta = NOTICE
) -> list[Problem]:
    """All that stands against a lesson of `minutes` from `start`, in the order of `Problem`; none: it can
    be booked.

    `diary` is the tutor's, None for one who is not active or not approved for the course, and reaches from
    the lesson's day to its next. Someone who already holds the time, or paid for it, is asked for no other
    `notice` than that the lesson lies ahead: pass zero.
    """
    found = []
    if minutes not in DURATIONS:
        found.append(Problem.BAD_DURATION)
    if start.timestamp() % (HALF_HOUR * 60):
        found.append(Problem.OFF_GRID)
    if start < now + notice:
        found.append(Problem.TOO_SOON)
    if start > now + HORIZON:
        found.append(Problem.TOO_FAR)
    if diary is None:
        return [*found, Problem.TUTOR_INACTIVE]
    if minutes <= 0:
        return found

    day = local_day(start)
    calendar = calendar_of(day, day + timedelta(days=1))
    first = epoch_minutes(start)
    wanted = calendar.touched(first, first + minutes)
    if wanted & ~diary.opened(calendar):
        found.append(Problem.OUTSIDE)
    if wanted & diary.closed(calendar):
        found.append(Problem.EXCEPTION)
    if wanted & diary.away(calendar):
        found.append(Problem.TIME_OFF)
    if wanted & diary.full_days(calendar) & calendar.days_mask(0, 0):
        found.append(Problem.LIMIT)
    kinds = {kind for start_, end, kind in diary.claims if wanted & diary.occupied(calendar, start_, end)}
    if any(not kind & ClaimKind.OWN and not kind & ClaimKind.HOLD for kind in kinds):
        found.append(Problem.TAKEN)
    if ClaimKind.HOLD in kinds:
        found.append(Problem.HELD)
    if any(kind & ClaimKind.OWN for kind in kinds):
        found.append(Problem.HELD_BY_YOU)
    return found
