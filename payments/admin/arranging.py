"""Calling a lesson off, moving it, bringing it back, calling it given, in the Wagtail admin.

Each says first what it would do. Whoever was faster is told to the second, who sees how things stand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from accounts.models import User
from booking.changes import Actor, Change, refusal
from booking.errors import BookingError, LessonAhead, LessonChanged, LessonClosed
from booking.models import Appointment
from booking.services import move_problems
from booking.wording import day_and_clock
from home.formats import money
from payments.admin.arrange_forms import (
    ArrangeForm,
    CancelForm,
    CompleteForm,
    MoveToForm,
    RestoreForm,
    fingerprint,
)
from payments.errors import PaymentError
from payments.models import OrderLine
from payments.services.cancelling import Cancellation, Compensation, cancel, credit_given, restore
from payments.services.completing import complete
from payments.services.moving import move
from payments.services.returning import Left, left_of

LIST_URL = "wagtailsnippets_booking_appointment:list"
INSPECT_URL = "wagtailsnippets_booking_appointment:inspect"


class ArrangeView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView, ABC):
    permission_required = "arrange"
    model = Appointment
    template_name = "payments/admin/arrange.html"
    header_icon = "date"
    submit_label: Any = ""

    @cached_property
    def lesson(self) -> Appointment:
        lessons = Appointment.objects.visible_to(self.user)
        return get_object_or_404(
            lessons.select_related("course", "tutor__user", "student"), pk=self.kwargs["pk"]
        )

    @cached_property
    def line(self) -> OrderLine | None:
        return OrderLine.objects.select_related("order").filter(appointment=self.lesson).first()

    @property
    def user(self) -> User:
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user

    @abstractmethod
    def form(self, data: Any = None) -> ArrangeForm: ...

    @abstractmethod
    def refusal(self) -> BookingError | None:
        """Why it can't be done at all."""

    @abstractmethod
    def act(self, form: Any) -> str:
        """Do it, and say what was done. Raises BookingError, PaymentError."""

    def consequences(self) -> Iterator[str]:
        """What it would do, a sentence each."""
        yield from ()

    def get_page_subtitle(self) -> str:
        return f"{self.lesson.course}, {day_and_clock(self.lesson.start)}"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("wagtailadmin_home"), "label": _("Accueil")},
            {"url": reverse(LIST_URL), "label": _("Rendez-vous")},
            {"url": self.lesson_url, "label": self.get_page_subtitle()},
            {"url": "", "label": self.get_page_title()},
        ]

    @property
    def lesson_url(self) -> str:
        return reverse(INSPECT_URL, args=[self.lesson.pk])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        against = self.refusal()
        if against is not None:
            messages.warning(request, str(against))
            return redirect(self.lesson_url)
        return self.show(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_repeated():
            messages.success(request, _("C’est déjà fait, une seule fois."))
            return redirect(self.lesson_url)
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            if self.is_stale(form):
                raise LessonChanged
            done = self.act(form)
        except (LessonClosed, LessonAhead) as error:
            messages.warning(request, str(error))
            return redirect(self.lesson_url)
        except (BookingError, PaymentError) as error:
            return self.show(self.again(form, str(error)), HTTPStatus.CONFLICT)
        messages.success(request, done)
        return redirect(self.lesson_url)

    def is_repeated(self) -> bool:
        """Whether it can't be done because the same person did it a click ago."""
        last = self.lesson.changes.last()
        return last is not None and last.by_id == self.user.pk and self.refusal() is not None

    def is_stale(self, form: Any) -> bool:
        """Whether the lesson changed since the page was shown."""
        version: int = form.cleaned_data["version"]
        return version != self.lesson.sequence

    def again(self, form: Any, error: str) -> Any:
        """The form with what was typed, about the lesson as it is now."""
        for cached in ("lesson", "line", "left"):
            self.__dict__.pop(cached, None)
        data = form.data.copy()
        data["version"] = self.lesson.sequence
        fresh = self.form(data)
        fresh.add_error(None, error)
        return fresh

    def show(self, form: Any, status: HTTPStatus = HTTPStatus.OK, **context: Any) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            media=form.media,
            lesson=self.lesson,
            lesson_url=self.lesson_url,
            consequences=list(self.consequences()),
            submit_label=self.submit_label,
            **context,
        )
        return self.render_to_response(context, status=status)


