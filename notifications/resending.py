"""Sending messages again from the Wagtail admin: one, the chosen ones, or all that were given up."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from notifications.filters import OutboxFilterSet
from notifications.models import OutboxMessage, OutboxQuerySet
from notifications.searching import containing
from notifications.services import resend

AT_ONCE = 1_000
"""More would keep whoever asked waiting for longer than a request lasts."""
LISTED = 10

LIST_URL = "wagtailsnippets_notifications_outboxmessage:list"
RESEND_URL = "wagtailsnippets_notifications_outboxmessage:resend"
RESEND_DEAD_URL = "wagtailsnippets_notifications_outboxmessage:resend_dead"


def listed(messages: OutboxQuerySet) -> OutboxQuerySet:
    """Without the payload: a mail's texts and attachments are heavy, a list needs its subject only."""
    return messages.defer("payload").annotate(subject=KT("payload__subject"))


def say_what_goes(request: HttpRequest, count: int) -> None:
    if count:
        said = ngettext("%(count)d envoi repart.", "%(count)d envois repartent.", count) % {"count": count}
        messages.success(request, said)
    else:
        messages.warning(request, _("Rien n’a été renvoyé : l’envoi est en cours, ou il n’y en a pas."))


class BelowTheList(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """A page of the admin that the list of messages leads to."""

    permission_required = "view"
    model = OutboxMessage
    header_icon = "mail"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("wagtailadmin_home"), "label": _("Accueil")},
            {"url": reverse(LIST_URL), "label": _("Envois")},
            {"url": "", "label": self.get_page_title()},
        ]


class ResendView(BelowTheList):
    """Asks first; sends one message again, or all that were given up, the oldest first."""

    template_name = "notifications/admin/resend.html"
    page_title = gettext_lazy("Renvoyer")

    def get_messages(self) -> OutboxQuerySet:
        if pk := self.kwargs.get("pk"):
            return OutboxMessage.objects.filter(pk=pk)
        oldest = OutboxMessage.objects.dead().order_by("created_at")[:AT_ONCE]
        return OutboxMessage.objects.filter(pk__in=oldest.values("pk"))

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
        say_what_goes(request, resend(messages=self.get_messages(), user=request.user, now=timezone.now()))
        return redirect(LIST_URL)


class Agreed(forms.Form):
    """How many were shown when somebody agreed, and when that was: not more than these go."""

    count = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.DateTimeField(widget=forms.HiddenInput)


class ResendAction(SnippetBulkAction):
    """The messages ticked in the list, or all that its filters and its search leave."""

    display_name = gettext_lazy("Renvoyer")
    action_type = "resend"
    aria_label = gettext_lazy("Renvoyer les envois choisis")
    template_name = "notifications/admin/resend_chosen.html"
    models = [OutboxMessage]
    form_class = Agreed

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @cached_property
    def chosen(self) -> OutboxQuerySet:
        if not self.permission_policy.user_has_permission(self.request.user, "view"):
            raise PermissionDenied
        ids = self.request.GET.getlist("id")
        if "all" in ids:
            return self._all_of_the_list()
        return OutboxMessage.objects.filter(pk__in=[pk for pk in map(_uuid, ids) if pk])

    def _all_of_the_list(self) -> OutboxQuerySet:
        # Wagtail's list hands on its own address: what is ticked by "all" is what it shows.
        filters = OutboxFilterSet(self.request.GET, request=self.request)
        if not filters.is_valid():
            return OutboxMessage.objects.none()
        return containing(filters.qs, self.request.GET.get("q", ""))

    def get_actionable_objects(self) -> tuple[OutboxQuerySet, dict[str, Any]]:
        return self.chosen, {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form") or self.get_form()
        count = self.chosen.count()
        some = listed(self.chosen).order_by("-created_at")[:LISTED]
        return {
            "form": form,
            "agreed": {"count": count, "seen": self.now.isoformat()},
            "count": count,
            "some": some,
            "more": max(count - LISTED, 0),
            "delivered": self.chosen.delivered().count(),
            "under_way": self.chosen.waiting().filter(lease_until__gt=self.now).count(),
            "too_many": count > AT_ONCE,
            "at_once": AT_ONCE,
            "next": self.next_url,
            "submit_url": f"{self.request.path}?{self.request.META['QUERY_STRING']}",
            "header_icon": "mail",
        }

    def form_valid(self, form: Agreed) -> HttpResponse:
        these = self.chosen.filter(created_at__lte=form.cleaned_data["seen"])
        count = these.count()
        if count > min(form.cleaned_data["count"], AT_ONCE):
            form.add_error(None, _("La liste a changé entre-temps : regardez-la encore une fois."))
            return self.form_invalid(form)
        say_what_goes(self.request, resend(messages=these, user=self.request.user, now=self.now))
        return redirect(self.next_url)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
