"""The outbox in the Wagtail admin: read, and sent again; never written by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, NumberColumn, StatusTagColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.snippets.views.snippets import InspectView

from accounts.read_only import ReadOnlyIndexView, ReadOnlyViewSet
from notifications.models import OutboxMessage, OutboxQuerySet
from notifications.services import resend

TYPES_SEEN_WITHIN = timedelta(days=90)


def _types() -> list[tuple[str, str]]:
    recent = OutboxMessage.objects.filter(created_at__gt=timezone.now() - TYPES_SEEN_WITHIN)
    return [(name, name) for name in recent.order_by("type").values_list("type", flat=True).distinct()]


class OutboxFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(
        label=gettext_lazy("État"), choices=OutboxMessage.Status.choices, method="with_status"
    )
    type = django_filters.ChoiceFilter(label=gettext_lazy("Type"), choices=_types)

    class Meta:
        model = OutboxMessage
        fields = ["kind"]

    def with_status(self, queryset: OutboxQuerySet, name: str, value: str) -> OutboxQuerySet:
        return queryset.with_status(value)


class OutboxIndexView(ReadOnlyIndexView):
    @cached_property
    def header_buttons(self) -> list[Any]:
        return [
            HeaderButton(_("Renvoyer les abandonnés"), url=reverse(RESEND_DEAD_URL), icon_name="rotate"),
            *super().header_buttons,
        ]


class OutboxInspectView(InspectView):
    @cached_property
    def header_more_buttons(self) -> list[Any]:
        url = reverse(RESEND_URL, args=[self.object.pk])
        return [*super().header_more_buttons, Button(_("Renvoyer"), url=url, icon_name="rotate")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        payload = self.object.payload
        if self.object.kind == OutboxMessage.Kind.WEBHOOK:
            shown: dict[str, Any] = {"payload": json.dumps(payload, ensure_ascii=False, indent=2)}
        else:
            shown = {
                "mail": payload,
                "about": json.dumps(payload.get("about"), ensure_ascii=False, indent=2),
            }
        return super().get_context_data(**kwargs) | shown | {"message": self.object}


class ResendView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """Asks first; sends one message again, or all that were given up."""

    permission_required = "view"
    model = OutboxMessage
    template_name = "notifications/admin/resend.html"
    page_title = gettext_lazy("Renvoyer")
    header_icon = "mail"

    def get_messages(self) -> OutboxQuerySet:
        if pk := self.kwargs.get("pk"):
            return OutboxMessage.objects.filter(pk=pk)
        return OutboxMessage.objects.dead()

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("wagtailadmin_home"), "label": _("Accueil")},
            {"url": reverse(LIST_URL), "label": _("Envois")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.get_messages()
        return super().get_context_data(
            **kwargs,
            count=found.count(),
            first=found.order_by("created_at").first(),
            list_url=reverse(LIST_URL),
        )

    def post(self, request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
        if not request.user.is_authenticated:
            raise PermissionDenied
        count = resend(messages=self.get_messages(), user=request.user, now=timezone.now())
        if count:
            said = ngettext("%(count)d envoi repart.", "%(count)d envois repartent.", count) % {
                "count": count
            }
            messages.success(request, said)
        else:
            messages.warning(request, _("Rien n’a été renvoyé : l’envoi est en cours, ou il n’y en a pas."))
        return redirect(LIST_URL)


class OutboxViewSet(ReadOnlyViewSet):
    model = OutboxMessage
    icon = "mail"
    menu_label = gettext_lazy("Envois")
    menu_name = "envois"
    menu_order = 800
    add_to_admin_menu = True
    index_view_class = OutboxIndexView
    inspect_view_class = OutboxInspectView
    inspect_template_name = "notifications/admin/inspect.html"
    filterset_class = OutboxFilterSet
    ordering = ["-created_at"]
    search_fields = ["type", "destination"]
    list_display = [
        "what",
        Column("where", label=gettext_lazy("Destination")),
        StatusTagColumn(
            "status",
            label=gettext_lazy("État"),
            accessor="status.label",
            primary=lambda message: message.status == OutboxMessage.Status.DELIVERED,
        ),
        NumberColumn("attempts", label=gettext_lazy("Essais")),
        DateColumn("created_at", label=gettext_lazy("Créé"), sort_key="created_at"),
        DateColumn("delivered_at", label=gettext_lazy("Livré"), sort_key="delivered_at"),
    ]

    def get_queryset(self, request: HttpRequest) -> OutboxQuerySet:
        # A mail's texts and attachments are heavy; the list needs its subject only.
        return OutboxMessage.objects.defer("payload").annotate(subject=KT("payload__subject"))

    def get_urlpatterns(self) -> list[Any]:
        resend_view = self.construct_view(ResendView)
        return [
            *super().get_urlpatterns(),
            path("renvoyer/", resend_view, name="resend_dead"),
            path("renvoyer/<uuid:pk>/", resend_view, name="resend"),
        ]


LIST_URL = "wagtailsnippets_notifications_outboxmessage:list"
RESEND_URL = "wagtailsnippets_notifications_outboxmessage:resend"
RESEND_DEAD_URL = "wagtailsnippets_notifications_outboxmessage:resend_dead"
