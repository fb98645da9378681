"""A lesson is called off, moved, brought back or over: what that does to its time and its history.

Guard, write, log, on the locked row. What it does to the money is said where money is. Locks: the lesson's
row, then its tutor's time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from accounts.models import User
from booking.changes import MAX_REASON, MUST_SAY_WHY, Actor, Change, refusal
from booking.diaries import ClaimKind, Diary, load_diaries
from booking.errors import LessonAhead, LessonClosed, NotBookable, ReasonMissing, SlotTaken
from booking.grid import epoch_minutes, local_day
from booking.models import Appointment, AppointmentChange, Cart, TimeClaim
from booking.rules import NOTICE, TAKEN_BY_OTHERS, Problem, problems
from booking.services.claims import claim, free_of_expired
from booking.services.locks import claiming, lock

Action = AppointmentChange.Action
Status = Appointment.Status

RESTORABLE = frozenset({Status.CANCELLED, Status.REFUNDED})


def locked_lesson(lesson: Appointment) -> Appointment:
    """The lesson as it is now, which nobody else changes until the transaction ends."""
    return (
        Appointment.objects.select_for_update(of=["self"])
        .select_related("course", "tutor__user", "student")
        .get(pk=lesson.pk)
    )


@transaction.atomic
def cancel_lesson(
    *,
    appointment: Appointment,
    actor: str,
    by: User | None,
    reason: str,
    now: datetime,
    refunded: bool = False,
) -> Appointment:
    """Call a lesson off; its time is free at once. `refunded` says that its money goes back to a card.

    Raises LessonClosed (as for the second of two), TooLate, ReasonMissing; nothing is changed then.
    """
    lesson = locked_lesson(appointment)
    _guard(lesson, actor, Change.CANCEL, reason, now)
    TimeClaim.objects.filter(appointment=lesson).delete()
    status = Status.REFUNDED if refunded else Status.CANCELLED
    action = Action.REFUNDED if refunded else Action.CANCELLED
    _change(lesson, action, actor, by, reason, now, status=status)
    return lesson


def move_lesson(
    *, appointment: Appointment, start: datetime, actor: str, by: User | None, reason: str, now: datetime
) -> Appointment:
    """Move a lesson to another start, with the same tutor and length: the old time is freed and the new one
    taken in one step.

    A lesson that begins at `start` already is given back as it is: so a second click does no harm. The
    direction may leave the rules aside (see `move_problems`); what others have taken the database refuses to
    it, too. One that was given and is moved ahead is yet to be given.

    Raises LessonClosed, TooLate, ReasonMissing, NotBookable, SlotTaken, TryAgain; nothing is changed then.
    """
    with claiming():
        lesson = locked_lesson(appointment)
        if lesson.start == start and lesson.status in Appointment.OCCUPIES_TIME:
            return lesson
        _guard(lesson, actor, Change.MOVE, reason, now)
        lock(tutor_ids=[lesson.tutor_id])
        if actor != Actor.ADMIN:
            against = move_problems(lesson=lesson, start=start, actor=actor, now=now)
            if against:
                raise SlotTaken if TAKEN_BY_OTHERS.issuperset(against) else NotBookable(against)
        end = start + timedelta(minutes=lesson.minutes)
        _move_claim(lesson, start, end)
        status = Status.SCHEDULED if end > now else Status(lesson.status)
        _change(lesson, Action.RESCHEDULED, actor, by, reason, now, start=start, end=end, status=status)
        return lesson


def move_problems(
    *, lesson: Appointment, start: datetime, actor: str, now: datetime, notice: timedelta = NOTICE
) -> list[Problem]:
    """All that stands against a lesson at another start, its own time disregarded; a student's own cart
    counts as taken.
    """
    day = local_day(start)
    cart = Cart.objects.filter(user=lesson.student_id).first() if actor == Actor.STUDENT else None
    diaries = load_diaries(
        first_day=day,
        last_day=day,
        course_id=lesson.course_id,
        tutor_ids=[lesson.tutor_id],
        cart_id=cart.pk if cart else None,
    )
    diary = without_lesson(diaries[0], lesson) if diaries else None
    return problems(start=start, minutes=lesson.minutes, now=now, diary=diary, notice=notice)


def without_lesson(diary: Diary, lesson: Appointment) -> Diary:
    """The tutor's diary as it would be without the lesson."""
    own = [epoch_minutes(lesson.start), epoch_minutes(lesson.end), int(ClaimKind.LESSON)]
    return diary._replace(claims=[entry for entry in diary.claims if entry != own])


