"""Holding a lesson for a quarter of an hour, letting go of it, and taking it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from booking.diaries import ClaimKind, Diary, load_diaries
from booking.errors import (
    BookingError,
    LineBeingPaid,
    NotBookable,
    SlotsRefused,
    SlotTaken,
    TooManyHolds,
)
from booking.grid import epoch_minutes, local_day
from booking.models import Cart, CartLine, TimeClaim
from booking.rules import TAKEN_BY_OTHERS, problems
from booking.services.carts import leave_cart
from booking.services.claims import FREE_OF_EXPIRED
from booking.services.locks import claiming, lock
from booking.slots import best_first
from courses.models import Course, Tutor

# One statement, under the locks: make room, count, write the line, claim its time. Each part reads from the
# one before, which is what makes PostgreSQL do them in this order. A line that lost its hold is taken again
# in its place. No row: a ceiling is reached. A row that is not claimed: somebody has the time.
_HOLD = f"""
WITH expired AS ({FREE_OF_EXPIRED} RETURNING id), room AS (SELECT count(*) AS made FROM expired), held AS (
    SELECT count(*) FILTER (WHERE l.cart_id = %(cart)s) AS by_cart,
           count(*) FILTER (WHERE l.address = %(address)s) AS by_address
    FROM booking_cartline l JOIN booking_timeclaim c ON c.line_id = l.id
    WHERE (l.cart_id = %(cart)s OR l.address = %(address)s)
      AND (c.state <> 'hold' OR c.expires_at > clock_timestamp())
), line AS (
    INSERT INTO booking_cartline (id, cart_id, course_id, tutor_id, start, minutes, address, held_until)
    SELECT %(id)s, %(cart)s, %(course)s, %(tutor)s, %(start)s, %(minutes)s, %(address)s,
           clock_timestamp() + %(length)s
    FROM held, room
    WHERE by_cart < %(max_by_cart)s AND by_address < %(max_by_address)s AND made >= 0
    ON CONFLICT (cart_id, tutor_id, start) DO UPDATE
    SET course_id = excluded.course_id, minutes = excluded.minutes, address = excluded.address,
        held_until = excluded.held_until
    RETURNING id, held_until
), claim AS (
    INSERT INTO booking_timeclaim (tutor_id, during, state, expires_at, line_id)
    SELECT %(tutor)s, tstzrange(%(start)s, %(end)s), 'hold', held_until, id FROM line
    ON CONFLICT DO NOTHING
    RETURNING line_id
)
SELECT line.id, line.held_until, claim.line_id IS NOT NULL
FROM line LEFT JOIN claim ON claim.line_id = line.id
"""  # noqa: S608


class Wanted(NamedTuple):
    """A lesson for the cart; `tutor` None is the first available."""

    course: Course
    start: datetime
    duration: int
    tutor: Tutor | None = None


def hold_slot(
    *,
    cart: Cart,
    course: Course,
    start: datetime,
    duration: int,
    now: datetime,
    tutor: Tutor | None = None,
    address: str | None = None,
    in_place_of: UUID | None = None,
) -> CartLine:
    """Put a lesson of `duration` minutes into the cart and hold its time for 15 minutes.

    `tutor` None takes the first available: lowest priority number, then fewest booked hours in that local
    week. A lesson that the cart already holds is given back as it is; a new cart is written with its first
    one, or not at all. `in_place_of` is a line of the cart that leaves it in the same step if its hold was
    lost. Raises SlotTaken, NotBookable, TooManyHolds, TryAgain.
    """
    with claiming():
        if cart._state.adding:
            cart.save()
        wanted = Wanted(course, start, duration, tutor)
        _lock_for([wanted], cart, address)
        line = _hold(cart, wanted, _diaries([wanted], cart), now, address)
        replaced = cart.lines.with_hold().filter(pk=in_place_of).first() if in_place_of else None
        if replaced is not None and replaced.hold is None:
            replaced.delete()
        return line


def refuse_unbookable(
    *, course: Course, start: datetime, duration: int, now: datetime, tutor: Tutor | None = None
) -> None:
    """Raise what `hold_slot` would, as far as can be seen without a cart and without waiting for others."""
    _bookable(_diaries([Wanted(course, start, duration, tutor)], None), start, duration, now)


def hold_slots(
    *,
    cart: Cart,
    wanted: Sequence[Wanted],
    now: datetime,
    address: str | None = None,
    all_or_none: bool = True,
) -> tuple[list[CartLine], list[tuple[Wanted, BookingError]]]:
    """Put several lessons into the cart in one step: the lines, and what was refused and why.

    With `all_or_none`, one refusal refuses all and SlotsRefused names what stood in the way; otherwise
    those that are free are held. Raises TryAgain too.
    """
    lines, refused = [], []
    with claiming():
        _lock_for(wanted, cart, address)
        for course in {lesson.course for lesson in wanted}:
            lessons = sorted(
                (lesson for lesson in wanted if lesson.course == course), key=lambda lesson: lesson.start
            )
            diaries = _diaries(lessons, cart)
            for lesson in lessons:
                try:
                    with transaction.atomic():
                        lines.append(_hold(cart, lesson, diaries, now, address))
                except BookingError as error:
                    refused.append((lesson, error))
        if refused and all_or_none:
            raise SlotsRefused([(lesson.start, error) for lesson, error in refused])
    return lines, refused


def _lock_for(wanted: Sequence[Wanted], cart: Cart, address: str | None) -> None:
    """All that the lessons need, in one call and so in one order."""
    lock(
        tutor_ids={lesson.tutor.pk for lesson in wanted if lesson.tutor},
        course_ids={lesson.course.pk for lesson in wanted if not lesson.tutor},
        cart_ids=[cart.pk],
        address=address,
    )


def _diaries(lessons: Sequence[Wanted], cart: Cart | None) -> list[Diary]:
    """All that decides about lessons of one course. One query."""
    days = [local_day(lesson.start) for lesson in lessons]
    tutors = {lesson.tutor.pk for lesson in lessons if lesson.tutor}
    anybody = not all(lesson.tutor for lesson in lessons)
    return load_diaries(
        first_day=min(days),
        last_day=max(days),
        course_id=lessons[0].course.pk,
        tutor_ids=None if anybody else tutors,
        cart_id=cart.pk if cart else None,
        ranked=anybody,
    )


def _hold(cart: Cart, wanted: Wanted, diaries: list[Diary], now: datetime, address: str | None) -> CartLine:
    """Hold one lesson, under the locks, and enter it into the diary for those that follow."""
    course, start, duration, tutor = wanted
    diaries = [diary for diary in diaries if tutor is None or diary.tutor_id == tutor.pk]
    own = _own_line(cart, course, start, duration, diaries)
    if own is not None:
        return own
    chosen = _bookable(diaries, start, duration, now)
    line = _take(cart, course, chosen, start, duration, address)
    first = epoch_minutes(start)
    chosen.claims.append([first, first + duration, ClaimKind.HOLD | ClaimKind.OWN])
    return line


def _own_line(
    cart: Cart, course: Course, start: datetime, duration: int, diaries: list[Diary]
) -> CartLine | None:
    """The line by which the cart has this very lesson already."""
    first = epoch_minutes(start)
    same = [first, first + duration]
    holders = [
        diary.tutor_id
        for diary in diaries
        for *stretch, kind in diary.claims
        if kind & ClaimKind.OWN and stretch == same
    ]
    if not holders:
        return None
    return CartLine.objects.filter(
        cart=cart, course=course, start=start, minutes=duration, tutor__in=holders
    ).first()


def _bookable(diaries: list[Diary], start: datetime, duration: int, now: datetime) -> Diary:
    """The tutor to take, of those who are free."""
    if not diaries:
        raise NotBookable(problems(start=start, minutes=duration, now=now, diary=None))
    found = {
        diary.tutor_id: problems(start=start, minutes=duration, now=now, diary=diary) for diary in diaries
    }
    free = [diary for diary in diaries if not found[diary.tutor_id]]
    if free:
        return best_first(free, start)[0]
    # Where one is only just taken, that is the answer; else what stands in the way of the one nearest to it.
    nearest = min(found.values(), key=lambda against: (not TAKEN_BY_OTHERS.issuperset(against), len(against)))
    raise SlotTaken if TAKEN_BY_OTHERS.issuperset(nearest) else NotBookable(nearest)


def _take(
    cart: Cart, course: Course, diary: Diary, start: datetime, duration: int, address: str | None
) -> CartLine:
    """Write the line and its claim."""
    end = start + timedelta(minutes=duration)
    values = {
        "id": uuid4(),
        "cart": cart.pk,
        "course": course.pk,
        "tutor": diary.tutor_id,
        "start": start,
        "end": end,
        "minutes": duration,
        "address": address,
        "length": timedelta(minutes=settings.HOLD_MINUTES),
        "max_by_cart": settings.MAX_HOLDS_PER_CART,
        "max_by_address": settings.MAX_HOLDS_PER_ADDRESS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, values)
        row = cursor.fetchone()
    if row is None:
        raise TooManyHolds(_ceiling_reached(cart))
    line_id, held_until, claimed = row
    if not claimed:
        raise SlotTaken
    line = CartLine(
        id=line_id,
        cart=cart,
        course=course,
        tutor_id=diary.tutor_id,
        start=start,
        minutes=duration,
        held_until=held_until,
        address=address,
    )
    line._state.adding = False
    return line


def _ceiling_reached(cart: Cart) -> int:
    held = sum(line.hold is not None for line in cart.lines.with_hold())
    by_cart: int = settings.MAX_HOLDS_PER_CART
    return by_cart if held >= by_cart else settings.MAX_HOLDS_PER_ADDRESS


def renew_line(*, line: CartLine, now: datetime) -> CartLine:
    """Hold a line whose hold was lost for a new 15 minutes; one that still stands is left as it is, never
    extended.

    Raises what `hold_slot` raises.
    """
    return hold_slot(
        cart=line.cart,
        course=line.course,
        start=line.start,
        duration=line.minutes,
        now=now,
        tutor=line.tutor,
        address=line.address,
    )


def release_line(*, line: CartLine, now: datetime) -> None:
    """Take a line out of its cart; its time is free at once. Twice does no harm. Raises LineBeingPaid,
    TryAgain.
    """
    with claiming():
        lock(cart_ids=[line.cart_id])  # whoever takes the line again would claim its time for it
        held = TimeClaim.objects.select_for_update().filter(line=line).first()
        if held is not None and held.state == TimeClaim.State.PAYING:
            raise LineBeingPaid
        leave_cart(line_ids=[line.pk])


def sweep_expired_holds(*, now: datetime) -> int:
    """Delete the holds that have run out, and say how many. Cosmetic: whoever wants their time deletes them
    too.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM booking_timeclaim WHERE id IN (
                SELECT id FROM booking_timeclaim
                WHERE state = 'hold' AND expires_at <= clock_timestamp()
                FOR UPDATE SKIP LOCKED
            )
            """
        )
        return cursor.rowcount
