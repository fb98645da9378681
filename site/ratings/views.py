"""Ratings in the dashboard: what a student gives, what a tutor gets."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import member, student
from accounts.models import Role, User
from booking.models import Appointment
from ratings.errors import NothingToRate, RatingChanged, RatingError
from ratings.forms import PeriodForm, RatingForm
from ratings.given import Given, given, still_to_rate
from ratings.models import Rating
from ratings.services import Outcome, rate

PER_PAGE = 20


@member
@require_safe
def ratings(request: HttpRequest) -> HttpResponse:
    """A student's: to give and given. A tutor's: received. Admins read them in the Wagtail admin."""
    user = cast(User, request.user)
    if user.is_staff:
        return redirect("wagtailadmin_home")
    return _received(request, user) if user.role == Role.TUTOR else _given(request, user)


def _given(request: HttpRequest, user: User) -> HttpResponse:
    own = Rating.objects.visible_to(user).select_related("tutor", "course").order_by("-updated_at", "pk")
    context = {
        "to_rate": still_to_rate(student=user),
        "own": Paginator(own, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "ratings/given.html", context)


def _received(request: HttpRequest, user: User) -> HttpResponse:
    form = PeriodForm(request.GET)
    received = Rating.objects.visible_to(user)
    shown = received.filter(**form.limits()) if form.is_valid() else received
    words = shown.select_related("course").defer("student")
    context = {
        "form": form,
        "narrowed": bool(form.is_valid() and form.limits()),
        "averages": shown.averages(),
        "received": Paginator(words, PER_PAGE).get_page(request.GET.get("page")),
        "period": urlencode({name: request.GET[name] for name in ("du", "au") if request.GET.get(name)}),
    }
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "ratings/received.html", context, status=status)


@student
@require_http_methods(["GET", "HEAD", "POST"])
def rate_tutor(request: HttpRequest, tutor: UUID, course: UUID) -> HttpResponse:
    """What the student thinks of a tutor in a course: given a first time, or changed."""
    user = cast(User, request.user)
    what = given(student=user, tutor=tutor, course=course)
    if what is None:
        raise Http404
    if request.method != "POST":
        return _form_page(request, what, RatingForm(rating=what.rating))
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _form_page(request, what, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        rating, outcome = rate(
            student=user,
            tutor=what.tutor,
            course=what.course,
            answers=form.answers,
            comment=form.cleaned_data["comment"],
            version=form.cleaned_data["version"],
            now=timezone.now(),
        )
    except RatingChanged as stale:
        current = given(student=user, tutor=tutor, course=course)
        form = form.with_version(current.rating.version if current and current.rating else 0)
        return _form_page(request, what, form, against=stale, status=HTTPStatus.CONFLICT)
    except NothingToRate as error:
        return _form_page(request, what, form, against=error, status=HTTPStatus.CONFLICT)
    messages.success(request, _what_became(rating, outcome))
    return redirect("ratings")


def _what_became(rating: Rating, outcome: Outcome) -> str:
    words = {"tutor": rating.tutor, "course": rating.course}
    if rating.is_hidden:
        return _("Votre évaluation est enregistrée. Elle reste masquée sur le site.")
    if outcome == Outcome.CREATED:
        return _("Merci! Votre avis sur %(tutor)s en %(course)s est publié.") % words
    return _("Votre avis sur %(tutor)s en %(course)s est à jour.") % words


def _form_page(
    request: HttpRequest,
    what: Given,
    form: RatingForm,
    *,
    against: RatingError | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    too_early = what.rating is None and what.lesson.status != Appointment.Status.COMPLETED
    context: dict[str, Any] = {
        "what": what,
        "form": form,
        "against": against or (NothingToRate() if too_early else None),
        # What was typed is never taken away; where nothing can be sent yet, nothing is asked.
        "asks": form.is_bound or not too_early,
    }
    return render(request, "ratings/rate.html", context, status=status)
