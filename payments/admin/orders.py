"""Orders in the Wagtail admin: to read, search and filter. Services change money, edit forms never do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn
from wagtail.admin.widgets.button import HeaderButton

from accounts.read_only import ReadOnlyInspectView, ReadOnlyViewSet
from booking.models import Appointment
from home.formats import money
from payments.admin.refunding import ASK_STRIPE_URL, REFUND_URL, AskStripeView, RefundView
from payments.models import CreditEntry, Order, RefundShare, Review
from payments.pricing import NOTHING
from payments.services.refunding import what_is_left
from payments.services.returning import Left


class OrderFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(label=_("État"), choices=Order.Status.choices)
    created_at = django_filters.DateFromToRangeFilter(label=_("Date"), widget=DateRangePickerWidget)

    class Meta:
        model = Order
        fields = ["status", "created_at"]


UNDONE = frozenset({CreditEntry.Cause.CANCELLATION, CreditEntry.Cause.CORRECTION})


def credited(left: Iterable[Left], entries: Iterable[CreditEntry]) -> str:
    """`1 cours annulé, crédité 45,00 $`, of an order whose state says nothing of it; empty where none was."""
    off = {
        each.line.pk
        for each in left
        if each.line.appointment and each.line.appointment.status not in Appointment.OCCUPIES_TIME
    }
    given: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.line_id in off and entry.cause in UNDONE:
            given[entry.line_id] += entry.amount_cad
    amounts = [amount for amount in given.values() if amount > 0]
    if not amounts:
        return ""
    return ngettext(
        "%(number)d cours annulé, crédité %(amount)s",
        "%(number)d cours annulés, crédités %(amount)s en tout",
        len(amounts),
    ) % {"number": len(amounts), "amount": money(sum(amounts, NOTHING))}


class OrderInspectView(ReadOnlyInspectView):
    """All that there is to know of an order's money, so that nobody has to look it up at Stripe."""

    template_name = "payments/admin/order_inspect.html"

    def get_object(self, queryset: QuerySet[Order] | None = None) -> Order:
        return super().get_object(queryset)

    @cached_property
    def may_refund(self) -> bool:
        return self.user_has_permission("refund")

    @cached_property
    def left(self) -> list[Left]:
        return what_is_left(order=self.object)

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not (self.may_refund and any(each.total for each in self.left)):
            return []
        url = reverse(REFUND_URL, args=[self.object.pk])
        return [HeaderButton(_("Rembourser"), url=url, icon_name="rotate")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        order: Order = self.object
        reviews = Review.objects.filter(Q(order=order) | Q(checkout__order=order))
        shares = RefundShare.objects.select_related("line__course", "line__appointment").order_by(
            "line__start"
        )
        entries = list(
            order.credit_entries.order_by("at", "number").select_related(
                "by", "line__course", "line__appointment"
            )
        )
        return super().get_context_data(
            credited=credited(self.left, entries),
            left=self.left,
            total_left=sum((each.total for each in self.left), NOTHING),
            refunds=order.refunds.select_related("processed_by").prefetch_related(
                Prefetch("shares", queryset=shares)
            ),
            credits=entries,
            open_reviews=[review for review in reviews if not review.resolved_at],
            closed_reviews=[review for review in reviews if review.resolved_at],
            ask_stripe_url=reverse(ASK_STRIPE_URL, args=[order.pk])
            if self.may_refund and order.intent_id
            else "",
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
        # The state speaks of refunds only.
        Column(
            "given_cad",
            label=_("Rendu en crédits"),
            accessor=lambda order: money(order.given_cad) if order.given_cad else "–",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        given = CreditEntry.objects.filter(order=OuterRef("pk")).exclude(cause=CreditEntry.Cause.SPENT)
        sums = given.order_by().values("order").values(sum=Sum("amount_cad"))
        return Order.objects.select_related("user").annotate(given_cad=Subquery(sums))

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            path("rembourser/<uuid:pk>/", self.construct_view(RefundView), name="refund"),
            path("verifier/<uuid:pk>/", self.construct_view(AskStripeView), name="ask_stripe"),
        ]
