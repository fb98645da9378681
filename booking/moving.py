"""The slot picker for a lesson that has a time already: same tutor, same length, its own time as good as
free.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from booking.changes import Actor
from booking.grid import local_day
from booking.models import Appointment, Cart
from booking.nearest import nearest_starts
from booking.picker import Picker
from booking.rules import HORIZON
from booking.services.lessons import without_lesson
from booking.slots import Openings, openings
from booking.weeks import Time
from booking.wishes import Wish
from booking.wording import day_and_clock

DAYS_BEFORE = timedelta(days=2)
"""The first page begins so long before the lesson: it may be wanted earlier as well as later."""
NEAR = timedelta(days=7)
MAX_NEAREST = 3


@dataclass(kw_only=True)
class MovePicker(Picker):
    """Shows what `move_lesson` would take."""

    lesson: Appointment

    def _diary_tutor(self) -> int | None:
        return self.lesson.tutor_id

    def _query(self, **changes: str) -> dict[str, str]:
        return {"semaine": self.first_day.isoformat(), **changes}

    @property
    def current_day(self) -> str:
        """The day that the lesson has now, in ISO."""
        return local_day(self.lesson.start).isoformat()

    def nearest(self, wanted: datetime) -> list[Time]:
        """Free starts near one that can't be had."""
        assert self.look is not None  # noqa: S101 - always given
        day = local_day(wanted)
        first_day, last_day = day - NEAR, min(day + NEAR, local_day(self.now + HORIZON))
        near = nearest_starts(
            self.look(first_day, last_day),
            tutor_id=self.lesson.tutor_id,
            minutes=self.minutes,
            wanted=wanted,
            first_day=first_day,
            last_day=last_day,
            at_most=MAX_NEAREST,
        )
        return [Time(start.isoformat(timespec="minutes"), day_and_clock(start)) for start in near]


def move_picker(*, lesson: Appointment, actor: str, wish: Wish, path: str, now: datetime) -> MovePicker:
    """The week of a wish, else the one around the lesson. Two queries for a student, whose cart counts."""
    cart = Cart.objects.filter(user=lesson.student_id).first() if actor == Actor.STUDENT else None
    day = wish.day or local_day(lesson.start) - DAYS_BEFORE
    return MovePicker(
        path=path,
        course=lesson.course,
        wish=Wish(minutes=lesson.minutes, day=day, tutor=lesson.tutor.public_id, misread=wish.misread),
        now=now,
        look=partial(_look, lesson=lesson, cart=cart, now=now),
        lesson=lesson,
    )


def _look(
    first_day: date, last_day: date, *, lesson: Appointment, cart: Cart | None, now: datetime
) -> Openings:
    """What is free with the lesson's own time disregarded, without the very start that it has."""
    found = openings(
        course=lesson.course,
        first_day=first_day,
        last_day=last_day,
        now=now,
        tutor=lesson.tutor,
        cart=cart,
    )
    place = found.calendar.index(lesson.start)
    return replace(
        found,
        diaries=[without_lesson(diary, lesson) for diary in found.diaries],
        allowed=found.allowed & ~(1 << place) if place >= 0 else found.allowed,
    )
