"""The live parts that booking lends to pages: the slot picker, and the cart's badge in the header."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from booking.models import Cart
from booking.page_pickers import course_picker, no_picker, tutor_picker
from booking.picker import MAIN, Picker
from booking.services import cart_for
from booking.services.carts import SESSION_KEY
from booking.wishes import Wish, name_in, read_wish
from courses.models import Course, Tutor
from home.live import Asked, fills

# On every page of whoever has a cart, and so without the ORM, which composes it in longer than it takes.
_BADGE = """
SELECT count(c.id), count(*) - count(c.id),
       min(l.held_until - clock_timestamp()) FILTER (WHERE c.state = 'hold')
FROM booking_cart k JOIN booking_cartline l ON l.cart_id = k.id
LEFT JOIN booking_timeclaim c ON c.line_id = l.id
          AND (c.state <> 'hold' OR c.expires_at > clock_timestamp())
WHERE (k.user_id = %(user)s::uuid OR k.id = %(cart)s::uuid AND k.user_id IS NULL)
"""


class Badge(NamedTuple):
    kept: int = 0
    """Lessons that are held or being paid."""
    lost: int = 0
    left: timedelta | None = None
    """Until the first hold ends."""


@fills("badge")
def badges(request: HttpRequest, asked: Sequence[Asked]) -> list[str]:
    """No query for a visitor without a cart, one for everybody else."""
    badge = _badge(request)
    return [
        render_to_string("booking/includes/badge.html", {"badge": badge, "out_of_band": out_of_band})
        for (out_of_band,) in asked
    ]


def _badge(request: HttpRequest) -> Badge:
    if request.user.is_authenticated:
        owner = {"user": request.user.pk, "cart": None}
    elif key := request.session.get(SESSION_KEY):
        owner = {"user": None, "cart": key}
    else:
        return Badge()
    with connection.cursor() as cursor:
        cursor.execute(_BADGE, owner)
        return Badge._make(cursor.fetchone())


@fills("picker")
def pickers(request: HttpRequest, asked: Sequence[Asked]) -> list[str]:
    """Those of courses or of tutors, by their keys; the one that the page's address speaks to shows what it
    asks for.
    """
    now, cart = timezone.now(), cart_for(request=request)
    spoken_to = name_in(request.GET, MAIN)
    shown = [
        _picker(
            course_id,
            tutor_id,
            wish=read_wish(request.GET if name == spoken_to else {}),
            path=request.path,
            cart=cart,
            now=now,
            name=name,
        )
        for course_id, tutor_id, name in asked
    ]
    return [render_to_string("booking/picker.html#picker", {"picker": one}, request) for one in shown]


def _picker(
    course_id: int | None,
    tutor_id: int | None,
    *,
    wish: Wish,
    path: str,
    cart: Cart | None,
    now: datetime,
    name: str,
) -> Picker:
    tutor = Tutor.objects.select_related("user").filter(pk=tutor_id).first() if tutor_id else None
    if tutor is not None:
        courses = list(Course.objects.taught_by(tutor)) if tutor.active else []
        return tutor_picker(tutor=tutor, courses=courses, wish=wish, path=path, cart=cart, now=now, name=name)
    course = Course.objects.active().filter(pk=course_id).first() if course_id else None
    if course is None:
        return no_picker(path=path, now=now, name=name)
    return course_picker(course=course, wish=wish, path=path, cart=cart, now=now, name=name)
