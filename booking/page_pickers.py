"""The pickers of a course's page, of a tutor's, and of neither."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from django.utils.translation import gettext as _

from booking.grid import local_day
from booking.models import Cart
from booking.picker import MAIN, Picker
from booking.rules import HORIZON, NOTICE
from booking.slots import Openings, openings
from booking.wishes import Wish
from courses.models import Course, Tutor


def course_picker(
    *, course: Course, wish: Wish, path: str, cart: Cart | None, now: datetime, name: str = MAIN
) -> Picker:
    """The picker of a course's page: all its tutors together, or the one wished for. One query, and one more
    for an empty week.
    """
    look = partial(_look, course=course, cart=cart, now=now)
    shown = Picker(
        name=name, path=path, course=course, wish=wish, now=now, look=look, notice=_notice(wish, now)
    )
    if wish.tutor and shown.diary_tutor is None:
        shown.notice = _("Ce tuteur ne donne pas ce cours en ce moment. Voici les heures des autres tuteurs.")
    return shown


def tutor_picker(
    *,
    tutor: Tutor,
    courses: Sequence[Course],
    wish: Wish,
    path: str,
    cart: Cart | None,
    now: datetime,
    name: str = MAIN,
) -> Picker:
    """The picker of a tutor's page, for one of the `courses` that the tutor is approved for."""
    notice = _notice(wish, now)
    course = next((course for course in courses if course.public_id == wish.course), None)
    if wish.course and course is None:
        notice = _("Ce cours n’est pas offert par ce tuteur en ce moment.")
    course = course or (courses[0] if courses else None)
    if course is None:
        notice = _("Ce tuteur ne donne aucun cours en ce moment.")
        return Picker(name=name, path=path, course=None, tutor=tutor, wish=wish, now=now, notice=notice)
    look = partial(_look, course=course, tutor=tutor, cart=cart, now=now)
    return Picker(
        name=name,
        path=path,
        course=course,
        tutor=tutor,
        courses=courses,
        wish=wish,
        now=now,
        look=look,
        notice=notice,
    )


def no_picker(*, path: str, now: datetime, name: str = MAIN) -> Picker:
    """Where the course or tutor asked for can't be found."""
    notice = _("Ce cours n’est pas offert en ce moment.")
    return Picker(name=name, path=path, course=None, wish=Wish(), now=now, notice=notice)


def _look(
    first_day: date,
    last_day: date,
    *,
    course: Course,
    cart: Cart | None,
    now: datetime,
    tutor: Tutor | None = None,
) -> Openings:
    return openings(course=course, first_day=first_day, last_day=last_day, now=now, tutor=tutor, cart=cart)


def _notice(wish: Wish, now: datetime) -> str:
    if wish.misread:
        return _("Une partie de l’adresse n’a pas pu être lue. Voici les heures que nous avons comprises.")
    if wish.day and wish.day < local_day(now + NOTICE):
        return _("Cette date ne peut plus être réservée. Voici les prochaines heures.")
    if wish.day and wish.day > local_day(now + HORIZON):
        return _("Un cours se réserve au plus 60 jours d’avance. Voici les derniers jours ouverts.")
    return ""
