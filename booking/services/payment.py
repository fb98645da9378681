"""From a hold to a lesson: while the bank thinks nobody loses the slot."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from booking.diaries import ClaimKind, Diary, load_diaries
from booking.errors import HoldsLost, LineBeingPaid, NotBookable, SlotTaken
from booking.grid import epoch_minutes, local_day
from booking.models import Appointment, Cart, CartLine, TimeClaim
from booking.rules import problems
from booking.services.claims import claim, free_of_expired
from booking.services.locks import claiming, lock
from courses.models import Course, Tutor

NO_NOTICE = timedelta(0)


def begin_payment(*, cart: Cart, deadline: datetime, now: datetime) -> list[CartLine]:
    """Turn all holds of a cart into payment claims, which only `end_payment` or `book_lesson` ends; gives
    its lines.

    Raises HoldsLost when a line has no live hold, LineBeingPaid when one is being paid already, NotBookable
    when a tutor's availability changed under one; nothing changes then.
    """
    with claiming(), connection.cursor() as cursor:
        lock(cart_ids=[cart.pk], tutor_ids=set(cart.lines.values_list("tutor_id", flat=True)))
        lines = list(cart.lines.with_hold().select_related("course", "tutor"))
        if any(line.hold == TimeClaim.State.PAYING for line in lines):
            raise LineBeingPaid
        lost = [line for line in lines if line.hold is None]
        if lost:
            raise HoldsLost(lost)
        _still_bookable(cart, lines, now)
        cursor.execute(
            """
            UPDATE booking_timeclaim SET state = 'paying', expires_at = %s
            WHERE line_id = ANY (%s) AND state = 'hold' AND expires_at > clock_timestamp()
            RETURNING line_id
            """,
            [deadline, [line.pk for line in lines]],
        )
        paying = {line_id for (line_id,) in cursor.fetchall()}
        lost = [line for line in lines if line.pk not in paying]
        if lost:
            raise HoldsLost(lost)
        return lines


def _still_bookable(cart: Cart, lines: list[CartLine], now: datetime) -> None:
    """A hold keeps others away; it does not bind a tutor who fell ill meanwhile."""
    if not lines:
        return
    days = [local_day(line.start) for line in lines]
    diaries = {
        diary.tutor_id: diary
        for diary in load_diaries(
            first_day=min(days),
            last_day=max(days),
            tutor_ids={line.tutor_id for line in lines},
            cart_id=cart.pk,
        )
    }
    for line in lines:
        diary = diaries.get(line.tutor_id)
        if diary is not None:
            diary = _without(diary, line) if line.course_id in diary.course_ids else None
        against = problems(start=line.start, minutes=line.minutes, now=now, diary=diary, notice=NO_NOTICE)
        if against:
            raise NotBookable(against)


def _without(diary: Diary, line: CartLine) -> Diary:
    """The diary as it would be had the line not been held."""
    first = epoch_minutes(line.start)
    own = [first, first + line.minutes]
    claims = [entry for entry in diary.claims if not (entry[2] & ClaimKind.OWN and entry[:2] == own)]
    return diary._replace(claims=claims)


def end_payment(*, line_ids: Collection[UUID], now: datetime) -> None:
    """Nothing was or will be paid: each line's claim is a hold again for what is left of its 15 minutes,
    else freed.

    Only for an intent that was cancelled at Stripe, or surely declined. Lines without a payment claim are
    left alone.
    """
    with claiming(), connection.cursor() as cursor:
        tutors = CartLine.objects.filter(pk__in=line_ids).values_list("tutor_id", flat=True)
        lock(tutor_ids=set(tutors))
        cursor.execute(
            """
            UPDATE booking_timeclaim c SET state = 'hold', expires_at = l.held_until
            FROM booking_cartline l
            WHERE l.id = c.line_id AND l.id = ANY (%s) AND c.state = 'paying'
            """,
            [list(line_ids)],
        )
        cursor.execute(
            """
            DELETE FROM booking_timeclaim
            WHERE line_id = ANY (%s) AND state = 'hold' AND expires_at <= clock_timestamp()
            """,
            [list(line_ids)],
        )


def book_lesson(
    *,
    course: Course,
    tutor: Tutor,
    start: datetime,
    minutes: int,
    student: User,
    cart_line_id: UUID | None,
    now: datetime,
) -> Appointment | None:
    """Make a paid line a lesson, inside settlement's transaction and after `lock_tutors`; None when it
    can't be.

    The line's own claim becomes the lesson's, whatever the tutor changed since: it was promised. Without
    one the time is claimed anew where the rules still allow it. The line leaves its cart.
    """
    end = start + timedelta(minutes=minutes)
    line = CartLine.objects.filter(pk=cart_line_id) if cart_line_id else CartLine.objects.none()
    own = (
        TimeClaim.objects.select_for_update()
        .filter(line__in=line, tutor=tutor, during__startswith=start, during__endswith=end)
        .first()
    )
    if own is None and not _free_again(course, tutor, start, minutes, now):
        return None
    try:
        with transaction.atomic():
            lesson = Appointment.objects.create(
                course=course, tutor=tutor, student=student, start=start, end=end
            )
            if own is not None:
                own.state, own.appointment, own.line, own.expires_at = (
                    TimeClaim.State.LESSON,
                    lesson,
                    None,
                    None,
                )
                own.save()
            else:
                _claim_anew(lesson)
            line.delete()
    except SlotTaken:
        return None
    return lesson


def _claim_anew(lesson: Appointment) -> None:
    free_of_expired(tutor_id=lesson.tutor_id, start=lesson.start, end=lesson.end)
    if not claim(
        tutor_id=lesson.tutor_id,
        start=lesson.start,
        end=lesson.end,
        state=TimeClaim.State.LESSON,
        appointment_id=lesson.pk,
    ):
        raise SlotTaken


def _free_again(course: Course, tutor: Tutor, start: datetime, minutes: int, now: datetime) -> bool:
    day = local_day(start)
    diaries = load_diaries(first_day=day, last_day=day, course_id=course.pk, tutor_ids=[tutor.pk])
    diary = diaries[0] if diaries else None
    return not problems(start=start, minutes=minutes, now=now, diary=diary, notice=NO_NOTICE)
