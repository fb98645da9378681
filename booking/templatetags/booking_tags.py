"""What booking lends to every page: the slot picker, the cart's badge, words for times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from django import template
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from wagtail.models import Page

from accounts.models import Role, User
from booking import wording
from booking.changes import Change, actor_of, possible_until, refusal
from booking.errors import BookingError
from booking.models import Appointment
from booking.picker import MAIN, Picker, course_picker, no_picker, tutor_picker
from booking.services import cart_for
from booking.services.carts import SESSION_KEY
from booking.weeks import Time
from booking.wishes import Wish, name_in, read_wish
from courses.models import Course, Tutor, TutorPage

RADIO_BUTTON = '<label class="slot"><input type="radio" name="debut" value="%s"><span>%s</span></label>'

# On every page of whoever has a cart, and so without the ORM, which composes it in longer than it takes.
_BADGE = """
SELECT count(c.id), count(*) - count(c.id),
       min(l.held_until - clock_timestamp()) FILTER (WHERE c.state = 'hold')
FROM booking_cart k JOIN booking_cartline l ON l.cart_id = k.id
LEFT JOIN booking_timeclaim c ON c.line_id = l.id
          AND (c.state <> 'hold' OR c.expires_at > clock_timestamp())
WHERE (k.user_id = %(user)s::uuid OR k.id = %(cart)s::uuid AND k.user_id IS NULL)
"""

register = template.Library()
register.filter("exact_clock", wording.exact_clock)
register.filter("until", wording.until)
register.filter("minutes_left", wording.minutes_left)


class Timed(Protocol):
    start: datetime

    @property
    def minutes(self) -> int: ...


@register.filter
def time_range(lesson: Timed) -> str:
    """`14 h 30 à 16 h` of a lesson or a cart line."""
    return wording.time_range(lesson.start, lesson.minutes)


@register.simple_tag
def time_range_from(start: datetime, minutes: int) -> str:
    """`14 h 30 à 16 h` of a lesson that isn't there yet."""
    return wording.time_range(start, minutes)


@register.simple_tag(takes_context=True)
def why_not(context: Context, lesson: Appointment, change: str) -> BookingError | None:
    """Why the person can't "cancel" or "move" a lesson at the page's `now`; None when they can."""
    actor = actor_of(lesson=lesson, user=context["request"].user)
    return refusal(lesson=lesson, actor=actor, change=Change(change), now=context["now"])


@register.simple_tag(takes_context=True)
def change_until(context: Context, lesson: Appointment, change: str) -> datetime | None:
    """The last moment at which the person can "cancel" or "move" a lesson."""
    actor = actor_of(lesson=lesson, user=context["request"].user)
    return possible_until(start=lesson.start, actor=actor, change=Change(change))


@register.filter
def seconds_left(left: timedelta) -> int:
    """For the countdown, which runs on the visitor's machine from there and so needs no clock in common."""
    return max(0, int(left.total_seconds()))


@register.simple_tag(takes_context=True)
def slot_picker(
    context: Context,
    course: Course | None = None,
    tutor: Tutor | None = None,
    taught: Sequence[Course] | None = None,
) -> str:
    """The picker of a course or of a tutor, for the week and length that the page's own address asks for.

    `taught`: the tutor's courses, where they were read already.
    """
    request: HttpRequest = context["request"]
    wish = read_wish(request.GET if name_in(request.GET, MAIN) == MAIN else {})
    around: dict[str, Any] = {"path": request.path, "now": timezone.now()}
    shown = _picker_of(request, wish, course=course, tutor=tutor, taught=taught, **around)
    return render_to_string("booking/picker.html#picker", {"picker": shown}, request)


@register.simple_tag(takes_context=True)
def block_picker(context: Context, page: Page, block_id: str | None) -> str:
    """The picker that an editor put on a page, of the course or tutor that `page` presents. An address speaks
    to it by its name, which its block keeps. Two queries for a course, three for a tutor.
    """
    request: HttpRequest = context["request"]
    name = f"creneaux-{(block_id or 'apercu')[:8]}"
    wish = read_wish(request.GET if name_in(request.GET, MAIN) == name else {})
    around: dict[str, Any] = {"name": name, "path": request.path, "now": timezone.now()}
    if issubclass(page.cached_content_type.model_class(), TutorPage):
        tutor = Tutor.objects.select_related("user").get(pages=page.pk)
        shown = _picker_of(request, wish, tutor=tutor, **around)
    else:
        shown = _picker_of(request, wish, course=Course.objects.get(pages=page.pk), **around)
    return render_to_string("booking/picker.html#picker", {"picker": shown}, request)


def _picker_of(
    request: HttpRequest,
    wish: Wish,
    *,
    name: str = MAIN,
    path: str,
    now: datetime,
    course: Course | None = None,
    tutor: Tutor | None = None,
    taught: Sequence[Course] | None = None,
) -> Picker:
    cart = cart_for(request=request)
    if tutor is not None:
        courses = list(Course.objects.taught_by(tutor) if taught is None else taught) if tutor.active else []
        return tutor_picker(tutor=tutor, courses=courses, wish=wish, path=path, cart=cart, now=now, name=name)
    if course is not None and course.active:
        return course_picker(course=course, wish=wish, path=path, cart=cart, now=now, name=name)
    return no_picker(path=path, now=now, name=name)


@register.simple_tag
def radio_buttons(times: Iterable[Time]) -> str:
    """The times of a day to choose from: a hundred in a week, which a template's loop draws too slowly.

    Made of digits and of our own words, so that there is nothing to escape.
    """
    return mark_safe("".join([RADIO_BUTTON % time for time in times]))  # noqa: S308


class WhyDay(NamedTuple):
    query: str
    text: str


@register.simple_tag(takes_context=True)
def why_no_slots(context: Context, picker: Picker) -> str:
    """For tutors on their own times and for admins: a link per day to what took its hours away.

    No query for anybody else, one for a tutor.
    """
    tutor = _explained_tutor(context["request"].user, picker)
    if tutor is None or picker.course is None:
        return ""
    query = {"cours": picker.course.public_id, "tuteur": tutor, "duree": picker.minutes}
    days = [
        WhyDay(urlencode({**query, "jour": day.iso}), f"{day.weekday} {day.day_and_month}")
        for day in picker.days
    ]
    return render_to_string("booking/includes/why.html", {"days": days})


def _explained_tutor(user: User | AnonymousUser, picker: Picker) -> str | None:
    """The public id of the tutor whose days `user` may have explained, "" for all of them, None for none."""
    if not user.is_authenticated or picker.found is None:
        return None
    shown = [d for d in picker.found.diaries if picker.diary_tutor in (None, d.tutor_id)]
    if user.role == Role.ADMIN:
        return str(shown[0].public_id) if picker.diary_tutor and shown else ""
    if user.role == Role.TUTOR:
        own = Tutor.objects.filter(user=user).values_list("pk", flat=True).first()
        return next((str(diary.public_id) for diary in shown if diary.tutor_id == own), None)
    return None


class Badge(NamedTuple):
    kept: int = 0
    """Lessons that are held or being paid."""
    lost: int = 0
    left: timedelta | None = None
    """Until the first hold ends."""


@register.inclusion_tag("booking/includes/badge.html", takes_context=True)
def cart_badge(context: Context, out_of_band: bool = False) -> dict[str, Any]:
    """The header's link to the cart. No query for a visitor without a cart, one for everybody else."""
    return {"badge": _badge(context["request"]), "out_of_band": out_of_band}


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
