"""Refunds in the Wagtail admin: to find and read. They are made from the page of their order."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn

from accounts.read_only import ReadOnlyInspectView, ReadOnlyViewSet
from home.formats import money
from payments.models import Refund


class RefundFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(label=_("État"), choices=Refund.Status.choices)
    source = django_filters.ChoiceFilter(label=_("Origine"), choices=Refund.Source.choices)
    created_at = django_filters.DateFromToRangeFilter(label=_("Date"), widget=DateRangePickerWidget)

    class Meta:
        model = Refund
        fields = ["status", "source", "created_at"]


class RefundInspectView(ReadOnlyInspectView):
    template_name = "payments/admin/refund_inspect.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refund: Refund = self.object
        return super().get_context_data(
            shares=refund.shares.select_related("line__course", "line__appointment").order_by("line__start"),
            reviews=refund.reviews.all(),
            **kwargs,
        )


class RefundViewSet(ReadOnlyViewSet):
    model = Refund
    icon = "rotate"
    menu_label = _("Remboursements")
    inspect_view_class = RefundInspectView
    search_fields = [
        "order__number", "stripe_refund_id", "reason", "order__user__email", "order__user__last_name",
    ]  # fmt: skip
    filterset_class = RefundFilterSet
    ordering = ["-created_at"]
    list_display = [
        TitleColumn(
            "order",
            label=_("Commande"),
            accessor="order.number",
            get_url=lambda refund: reverse("wagtailsnippets_payments_refund:inspect", args=[refund.pk]),
            sort_key="order__number",
        ),
        StatusTagColumn(
            "get_status_display",
            label=_("État"),
            sort_key="status",
            primary=lambda refund: refund.status == Refund.Status.SUCCEEDED,
        ),
        DateColumn("created_at", label=_("Date"), sort_key="created_at"),
        Column("user", label=_("Élève"), accessor="order.user", sort_key="order__user__last_name"),
        Column(
            "amount",
            label=_("Sur la carte"),
            accessor=lambda refund: money(refund.amount_cad),
            sort_key="amount_cad",
        ),
        Column("credits", label=_("En crédits"), accessor=lambda refund: money(refund.credits_cad)),
        Column("source", label=_("Origine"), accessor="get_source_display", sort_key="source"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        return Refund.objects.select_related("order__user")