def restore_lesson(
    *, appointment: Appointment, actor: str, by: User | None, reason: str, now: datetime
) -> Appointment:
    """Bring a lesson that was called off back to its old time, where nobody else has taken it.

    Raises LessonClosed, ReasonMissing, SlotTaken, TryAgain; nothing is changed then.
    """
    with claiming():
        lesson = locked_lesson(appointment)
        if lesson.status not in RESTORABLE:
            raise LessonClosed(lesson.status)
        _require_reason(actor, reason)
        lock(tutor_ids=[lesson.tutor_id])
        free_of_expired(tutor_id=lesson.tutor_id, start=lesson.start, end=lesson.end)
        if not claim(
            tutor_id=lesson.tutor_id,
            start=lesson.start,
            end=lesson.end,
            state=TimeClaim.State.LESSON,
            appointment_id=lesson.pk,
        ):
            raise SlotTaken
        _change(lesson, Action.RESTORED, actor, by, reason, now, status=Status.SCHEDULED)
        return lesson


@transaction.atomic
def complete_lesson(
    *, appointment: Appointment, actor: str, by: User | None, reason: str, now: datetime
) -> Appointment:
    """A lesson was given: its end has passed, or the direction says so once it has begun.

    Raises LessonClosed, LessonAhead, ReasonMissing; nothing is changed then.
    """
    lesson = locked_lesson(appointment)
    if lesson.status != Status.SCHEDULED:
        raise LessonClosed(lesson.status)
    if now < (lesson.start if actor == Actor.ADMIN else lesson.end):
        raise LessonAhead
    _require_reason(actor, reason)
    _change(lesson, Action.COMPLETED, actor, by, reason, now, status=Status.COMPLETED)
    return lesson


def _guard(lesson: Appointment, actor: str, change: Change, reason: str, now: datetime) -> None:
    against = refusal(lesson=lesson, actor=actor, change=change, now=now)
    if against is not None:
        raise against
    _require_reason(actor, reason)


def _require_reason(actor: str, reason: str) -> None:
    if actor in MUST_SAY_WHY and not reason.strip():
        raise ReasonMissing


def _move_claim(lesson: Appointment, start: datetime, end: datetime) -> None:
    """One statement: there is no moment at which the lesson has no time, or two."""
    free_of_expired(tutor_id=lesson.tutor_id, start=start, end=end)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE booking_timeclaim SET during = tstzrange(%s, %s) WHERE appointment_id = %s",
                [start, end, lesson.pk],
            )
    except IntegrityError as error:
        raise SlotTaken from error


def _change(
    lesson: Appointment,
    action: AppointmentChange.Action,
    actor: str,
    by: User | None,
    reason: str,
    now: datetime,
    **new: object,
) -> None:
    """Write the new values and the line of history that tells them from the old."""
    old = {name: getattr(lesson, name) for name in new}
    for name, value in new.items():
        setattr(lesson, name, value)
    # Calendars need not hear that a lesson is over.
    lesson.sequence += action != Action.COMPLETED
    lesson.save(update_fields=[*new, "sequence"])
    changed = [name for name in new if old[name] != new[name]]
    AppointmentChange.objects.create(
        appointment=lesson,
        action=action,
        actor=actor,
        by=by,
        reason=reason.strip()[:MAX_REASON],
        old={name: _written(old[name]) for name in changed},
        new={name: _written(new[name]) for name in changed},
        at=now,
    )


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
