"""What booking lends to every page: the slot picker, the cart's badge, words for times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from wagtail.models import Page

from accounts.models import Role, User
from booking import wording
from booking.changes import Change, actor_of, possible_until, refusal
from booking.errors import BookingError
from booking.models import Appointment
from booking.picker import MAIN, Picker
from booking.weeks import Time
from courses.models import Course, CoursePage, Tutor, TutorPage
from home.live import live

RADIO_BUTTON = '<label class="slot"><input type="radio" name="debut" value="%s"><span>%s</span></label>'

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


@register.filter
def with_whom(lesson: Any, teaching: bool = False) -> str:
    """`avec Maude` of a lesson, an order's line or a cart's, as its student reads it; as its tutor where
    `teaching`.
    """
    return _("avec %(name)s") % {"name": lesson.student.get_short_name() if teaching else lesson.tutor}


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
def slot_picker(context: Context, course: Course | None = None, tutor: Tutor | None = None) -> str:
    """The picker of a course or of a tutor, for the week and length that the page's own address asks for."""
    return live(context["request"], "picker", course and course.pk, tutor and tutor.pk, MAIN)


@register.simple_tag(takes_context=True)
def block_picker(context: Context, page: Page, block_id: str | None) -> str:
    """The picker that an editor put on a page, of the course or tutor that `page` presents. An address speaks
    to it by its name, which its block keeps.
    """
    name = f"creneaux-{(block_id or 'apercu')[:8]}"
    if issubclass(page.cached_content_type.model_class(), TutorPage):
        asked = None, TutorPage.objects.values_list("tutor_id", flat=True).get(pk=page.pk)
    else:
        asked = CoursePage.objects.values_list("course_id", flat=True).get(pk=page.pk), None
    return live(context["request"], "picker", *asked, name)


@register.simple_tag(takes_context=True)
def cart_badge(context: Context, out_of_band: bool = False) -> str:
    """The header's link to the cart."""
    return live(context["request"], "badge", out_of_band)


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
