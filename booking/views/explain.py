"""« Pourquoi aucun créneau? »: a tutor's own day, or for admins anybody's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import member
from accounts.models import Role, User
from booking.explain import explain_days
from booking.grid import local_day
from booking.wishes import read_wish
from courses.models import Course, Tutor

FARTHEST = timedelta(days=366)


@member
@require_safe
@never_cache
def why(request: HttpRequest) -> HttpResponse:
    """One day (`jour`, ISO) of one tutor (`tuteur`), or for admins of all who teach a course (`cours`)."""
    now = timezone.now()
    wish = read_wish(request.GET)
    day = _day(request.GET.get("jour", ""))
    if wish.misread or day is None or abs(day - local_day(now)) > FARTHEST:
        raise Http404
    course = get_object_or_404(Course.objects.active(), public_id=wish.course) if wish.course else None
    tutors = explainable_to(cast(User, request.user))
    if wish.tutor:
        tutors = tutors.filter(public_id=wish.tutor)
    elif course:
        tutors = tutors.filter(pk__in=Tutor.objects.teaching(course).values("pk"))
    else:
        raise Http404
    shown = list(tutors.order_by("priority", "pk"))
    if not shown:
        raise Http404
    asked = {"cours": wish.course, "tuteur": wish.tutor, "duree": wish.minutes}
    query = {name: str(value) for name, value in asked.items() if value}
    context = {
        "day": day,
        "course": course,
        "minutes": wish.minutes,
        "days": explain_days(course=course, tutors=shown, day=day, minutes=wish.minutes, now=now),
        "previous": urlencode({**query, "jour": day - timedelta(days=1)}),
        "next": urlencode({**query, "jour": day + timedelta(days=1)}),
        "picker": urlencode({**query, "semaine": day}),
    }
    return render(request, "booking/why.html", context)


def explainable_to(user: User) -> QuerySet[Tutor]:
    """Whose days may be explained to somebody: tutors their own, admins all, nobody else any."""
    if user.role == Role.ADMIN:
        return Tutor.objects.all()
    return Tutor.objects.filter(user=user) if user.role == Role.TUTOR else Tutor.objects.none()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
