"""Stripe's events, as they came: what became of each, and why it waits."""

from __future__ import annotations

import json
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn, StatusTagColumn

from accounts.read_only import ReadOnlyInspectView, ReadOnlyViewSet
from payments.models import StripeEvent

WAITING = "waiting"


class StripeEventFilterSet(WagtailFilterSet):
    outcome = django_filters.ChoiceFilter(
        label=gettext_lazy("État"),
        choices=[(WAITING, gettext_lazy("En attente")), *StripeEvent.Outcome.choices],
        method="with_outcome",
    )

    class Meta:
        model = StripeEvent
        fields = ["outcome"]

    def with_outcome(self, queryset: QuerySet[StripeEvent], name: str, value: str) -> QuerySet[StripeEvent]:
        return queryset.filter(handled_at=None) if value == WAITING else queryset.filter(outcome=value)


class StripeEventInspectView(ReadOnlyInspectView):
    template_name = "payments/admin/stripe_event_inspect.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event: StripeEvent = self.object
        return super().get_context_data(
            event=event,
            payload=json.dumps(event.payload, ensure_ascii=False, indent=2),
            reviews=event.reviews.all(),
            **kwargs,
        )


class StripeEventViewSet(ReadOnlyViewSet):
    model = StripeEvent
    icon = "download"
    menu_label = gettext_lazy("Événements Stripe")
    inspect_view_class = StripeEventInspectView
    filterset_class = StripeEventFilterSet
    search_fields = ["id", "type", "object_id", "intent_id"]
    ordering = ["-received_at"]
    list_display = [
        "type",
        DateColumn("received_at", label=gettext_lazy("Reçu"), sort_key="received_at"),
        NumberColumn("attempts", label=gettext_lazy("Essais"), sort_key="attempts"),
        StatusTagColumn(
            "outcome",
            label=gettext_lazy("État"),
            accessor=lambda event: event.get_outcome_display() or _("En attente"),
            primary=lambda event: not event.handled_at,
        ),
        DateColumn("handled_at", label=gettext_lazy("Traité"), sort_key="handled_at"),
        Column(
            "last_error",
            label=gettext_lazy("Dernière erreur"),
            accessor=lambda event: Truncator(event.last_error).chars(80),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeEvent]:
        return StripeEvent.objects.defer("payload")
