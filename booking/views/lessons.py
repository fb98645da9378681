"""The dashboard's list of lessons, and their calendar files."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import member
from accounts.models import Role, User
from booking.calendars import lesson_calendar, teaching_calendar
from booking.models import Appointment

PAST_PER_PAGE = 20


@member
@require_safe
@never_cache
def dashboard(request: HttpRequest) -> HttpResponse:
    """A student's or a tutor's lessons; who works in the Wagtail admin is sent there."""
    user = cast(User, request.user)
    if user.is_staff:
        return redirect("wagtailadmin_home")
    now = timezone.now()
    lessons = Appointment.objects.visible_to(user).select_related("course", "tutor", "student")
    past = Paginator(lessons.past(now), PAST_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "booking/lessons.html",
        {"upcoming": lessons.upcoming(now), "past": past, "teaching": user.role == Role.TUTOR, "now": now},
    )


@member
@require_safe
@never_cache
def appointment_ics(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = cast(User, request.user)
    lesson = get_object_or_404(
        Appointment.objects.visible_to(user).select_related("course", "tutor", "student"), pk=pk
    )
    calendar = teaching_calendar if user.role == Role.TUTOR else lesson_calendar
    return HttpResponse(
        calendar([lesson], now=timezone.now()),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="cours-fanal.ics"'},
    )
