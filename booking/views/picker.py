"""The slot picker's fragment, and the same as a page for whoever follows its address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from wagtail.models import Page

from accounts.access import public
from booking.models import Cart
from booking.page_pickers import course_picker, no_picker, tutor_picker
from booking.picker import MAIN, Picker
from booking.prepared import prepared
from booking.services import cart_for
from booking.views.fragments import HtmxRequest, page_path
from booking.wishes import Wish, name_in, read_wish
from courses.models import Course, CoursePage, TutorCourse, TutorPage

FILTER = "filter"
"""Ends the id of the filter's form. Who moves through its radios by arrow keys keeps the focus there."""


@public
@require_safe
@never_cache
@vary_on_headers("HX-Request")
@prepared()
def picker(request: HtmxRequest) -> HttpResponse:
    """Times of one week. As a whole page it sends on to the page that presents the course or tutor."""
    shown = asked_picker(
        request.GET,
        path=page_path(request),
        cart=cart_for(request=request),
        now=timezone.now(),
        name=name_in(request.GET, MAIN) if request.htmx else MAIN,
    )
    if request.htmx:
        answer = render(
            request,
            "booking/picker.html#answer",
            {
                "picker": shown,
                "status": shown.status,
                "focus_week": request.htmx.trigger != f"{shown.name}-{FILTER}",
            },
        )
        if shown.course:
            answer["HX-Push-Url"] = shown.address
        return answer
    page = presenting_page(shown)
    if page is not None:
        return redirect(f"{page.get_url(request)}?{shown.page_query}#picker")
    return render(request, "booking/picker.html", {"picker": shown}, status=200 if shown.course else 404)


def asked_picker(
    params: Mapping[str, str],
    *,
    path: str,
    cart: Cart | None,
    now: datetime,
    course: Course | None = None,
    name: str = MAIN,
) -> Picker:
    """What an address or a form asks for: the times of a tutor (`par=tuteur`) or of a course. Two queries.

    One, where the caller has read the course that the wish names.
    """
    wish = read_wish(params)
    if wish.tutor and (params.get("par") == "tuteur" or not wish.course):
        return _of_tutor(wish.tutor, wish, path=path, cart=cart, now=now, name=name)
    if course is None and wish.course:
        course = Course.objects.active().filter(public_id=wish.course).first()
    if course is None:
        return no_picker(path=path, now=now, name=name)
    return course_picker(course=course, wish=wish, path=path, cart=cart, now=now, name=name)


def _of_tutor(tutor: UUID, wish: Wish, *, path: str, cart: Cart | None, now: datetime, name: str) -> Picker:
    taught = list(
        TutorCourse.objects.filter(
            tutor__public_id=tutor,
            tutor__active=True,
            tutor__user__is_active=True,
            course__active=True,
            status=TutorCourse.Status.APPROVED,
        )
        .select_related("tutor", "course")
        .order_by("course__title", "course_id")
    )
    if not taught:
        return no_picker(path=path, now=now, name=name)
    courses = [row.course for row in taught]
    return tutor_picker(
        tutor=taught[0].tutor, courses=courses, wish=wish, path=path, cart=cart, now=now, name=name
    )


def presenting_page(shown: Picker) -> Page | None:
    """The published page of the course or tutor."""
    if shown.tutor:
        return TutorPage.objects.live().public().filter(tutor=shown.tutor).first()
    return CoursePage.objects.live().public().filter(course=shown.course).first() if shown.course else None
