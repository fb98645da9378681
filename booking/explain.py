"""Why a tutor's day offers what it offers: which rule took each hour away. For tutors and admins.

Nothing is decided here: each half-hour is put to `booking.rules`, alone and as part of a lesson.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking.diaries import ClaimKind, Diary, load_diaries
from booking.grid import HALF_HOUR, calendar_of
from booking.rules import Problem, problems
from booking.wording import time_range
from courses.models import Course, Tutor


class Reason(StrEnum):
    """What became of a half-hour, in the order in which reasons are told."""

    BOOKABLE = "bookable"
    INACTIVE = "inactive"
    OUTSIDE = "outside"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    EXCEPTION = "exception"
    TIME_OFF = "time_off"
    LESSON = "lesson"
    PAYING = "paying"
    HOLD = "hold"
    PAUSE = "pause"
    LIMIT = "limit"
    TOO_SHORT = "too_short"

    @property
    def words(self) -> str:
        return str(_WORDS[self])


_WORDS: dict[Reason, str | Promise] = {
    Reason.BOOKABLE: _("Libre"),
    Reason.INACTIVE: _("Le tuteur ne donne pas ce cours en ce moment"),
    Reason.OUTSIDE: _("Hors des heures de la semaine"),
    Reason.TOO_SOON: _("Dans moins de 12 heures, ou déjà passé"),
    Reason.TOO_FAR: _("Dans plus de 60 jours"),
    Reason.EXCEPTION: _("Fermé ce jour-là par une exception"),
    Reason.TIME_OFF: _("Congé"),
    Reason.LESSON: _("Cours réservé"),
    Reason.PAYING: _("En train d’être payé"),
    Reason.HOLD: _("Retenu dans un panier"),
    Reason.PAUSE: _("Pause avant ou après un cours"),
    Reason.LIMIT: _("Nombre de cours par jour atteint"),
    Reason.TOO_SHORT: _("Trop court pour un cours de cette durée"),
}

_BY_PROBLEM = {
    Problem.TOO_SOON: Reason.TOO_SOON,
    Problem.TOO_FAR: Reason.TOO_FAR,
    Problem.TUTOR_INACTIVE: Reason.INACTIVE,
    Problem.OUTSIDE: Reason.OUTSIDE,
    Problem.EXCEPTION: Reason.EXCEPTION,
    Problem.TIME_OFF: Reason.TIME_OFF,
    Problem.LIMIT: Reason.LIMIT,
}
_BY_CLAIM = {
    ClaimKind.LESSON: Reason.LESSON,
    ClaimKind.PAYING: Reason.PAYING,
    ClaimKind.HOLD: Reason.HOLD,
}
_CLAIMED = frozenset({Problem.TAKEN, Problem.HELD})


class Stretch(NamedTuple):
    """A part of a day, of which every half-hour has the same reasons."""

    start: datetime
    end: datetime
    reasons: tuple[Reason, ...]

    @property
    def hours(self) -> str:
        return time_range(self.start, int((self.end - self.start).total_seconds()) // 60)

    @property
    def words(self) -> str:
        return "; ".join(reason.words for reason in self.reasons)

    @property
    def bookable(self) -> bool:
        return self.reasons == (Reason.BOOKABLE,)


class TutorsDay(NamedTuple):
    tutor: Tutor
    stretches: list[Stretch]


def explain_days(
    *, course: Course | None, tutors: list[Tutor], day: date, minutes: int, now: datetime
) -> list[TutorsDay]:
    """One local day of each tutor, for lessons of `minutes` that begin on it; of `course`, or of any.

    One query. Nobody's name is in it but the tutors'.
    """
    diaries = {
        diary.tutor_id: diary
        for diary in load_diaries(
            first_day=day - timedelta(days=1),
            last_day=day,
            course_id=course.pk if course else None,
            tutor_ids=[tutor.pk for tutor in tutors],
        )
    }
    return [
        TutorsDay(tutor, explain_day(diary=diaries.get(tutor.pk), day=day, minutes=minutes, now=now))
        for tutor in tutors
    ]


def explain_day(*, diary: Diary | None, day: date, minutes: int, now: datetime) -> list[Stretch]:
    """The stretches of one local day, whole and in order.

    `diary` reaches from the day before to the next, since a lesson may run past midnight; None is for a
    tutor who is not active or not approved.
    """
    moments = calendar_of(day, day).moments
    half_hour = timedelta(minutes=HALF_HOUR)
    before = [moments[0] - n * half_hour for n in range(minutes // HALF_HOUR - 1, 0, -1)]
    bookable = {
        start + n * half_hour
        for start in (*before, *moments)
        if not problems(start=start, minutes=minutes, now=now, diary=diary)
        for n in range(minutes // HALF_HOUR)
    }
    told = [
        (moment, (Reason.BOOKABLE,) if moment in bookable else _reasons(diary, moment, now))
        for moment in moments
    ]
    stretches = []
    for reasons, group in groupby(told, key=lambda entry: entry[1]):
        same = [moment for moment, _reasons in group]
        stretches.append(Stretch(same[0], same[-1] + half_hour, reasons))
    return stretches


def _reasons(diary: Diary | None, moment: datetime, now: datetime) -> tuple[Reason, ...]:
    """All that stands against one half-hour; what was never open needs no other reason but its claims."""
    against = problems(start=moment, minutes=HALF_HOUR, now=now, diary=diary)
    found = {_BY_PROBLEM[problem] for problem in against if problem in _BY_PROBLEM}
    if Reason.OUTSIDE in found:
        found = {Reason.OUTSIDE}
    if diary is not None and not _CLAIMED.isdisjoint(against):
        claims = _claims(diary, moment, now)
        if claims or Reason.OUTSIDE not in found:
            found |= claims or {Reason.PAUSE}
    return tuple(reason for reason in Reason if reason in found) or (Reason.TOO_SHORT,)


def _claims(diary: Diary, moment: datetime, now: datetime) -> set[Reason]:
    """The claims that lie on a half-hour itself, not only their pauses."""
    without_pause = diary._replace(buffer_before=0, buffer_after=0)
    return {
        reason
        for kind, reason in _BY_CLAIM.items()
        if not _CLAIMED.isdisjoint(
            problems(
                start=moment,
                minutes=HALF_HOUR,
                now=now,
                diary=without_pause._replace(claims=[c for c in diary.claims if c[2] == kind]),
            )
        )
    }
