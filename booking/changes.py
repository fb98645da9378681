"""Until when a lesson may be called off or moved, and by whom. Pages, forms and services all ask here."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from accounts.models import Role, User
from booking.errors import BookingError, LessonClosed, NotYourLesson, TooLate
from booking.models import Appointment, AppointmentChange

Actor = AppointmentChange.Actor


class Change(StrEnum):
    CANCEL = "cancel"
    MOVE = "move"


STUDENT_CANCELS = timedelta(hours=2)
STUDENT_MOVES = timedelta(hours=24)
TUTOR_CHANGES = timedelta(hours=2)

# Hours that pass, not hours of the wall: a night in which the clocks change makes nobody late. Who is not
# here, the direction, may at any time.
NOTICE_TO_CHANGE: dict[tuple[str, Change], timedelta] = {
    (Actor.STUDENT, Change.CANCEL): STUDENT_CANCELS,
    (Actor.STUDENT, Change.MOVE): STUDENT_MOVES,
    (Actor.TUTOR, Change.CANCEL): TUTOR_CHANGES,
    (Actor.TUTOR, Change.MOVE): TUTOR_CHANGES,
}

MUST_SAY_WHY = frozenset({Actor.TUTOR, Actor.ADMIN})
MAX_REASON = 500


def possible_until(*, start: datetime, actor: str, change: Change) -> datetime | None:
    """The last moment at which `actor` may change a lesson that begins at `start`; None: there is none."""
    notice = NOTICE_TO_CHANGE.get((actor, change))
    return None if notice is None else start - notice


def refusal(*, lesson: Appointment, actor: str, change: Change, now: datetime) -> BookingError | None:
    """Why a lesson can't be changed by `actor` now; None when it can."""
    changeable = (
        Appointment.OCCUPIES_TIME if actor == Actor.ADMIN else frozenset({Appointment.Status.SCHEDULED})
    )
    if lesson.status not in changeable:
        return LessonClosed(lesson.status)
    until = possible_until(start=lesson.start, actor=actor, change=change)
    if until is not None and now > until:
        return TooLate(until, moves=change == Change.MOVE)
    return None


def actor_of(*, lesson: Appointment, user: User) -> Actor:
    """In what part somebody who sees a lesson acts on it. Raises NotYourLesson."""
    if lesson.student_id == user.pk:
        return Actor.STUDENT
    if lesson.tutor.user_id == user.pk:
        return Actor.TUTOR
    if user.role == Role.ADMIN:
        return Actor.ADMIN
    raise NotYourLesson
