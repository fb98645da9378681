"""What the list of messages is narrowed by, in the Wagtail admin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from operator import itemgetter
from typing import Any

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from notifications.composing import label_of
from notifications.models import OutboxMessage, OutboxQuerySet, host_of

SEEN_WITHIN = timedelta(days=90)


def _seen(*fields: str, **of: Any) -> Iterable[Any]:
    recent = OutboxMessage.objects.filter(created_at__gt=timezone.now() - SEEN_WITHIN, **of)
    return recent.order_by(*fields).values_list(*fields, flat=True).distinct()


def _types() -> list[tuple[str, str]]:
    return sorted(((name, str(label_of(name))) for name in _seen("type")), key=itemgetter(1))


def _destinations_by_host() -> dict[str, list[str]]:
    """The addresses that events went to lately, by the part of them that is no secret."""
    found = defaultdict(list)
    for destination in _seen("destination", kind=OutboxMessage.Kind.WEBHOOK):
        found[host_of(destination)].append(destination)
    return found


def _hosts() -> list[tuple[str, str]]:
    return [(host, host) for host in sorted(_destinations_by_host())]


class OutboxFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("État"), choices=OutboxMessage.Status.choices, method="with_status"
    )
    host = django_filters.ChoiceFilter(label=gettext_lazy("Destination"), choices=_hosts, method="to_host")
    type = django_filters.ChoiceFilter(label=gettext_lazy("Type"), choices=_types)
    created_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Date"), widget=DateRangePickerWidget
    )

    class Meta:
        model = OutboxMessage
        fields = ["kind"]

    def with_status(self, queryset: OutboxQuerySet, name: str, value: str) -> OutboxQuerySet:
        return queryset.with_status(value)

    def to_host(self, queryset: OutboxQuerySet, name: str, value: str) -> OutboxQuerySet:
        return queryset.filter(destination__in=_destinations_by_host()[value])