class CancelView(ArrangeView):
    page_title = gettext_lazy("Annuler")
    submit_label = gettext_lazy("Annuler ce cours")

    @cached_property
    def left(self) -> Left | None:
        return left_of([self.line])[0] if self.line else None

    def form(self, data: Any = None) -> CancelForm:
        return CancelForm(data, initial={"version": self.lesson.sequence}, left=self.left)

    def refusal(self) -> BookingError | None:
        return refusal(lesson=self.lesson, actor=Actor.ADMIN, change=Change.CANCEL, now=timezone.now())

    def consequences(self) -> Iterator[str]:
        yield _("La plage redevient libre; l’élève et le tuteur reçoivent un courriel.")
        if self.lesson.status == Appointment.Status.COMPLETED:
            yield _("Ce cours est marqué comme donné.")
        if self.line is None:
            return
        amount = {"amount": money(self.line.tutor_earnings_cad)}
        if self.line.earnings == OrderLine.Earnings.PAID:
            yield _("Le tuteur a déjà reçu %(amount)s pour ce cours, et les garde.") % amount
        else:
            yield _("Le tuteur ne gagne plus %(amount)s.") % amount

    def act(self, form: Any) -> str:
        if form.cleaned_data["shown"] != fingerprint(self.left):
            raise LessonChanged
        done: Cancellation = cancel(
            appointment=self.lesson,
            actor=Actor.ADMIN,
            by=self.user,
            reason=form.cleaned_data["motif"],
            compensation=Compensation(form.cleaned_data["compensation"]),
            now=timezone.now(),
        )
        if done.credit:
            return _("Ce cours est annulé; %(amount)s en crédit.") % {"amount": money(done.credit)}
        if done.appointment.status == Appointment.Status.REFUNDED:
            return _("Ce cours est annulé; son remboursement est dans la commande.")
        return _("Ce cours est annulé; rien n’est rendu.")

    def again(self, form: Any, error: str) -> Any:
        fresh = super().again(form, error)
        fresh.data["shown"] = fingerprint(self.left)
        return fresh


class MoveView(ArrangeView):
    """The new time, then what the rules say to it (`step=confirm`): the direction may leave them aside."""

    page_title = gettext_lazy("Déplacer")
    submit_label = gettext_lazy("Voir ce qui se passera")

    def form(self, data: Any = None) -> MoveToForm:
        at = timezone.localtime(self.lesson.start)
        initial = {"version": self.lesson.sequence, "date": at.date(), "time": at.time()}
        return MoveToForm(data, initial=initial)

    def refusal(self) -> BookingError | None:
        return refusal(lesson=self.lesson, actor=Actor.ADMIN, change=Change.MOVE, now=timezone.now())

    def is_stale(self, form: Any) -> bool:
        # Moved there already, by a first click.
        return super().is_stale(form) and self.lesson.start != form.start

    def consequences(self) -> Iterator[str]:
        yield _("Même tuteur, même durée, même prix; l’élève et le tuteur reçoivent un courriel.")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        step = request.POST.get("step")
        if step == "confirm":
            return super().post(request, *args, **kwargs)
        form = self.form(request.POST)
        if step == "edit":
            return self.show(form)
        if not form.is_valid():
            return self.show(form, HTTPStatus.UNPROCESSABLE_ENTITY)
        problems = move_problems(lesson=self.lesson, start=form.start, actor=Actor.ADMIN, now=timezone.now())
        self.template_name = "payments/admin/arrange_move.html"
        return self.show(form, start=form.start, problems=[problem.message for problem in problems])

    def act(self, form: Any) -> str:
        moved = move(
            appointment=self.lesson,
            start=form.start,
            actor=Actor.ADMIN,
            by=self.user,
            reason=form.cleaned_data["motif"],
            now=timezone.now(),
        )
        return _("Ce cours est déplacé au %(when)s.") % {"when": day_and_clock(moved.start)}


class RestoreView(ArrangeView):
    page_title = gettext_lazy("Rétablir")
    submit_label = gettext_lazy("Rétablir ce cours")

    @property
    def credited(self) -> Any:
        return credit_given(self.line) if self.line else 0

    def form(self, data: Any = None) -> RestoreForm:
        return RestoreForm(data, initial={"version": self.lesson.sequence}, credited=self.credited)

    def refusal(self) -> BookingError | None:
        stands = self.lesson.status in Appointment.OCCUPIES_TIME
        return LessonClosed(self.lesson.status) if stands else None

    def consequences(self) -> Iterator[str]:
        yield _("La plage est reprise si elle est encore libre; l’élève et le tuteur reçoivent un courriel.")
        if self.line and self.line.earnings == OrderLine.Earnings.CANCELLED:
            yield _("Le tuteur gagne de nouveau %(amount)s.") % {
                "amount": money(self.line.tutor_earnings_cad)
            }
        if self.line and self.line.returned_cad > self.credited:
            yield _("Ce qui a été remboursé ne revient pas : l’élève a ce cours pour rien.")

    def act(self, form: Any) -> str:
        restore(
            appointment=self.lesson,
            by=self.user,
            reason=form.cleaned_data["motif"],
            takes_credit_back=form.cleaned_data.get("takes_credit_back", False),
            now=timezone.now(),
        )
        return _("Ce cours est rétabli.")


class CompleteView(ArrangeView):
    page_title = gettext_lazy("Dire donné")
    submit_label = gettext_lazy("Ce cours a été donné")

    def form(self, data: Any = None) -> CompleteForm:
        return CompleteForm(data, initial={"version": self.lesson.sequence})

    def refusal(self) -> BookingError | None:
        if self.lesson.status != Appointment.Status.SCHEDULED:
            return LessonClosed(self.lesson.status)
        return LessonAhead() if self.lesson.start > timezone.now() else None

    def consequences(self) -> Iterator[str]:
        if self.line:
            yield _("Le tuteur gagne %(amount)s.") % {"amount": money(self.line.tutor_earnings_cad)}

    def act(self, form: Any) -> str:
        complete(
            appointment=self.lesson,
            actor=Actor.ADMIN,
            by=self.user,
            reason=form.cleaned_data["motif"],
            now=timezone.now(),
        )
        return _("Ce cours est marqué comme donné.")
