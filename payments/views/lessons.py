"""Calling a lesson off and moving it, by its student or its tutor: thin shells around the services."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import member
from accounts.models import User
from booking.changes import Actor, Change, actor_of, possible_until, refusal
from booking.errors import BookingError, LessonChanged, NotBookable, SlotTaken
from booking.forms import read_start
from booking.models import Appointment
from booking.moving import move_picker
from booking.rules import TAKEN_BY_OTHERS
from booking.services import move_problems
from booking.wishes import read_wish
from booking.wording import day_and_clock
from payments.lesson_forms import MoveForm, ReasonForm
from payments.models import OrderLine
from payments.pricing import NOTHING
from payments.services.cancelling import Compensation, cancel, given_back
from payments.services.moving import move


def _lesson_of(request: HttpRequest, pk: UUID) -> tuple[Appointment, str]:
    """A lesson that the person may see, and in what part; who works in the admin changes it there."""
    lessons = Appointment.objects.visible_to(cast(User, request.user))
    lesson = get_object_or_404(lessons.select_related("course", "tutor__user", "student"), pk=pk)
    return lesson, actor_of(lesson=lesson, user=cast(User, request.user))


@member
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def appointment_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What it would mean, then the click; afterwards the same address says what became of it."""
    now = timezone.now()
    lesson, actor = _lesson_of(request, pk)
    if actor == Actor.ADMIN:
        return redirect(_in_admin(lesson))
    if request.method != "POST":
        form = ReasonForm(initial={"version": lesson.sequence}, actor=actor)
        return _cancel_page(request, lesson, actor, form, now=now)
    form = ReasonForm(request.POST, actor=actor)
    if not form.is_valid():
        return _cancel_page(request, lesson, actor, form, now=now, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    stale = _stale(lesson, form)
    if stale is None:
        try:
            cancel(
                appointment=lesson,
                actor=actor,
                by=cast(User, request.user),
                reason=form.cleaned_data["motif"],
                compensation=Compensation.CREDIT,
                now=now,
            )
        except BookingError as error:
            stale = error
            lesson, actor = _lesson_of(request, pk)
    if stale is not None and not _was_own_doing(request, lesson):
        return _cancel_page(
            request,
            lesson,
            actor,
            ReasonForm(
                initial={"motif": form.cleaned_data["motif"], "version": lesson.sequence}, actor=actor
            ),
            now=now,
            stale=stale,
            status=HTTPStatus.CONFLICT,
        )
    return redirect("appointment-cancel", pk=lesson.pk)


def _cancel_page(
    request: HttpRequest,
    lesson: Appointment,
    actor: str,
    form: ReasonForm,
    *,
    now: datetime,
    stale: BookingError | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    line = OrderLine.objects.select_related("order").filter(appointment=lesson).first()
    over = lesson.status not in Appointment.OCCUPIES_TIME
    context = {
        "lesson": lesson,
        "teaching": actor == Actor.TUTOR,
        "form": form,
        "stale": stale,
        "refusal": refusal(lesson=lesson, actor=actor, change=Change.CANCEL, now=now),
        "until": possible_until(start=lesson.start, actor=actor, change=Change.CANCEL),
        "movable": refusal(lesson=lesson, actor=actor, change=Change.MOVE, now=now) is None,
        "now": now,
        "ended": lesson.changes.select_related("by").last() if over else None,
        # A tutor is not shown what a student paid.
        "credit": line.left_cad if line and actor == Actor.STUDENT else NOTHING,
        "line": line if actor == Actor.STUDENT else None,
        "given": given_back(line) if line and over and actor == Actor.STUDENT else None,
    }
    return render(request, "payments/lesson_cancel.html", context, status=status)


@member
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def appointment_move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The picker; with a start (`debut`) the question whether to move there; then it is moved."""
    now = timezone.now()
    lesson, actor = _lesson_of(request, pk)
    if actor == Actor.ADMIN:
        return redirect(_in_admin(lesson))
    if request.method == "POST":
        return _move(request, lesson, actor, now=now)
    if not request.GET.get("debut"):
        return _move_page(request, lesson, actor, now=now)
    try:
        start = read_start(request.GET["debut"], now)
    except ValidationError as error:
        return _move_page(
            request,
            lesson,
            actor,
            now=now,
            sentence=error.messages[0],
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    against = _not_there(lesson, actor, start, now)
    if against is not None:
        return _move_page(request, lesson, actor, now=now, against=against, wanted=start)
    form = MoveForm(initial={"version": lesson.sequence, "debut": start.isoformat()}, actor=actor, now=now)
    return _confirm_page(request, lesson, actor, form, start, now=now)


def _move(request: HttpRequest, lesson: Appointment, actor: str, *, now: datetime) -> HttpResponse:
    form = MoveForm(request.POST, actor=actor, now=now)
    if not form.is_valid():
        if "debut" in form.errors:
            sentence = str(form.errors["debut"][0])
            return _move_page(
                request, lesson, actor, now=now, sentence=sentence, status=HTTPStatus.UNPROCESSABLE_ENTITY
            )
        start = form.cleaned_data["debut"]
        return _confirm_page(
            request, lesson, actor, form, start, now=now, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    start = form.cleaned_data["debut"]
    stale = _stale(lesson, form) if lesson.start != start else None
    if stale is not None:
        return _move_page(request, lesson, actor, now=now, against=stale, wanted=start)
    try:
        lesson = move(
            appointment=lesson,
            start=start,
            actor=actor,
            by=cast(User, request.user),
            reason=form.cleaned_data["motif"],
            now=now,
        )
    except BookingError as error:
        lesson.refresh_from_db()
        return _move_page(request, lesson, actor, now=now, against=error, wanted=start)
    messages.success(request, _("C’est déplacé au %(when)s.") % {"when": day_and_clock(lesson.start)})
    return redirect("dashboard")


def _not_there(lesson: Appointment, actor: str, start: datetime, now: datetime) -> BookingError | None:
    """Why the lesson can't go where the link says, as far as that is known before it is tried."""
    against = refusal(lesson=lesson, actor=actor, change=Change.MOVE, now=now)
    if against is not None:
        return against
    problems = move_problems(lesson=lesson, start=start, actor=actor, now=now)
    if not problems:
        return None
    return SlotTaken() if TAKEN_BY_OTHERS.issuperset(problems) else NotBookable(problems)


def _move_page(
    request: HttpRequest,
    lesson: Appointment,
    actor: str,
    *,
    now: datetime,
    against: BookingError | None = None,
    sentence: str = "",
    wanted: datetime | None = None,
    status: int | None = None,
) -> HttpResponse:
    """The times as they are now; those near a start that was wanted and can't be had."""
    closed = refusal(lesson=lesson, actor=actor, change=Change.MOVE, now=now)
    path = reverse("appointment-move", args=[lesson.pk])
    wish = read_wish({"semaine": request.GET.get("semaine", "")})
    picker = None if closed else move_picker(lesson=lesson, actor=actor, wish=wish, path=path, now=now)
    context: dict[str, Any] = {
        "lesson": lesson,
        "teaching": actor == Actor.TUTOR,
        "now": now,
        "refusal": closed,
        "sentence": sentence or (against.message if against else ""),
        "until": possible_until(start=lesson.start, actor=actor, change=Change.MOVE),
        "cancellable": refusal(lesson=lesson, actor=actor, change=Change.CANCEL, now=now) is None,
        "picker": picker,
        "nearest": picker.nearest(wanted) if picker and wanted else [],
    }
    status = status or (HTTPStatus.CONFLICT if against else HTTPStatus.OK)
    return render(request, "payments/lesson_move.html", context, status=status)


def _confirm_page(
    request: HttpRequest,
    lesson: Appointment,
    actor: str,
    form: MoveForm,
    start: datetime,
    *,
    now: datetime,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "lesson": lesson,
        "teaching": actor == Actor.TUTOR,
        "form": form,
        "start": start,
        "until": possible_until(start=lesson.start, actor=actor, change=Change.MOVE),
        "now": now,
    }
    return render(request, "payments/lesson_move_confirm.html", context, status=status)


def _stale(lesson: Appointment, form: ReasonForm) -> BookingError | None:
    return LessonChanged() if form.cleaned_data["version"] != lesson.sequence else None


def _was_own_doing(request: HttpRequest, lesson: Appointment) -> bool:
    """Whether it was the same person who called the lesson off, a click ago."""
    last = lesson.changes.last()
    return (
        lesson.status not in Appointment.OCCUPIES_TIME
        and last is not None
        and last.by_id == cast(User, request.user).pk
    )


def _in_admin(lesson: Appointment) -> str:
    return reverse("wagtailsnippets_booking_appointment:inspect", args=[lesson.pk])
