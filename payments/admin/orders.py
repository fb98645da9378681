"""Orders in the Wagtail admin: to read, search and filter. Services change money, edit forms never do."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn
from wagtail.snippets.views.snippets import InspectView

from accounts.read_only import ReadOnlyViewSet
from home.formats import money
from payments.models import Order


class OrderFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(label=_("État"), choices=Order.Status.choices)
    created_at = django_filters.DateFromToRangeFilter(label=_("Date"), widget=DateRangePickerWidget)

    class Meta:
        model = Order
        fields = ["status", "created_at"]


class OrderInspectView(InspectView):
    template_name = "payments/admin/order_inspect.html"

    def get_object(self, queryset: QuerySet[Order] | None = None) -> Order:
        return super().get_object(queryset)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        order: Order = self.object
        return super().get_context_data(
            lines=order.lines.select_related("course", "tutor", "appointment"),
            refunds=order.refunds.all(),
            **kwargs,
        )


class OrderViewSet(ReadOnlyViewSet):
    model = Order
    icon = "tasks"
    menu_label = _("Commandes")
    inspect_view_class = OrderInspectView
    search_fields = ["number", "intent_id", "user__email", "user__first_name", "user__last_name"]
    filterset_class = OrderFilterSet
    ordering = ["-created_at"]
    list_display = [
        "number",
        StatusTagColumn(
            "get_status_display",
            label=_("État"),
            sort_key="status",
            primary=lambda order: order.status == Order.Status.PAID,
        ),
        DateColumn("created_at", label=_("Date"), sort_key="created_at"),
        Column("user", label=_("Élève"), sort_key="user__last_name"),
        Column(
            "total", label=_("Total"), accessor=lambda order: money(order.total_cad), sort_key="total_cad"
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        return Order.objects.select_related("user")
