"""From a hold to a lesson: while the bank thinks nobody loses the slot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import User
from booking.diaries import ClaimKind, Diary, load_diaries
from booking.errors import HoldsLost, LineBeingPaid, LinesNotBookable
from booking.grid import epoch_minutes, local_day
from booking.models import Appointment, Cart, CartLine, TimeClaim
from booking.rules import problems
from booking.services.claims import claim, free_of_expired
from booking.services.locks import claiming, lock
from courses.models import Course, Tutor

NO_NOTICE = timedelta(0)


def begin_payment(*, cart: Cart, deadline: datetime, now: datetime) -> list[CartLine]:
    """Turn all holds of a cart into payment claims, which only `end_payment` or `book_lessons` ends; gives
    its lines.

    Raises HoldsLost when a line has no live hold, LineBeingPaid when one is being paid already,
    LinesNotBookable when a tutor's availability changed under one; nothing changes then.
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
    refused = []
    for line in lines:
        diary = diaries.get(line.tutor_id)
        if diary is not None:
            diary = _without(diary, line) if line.course_id in diary.course_ids else None
        against = problems(start=line.start, minutes=line.minutes, now=now, diary=diary, notice=NO_NOTICE)
        if against:
            refused.append((line, against))
    if refused:
        raise LinesNotBookable(refused)


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


class Paid(NamedTuple):
    """A lesson that was paid for, and the line whose claim has kept its time, if there is one."""

    course: Course
    tutor: Tutor
    start: datetime
    minutes: int
    cart_line_id: UUID | None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


def book_lessons(*, paid: Sequence[Paid], student: User, now: datetime) -> list[Appointment | None]:
    """Make paid lines lessons, inside settlement's transaction (see `claiming`); None for each that can't be.

    A line's own claim becomes the lesson's, whatever the tutor changed since: it was promised. Without
    one the time is claimed anew where the rules still allow it.
    """
    lock(tutor_ids={line.tutor.pk for line in paid})
    lessons = [
        Appointment(course=line.course, tutor=line.tutor, student=student, start=line.start, end=line.end)
        for line in paid
    ]
    kept = _take_over_claims(paid, lessons)
    booked = [
        lesson if lesson.pk in kept or _claim_anew(line, lesson, now) else None
        for line, lesson in zip(paid, lessons, strict=True)
    ]
    Appointment.objects.bulk_create(lesson for lesson in booked if lesson)
    return booked


def _take_over_claims(paid: Sequence[Paid], lessons: Sequence[Appointment]) -> set[UUID]:
    """Give each line's claim to its lesson, written right after it; says which lessons got one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE booking_timeclaim c
            SET state = 'lesson', appointment_id = p.lesson, line_id = NULL, expires_at = NULL
            FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
                AS p (lesson, line, tutor, "start", "end")
            WHERE c.line_id = p.line AND c.tutor_id = p.tutor AND c.during = tstzrange(p.start, p.end)
            RETURNING c.appointment_id
            """,
            [
                [lesson.pk for lesson in lessons],
                [line.cart_line_id for line in paid],
                [line.tutor.pk for line in paid],
                [line.start for line in paid],
                [line.end for line in paid],
            ],
        )
        return {lesson_id for (lesson_id,) in cursor.fetchall()}


def _claim_anew(line: Paid, lesson: Appointment, now: datetime) -> bool:
    """Take the time for a lesson that is written right after it, in the same transaction."""
    if not _free_again(line, now):
        return False
    free_of_expired(tutor_id=line.tutor.pk, start=line.start, end=line.end)
    return claim(
        tutor_id=line.tutor.pk,
        start=line.start,
        end=line.end,
        state=TimeClaim.State.LESSON,
        appointment_id=lesson.pk,
    )


def _free_again(line: Paid, now: datetime) -> bool:
    day = local_day(line.start)
    diaries = load_diaries(first_day=day, last_day=day, course_id=line.course.pk, tutor_ids=[line.tutor.pk])
    diary = diaries[0] if diaries else None
    return not problems(start=line.start, minutes=line.minutes, now=now, diary=diary, notice=NO_NOTICE)
