"""The outbox in the Wagtail admin: read, and sent again; never written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn
from wagtail.admin.widgets.button import HeaderButton

from accounts.read_only import PlainIndexView, ReadOnlyInspectView, ReadOnlyViewSet
from notifications import figures
from notifications.destinations import DESTINATIONS_URL, DestinationsView
from notifications.filters import OutboxFilterSet
from notifications.models import OutboxMessage, OutboxQuerySet
from notifications.resending import RESEND_DEAD_URL, RESEND_URL, ResendView, listed
from notifications.searching import containing

CHART = 60  # units of the drawing that the highest bar has


class StatusColumn(Column):
    """What was given up stands out."""

    cell_template_name = "notifications/admin/status_cell.html"


class OutboxIndexView(PlainIndexView):
    def search_queryset(self, queryset: OutboxQuerySet) -> OutboxQuerySet:
        return containing(queryset, self.search_query)

    @cached_property
    def header_buttons(self) -> list[Any]:
        return [
            HeaderButton(_("Destinations"), url=reverse(DESTINATIONS_URL), icon_name="link-external"),
            HeaderButton(_("Renvoyer les abandonnés"), url=reverse(RESEND_DEAD_URL), icon_name="rotate"),
        ]

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        shown = {} if self.results_only else {"figures": Figures.now()}
        return super().get_context_data(*args, **kwargs) | shown


class Figures:
    """The last 30 days, drawn: `bars` are (day, x, [(state, y, height)]) in a drawing 300 by 60."""

    def __init__(self, days: list[figures.Day]) -> None:
        self.days = days
        self.total = figures.total(days)
        highest = max(day.total for day in days) or 1
        self.bars = [(day, number * 10, list(self._stacked(day, highest))) for number, day in enumerate(days)]

    @classmethod
    def now(cls) -> Figures:
        return cls(figures.daily(now=timezone.now()))

    @staticmethod
    def _stacked(day: figures.Day, highest: int) -> Iterable[tuple[str, float, float]]:
        """What is rare and matters is never too thin to be seen."""
        top = float(CHART)
        for state in ("on_time", "late", "waiting", "dead"):
            if count := getattr(day, state):
                height = max(round(count / highest * (CHART - 6), 1), 1.5)
                top = round(top - height, 1)
                yield state.replace("_", "-"), top, height


class OutboxInspectView(ReadOnlyInspectView):
    @cached_property
    def header_buttons(self) -> list[Any]:
        url = reverse(RESEND_URL, args=[self.object.pk])
        return [HeaderButton(_("Renvoyer"), url=url, icon_name="rotate")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        message: OutboxMessage = self.object
        if message.is_mail:
            shown = {"mail": message.payload, "about": _indented(message.payload.get("about"))}
        else:
            shown = {"payload": _indented(message.payload)}
        return super().get_context_data(
            message=message, history=message.history.order_by("pk"), **shown, **kwargs
        )


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


class OutboxViewSet(ReadOnlyViewSet):
    model = OutboxMessage
    icon = "mail"
    menu_label = gettext_lazy("Envois")
    menu_name = "envois"
    menu_order = 800
    add_to_admin_menu = True
    index_view_class = OutboxIndexView
    index_template_name = "notifications/admin/index.html"
    inspect_view_class = OutboxInspectView
    inspect_template_name = "notifications/admin/inspect.html"
    filterset_class = OutboxFilterSet
    ordering = ["-created_at"]
    search_fields = ["payload"]  # by its words: see OutboxIndexView.search_queryset
    list_display = [
        "what",
        Column("where", label=gettext_lazy("Destination")),
        StatusColumn("status", label=gettext_lazy("État")),
        NumberColumn("attempts", label=gettext_lazy("Essais")),
        DateColumn("created_at", label=gettext_lazy("Créé"), sort_key="created_at"),
        DateColumn("delivered_at", label=gettext_lazy("Livré"), sort_key="delivered_at"),
    ]

    def get_queryset(self, request: HttpRequest) -> OutboxQuerySet:
        return listed(OutboxMessage.objects.all())

    def get_urlpatterns(self) -> list[Any]:
        resend_view = self.construct_view(ResendView)
        return [
            *super().get_urlpatterns(),
            path("destinations/", self.construct_view(DestinationsView), name="destinations"),
            path("renvoyer/", resend_view, name="resend_dead"),
            path("renvoyer/<uuid:pk>/", resend_view, name="resend"),
        ]
