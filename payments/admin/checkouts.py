"""Attempts to pay in the Wagtail admin."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn

from accounts.read_only import ReadOnlyViewSet
from home.formats import money
from payments.models import Checkout


class CheckoutFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(label=_("État"), choices=Checkout.Status.choices)

    class Meta:
        model = Checkout
        fields = ["status"]


class CheckoutViewSet(ReadOnlyViewSet):
    """Every attempt to pay, also those that came to nothing or wait for a person."""

    model = Checkout
    icon = "key"
    menu_label = _("Paiements")
    inspect_view_fields = [
        "status", "problem", "email", "first_name", "last_name", "phone", "subtotal_cad", "discount_cad",
        "coupon_code", "credits_cad", "total_cad", "prefers_credit", "intent_id",
        "attempts", "decline_code", "created_at", "deadline", "settled_at",
    ]  # fmt: skip
    search_fields = ["email", "last_name", "intent_id"]
    filterset_class = CheckoutFilterSet
    ordering = ["-created_at"]
    list_display = [
        "email",
        DateColumn("created_at", label=_("Date"), sort_key="created_at"),
        StatusTagColumn(
            "get_status_display",
            label=_("État"),
            sort_key="status",
            primary=lambda checkout: checkout.status == Checkout.Status.REVIEW,
        ),
        Column("total", label=_("Total"), accessor=lambda checkout: money(checkout.total_cad)),
        "decline_code",
    ]
