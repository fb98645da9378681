"""Lessons in the Wagtail admin: to read, search and filter; services change them, edit forms never do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Case, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn, TitleColumn
from wagtail.admin.widgets.button import HeaderButton

from accounts.read_only import ReadOnlyIndexView, ReadOnlyInspectView, ReadOnlyViewSet
from booking.models import Appointment
from booking.services.lessons import RESTORABLE
from booking.wording import day_and_clock
from courses.models import Course, Tutor
from home.formats import duration, money
from payments.admin.arranging import ArrangeView, CancelView, CompleteView, MoveView, RestoreView
from payments.models import OrderLine
from payments.services.cancelling import given_back


class AppointmentFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(label=_("État"), choices=Appointment.Status.choices)
    tutor = django_filters.ModelChoiceFilter(label=_("Tuteur"), queryset=Tutor.objects.all())
    course = django_filters.ModelChoiceFilter(label=_("Cours"), queryset=Course.objects.all())
    start = django_filters.DateFromToRangeFilter(label=_("Date"), widget=DateRangePickerWidget)

    class Meta:
        model = Appointment
        fields = ["status", "tutor", "course", "start"]


class AppointmentIndexView(ReadOnlyIndexView):
    def get_ordering(self) -> Any:
        """Unless a column was chosen: what is under way or next first, then what is over, newest first."""
        to_come = Q(end__gt=timezone.now())
        return super().get_ordering() or [
            Case(When(to_come, then=Value(0)), default=Value(1)),
            Case(When(to_come, then="start")),
            "-start",
        ]


class AppointmentInspectView(ReadOnlyInspectView):
    template_name = "payments/admin/appointment_inspect.html"

    @cached_property
    def header_buttons(self) -> list[Any]:
        """What can be done to the lesson as it stands."""
        if not self.user_has_permission("arrange"):
            return []
        lesson: Appointment = self.object
        return [
            HeaderButton(view.page_title, url=reverse(_url(name), args=[lesson.pk]), icon_name=icon)
            for name, view, icon, states in ARRANGEMENTS
            if lesson.status in states and not (view is CompleteView and lesson.start > timezone.now())
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lesson: Appointment = self.object
        line = OrderLine.objects.select_related("order").filter(appointment=lesson).first()
        return super().get_context_data(
            lesson=lesson,
            line=line,
            given=given_back(line) if line else None,
            changes=[
                (change, _words(change.old), _words(change.new))
                for change in lesson.changes.select_related("by")
            ],
            **kwargs,
        )


ARRANGEMENTS: list[tuple[str, type[ArrangeView], str, frozenset[str]]] = [
    ("annuler", CancelView, "cross", Appointment.OCCUPIES_TIME),
    ("deplacer", MoveView, "date", Appointment.OCCUPIES_TIME),
    ("retablir", RestoreView, "rotate", RESTORABLE),
    ("donne", CompleteView, "check", frozenset({Appointment.Status.SCHEDULED})),
]
"""The name in the address, the view, its icon, and the states in which it is offered."""


def _url(name: str) -> str:
    return f"wagtailsnippets_booking_appointment:{name}"


def _words(values: dict[str, str]) -> str:
    """What a line of history keeps, to be read: a state, a start."""
    words = []
    if "status" in values:
        words.append(str(Appointment.Status(values["status"]).label))
    if "start" in values:
        words.append(day_and_clock(datetime.fromisoformat(values["start"])))
    return ", ".join(words)


class AppointmentViewSet(ReadOnlyViewSet):
    model = Appointment
    icon = "date"
    menu_label = _("Rendez-vous")
    index_view_class = AppointmentIndexView
    inspect_view_class = AppointmentInspectView
    search_fields = [
        "student__first_name", "student__last_name", "student__email", "tutor__display_name",
        "course__title", "order_line__order__number",
    ]  # fmt: skip
    filterset_class = AppointmentFilterSet
    ordering = None
    list_display = [
        TitleColumn(
            "when",
            label=_("Date"),
            sort_key="start",
            get_url=lambda lesson: reverse(_url("inspect"), args=[lesson.pk]),
        ),
        Column("minutes", label=_("Durée"), accessor=lambda lesson: duration(lesson.minutes)),
        StatusTagColumn(
            "get_status_display",
            label=_("État"),
            sort_key="status",
            primary=lambda lesson: lesson.status in Appointment.OCCUPIES_TIME,
        ),
        Column("student", label=_("Élève"), sort_key="student__last_name"),
        Column("tutor", label=_("Tuteur"), sort_key="tutor__display_name"),
        Column("course", label=_("Cours"), sort_key="course__title"),
        Column(
            "paid",
            label=_("Payé"),
            accessor=lambda lesson: (
                money(lesson.order_line.paid_cad) if hasattr(lesson, "order_line") else "–"
            ),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        return Appointment.objects.select_related("student", "tutor", "course", "order_line")

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            *(
                path(f"{name}/<uuid:pk>/", self.construct_view(view), name=name)
                for name, view, _icon, _states in ARRANGEMENTS
            ),
        ]
