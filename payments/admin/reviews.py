"""The list "À traiter": what no rule resolves, since when, and what a person can do about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.sidebar import LinkMenuItem
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.models import ModelLogEntry

from accounts.read_only import ReadOnlyIndexView, ReadOnlyInspectView, ReadOnlyViewSet
from booking.errors import TryAgain
from payments.admin.review_actions import Action, actions_of
from payments.errors import NoteMissing, PaymentError, ReviewClosed
from payments.gateway import GatewayRefused, GatewayUnavailable
from payments.models import Review
from payments.services.resolutions import stray_intent

LIST_URL = "wagtailsnippets_payments_review:list"
INSPECT_URL = "wagtailsnippets_payments_review:inspect"
STRIPE = "https://dashboard.stripe.com/"
SHOWN_ON_HOME = 5
NOTE = forms.CharField(required=False, max_length=Review._meta.get_field("resolution").max_length)


def age(since: datetime, now: datetime) -> str:
    """`depuis 12 min`, `depuis 3 h`, `depuis 5 j`."""
    waited = now - since
    if waited < timedelta(hours=1):
        return _("depuis %(n)d\xa0min") % {"n": waited // timedelta(minutes=1)}
    if waited < timedelta(days=2):
        return _("depuis %(n)d\xa0h") % {"n": waited // timedelta(hours=1)}
    return _("depuis %(n)d\xa0j") % {"n": waited.days}


def stripe_address(review: Review) -> str:
    """Where Stripe's own dashboard shows what the case is about; empty where there is nothing to see."""
    if review.kind == Review.Kind.DISPUTE:
        return f"{STRIPE}disputes/{review.subject}"
    if review.event and not review.checkout:
        return f"{STRIPE}events/{review.event.pk}"
    intent_id = stray_intent(review)
    if not intent_id and (review.order or review.checkout):
        intent_id = (review.order or review.checkout).intent_id or ""  # type: ignore[union-attr]
    return f"{STRIPE}payments/{intent_id}" if intent_id else ""


class ReviewFilterSet(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("État"),
        choices=[
            ("open", gettext_lazy("À traiter")),
            ("resolved", gettext_lazy("Réglés")),
            ("all", gettext_lazy("Tous")),
        ],
        method="in_state",
        empty_label=None,
    )

    class Meta:
        model = Review
        fields = ["state", "kind"]

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        data = data.copy() if data is not None else QueryDict(mutable=True)
        data.setdefault("state", "open")  # what was resolved is looked up, not looked at
        super().__init__(data, *args, **kwargs)

    def in_state(self, queryset: QuerySet[Review], name: str, value: str) -> QuerySet[Review]:
        return queryset if value == "all" else queryset.filter(resolved_at__isnull=value == "open")


class ReviewIndexView(ReadOnlyIndexView):
    @cached_property
    def no_results_message(self) -> str:
        narrowed = self.is_searching or self.request.GET.get("kind")
        if self.request.GET.get("state", "open") == "open" and not narrowed:
            return _("Rien à traiter : aucun dossier n’attend.")
        return str(super().no_results_message)


class ReviewInspectView(ReadOnlyInspectView):
    template_name = "payments/admin/review_inspect.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        review: Review = self.object
        return super().get_context_data(
            review=review,
            age=age(review.opened_at, timezone.now()),
            actions=actions_of(review) if self.user_has_permission("resolve") else (),
            stripe_url=stripe_address(review),
            history=ModelLogEntry.objects.for_instance(review).select_related("user").order_by("timestamp"),
            **kwargs,
        )


class ReviewActionView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """Says what will happen, and does it when that is confirmed."""

    permission_required = "resolve"
    model = Review
    template_name = "payments/admin/review_action.html"
    header_icon = "warning"

    @cached_property
    def review(self) -> Review:
        return get_object_or_404(Review.objects.select_related("checkout", "order"), pk=self.kwargs["pk"])

    @cached_property
    def action(self) -> Action | None:
        """None once the case is resolved, as by another admin meanwhile."""
        return next((each for each in actions_of(self.review) if each.name == self.kwargs["action"]), None)

    def get_page_title(self) -> str:
        return str(self.action.label) if self.action else _("À traiter")

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("wagtailadmin_home"), "label": _("Accueil")},
            {"url": reverse(LIST_URL), "label": _("À traiter")},
            {"url": reverse(INSPECT_URL, args=[self.review.pk]), "label": self.review.get_kind_display()},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs
            | {
                "review": self.review,
                "action": self.action,
                "back": reverse(INSPECT_URL, args=[self.review.pk]),
                "note": self.request.POST.get("note", ""),
            }
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().get(request, *args, **kwargs) if self.action else self._nothing_to_do()

    def post(self, request: HttpRequest, pk: UUID, action: str) -> HttpResponse:
        if not request.user.is_authenticated:
            raise PermissionDenied
        if self.action is None:
            return self._nothing_to_do()
        try:
            arguments = {"note": NOTE.clean(request.POST.get("note"))} if self.action.note else {}
            said = self.action.run(review=self.review, by=request.user, now=timezone.now(), **arguments)
        except (NoteMissing, ValidationError) as error:
            sentence = error.messages[0] if isinstance(error, ValidationError) else str(error)
            context = self.get_context_data(error=sentence)
            return self.render_to_response(context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except ReviewClosed as closed:
            messages.warning(request, str(closed))
        except (PaymentError, TryAgain) as error:
            messages.error(request, str(error))
        except GatewayUnavailable:
            messages.error(request, _("Stripe ne répond pas pour le moment. Réessayez dans un instant."))
        except GatewayRefused as refused:
            messages.error(request, _("Stripe refuse : %(reason)s") % {"reason": refused})
        else:
            messages.success(request, said)
        return redirect(INSPECT_URL, self.review.pk)

    def _nothing_to_do(self) -> HttpResponse:
        if not self.review.resolved_at:
            raise Http404
        messages.warning(self.request, str(ReviewClosed(self.review)))
        return redirect(INSPECT_URL, self.review.pk)


class ReviewViewSet(ReadOnlyViewSet):
    model = Review
    icon = "warning"
    menu_label = gettext_lazy("À traiter")
    index_view_class = ReviewIndexView
    inspect_view_class = ReviewInspectView
    filterset_class = ReviewFilterSet
    search_fields = ["subject", "detail", "order__number", "checkout__email"]
    ordering = ["opened_at"]
    list_display = [
        TitleColumn(
            "get_kind_display",
            label=gettext_lazy("Quoi"),
            get_url=lambda review: reverse(INSPECT_URL, args=[review.pk]),
            sort_key="kind",
        ),
        Column("detail", label=gettext_lazy("Détail")),
        Column("about", label=gettext_lazy("Qui"), accessor=lambda review: about(review)),
        Column(
            "age",
            label=gettext_lazy("Depuis"),
            accessor=lambda review: age(review.opened_at, timezone.now()),
            sort_key="opened_at",
        ),
        Column("resolution", label=gettext_lazy("Issue")),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return Review.objects.select_related("order__user", "checkout", "refund")

    def get_urlpatterns(self) -> list[Any]:
        action_view = self.construct_view(ReviewActionView)
        return [
            *super().get_urlpatterns(),
            path("<uuid:pk>/<slug:action>/", action_view, name="action"),
        ]

    @cached_property
    def menu_item_class(self) -> type[MenuItem]:
        plain: type[MenuItem] = super().menu_item_class

        class CountedMenuItem(plain):
            """Says how many wait."""

            def render_component(self, request: HttpRequest) -> LinkMenuItem:
                component: LinkMenuItem = super().render_component(request)
                waiting = Review.objects.open().count()
                if waiting:
                    component.label = f"{component.label} ({waiting})"
                return component

        return CountedMenuItem


def about(review: Review) -> str:
    """The order's number and its student's name, or the e-mail that was typed at checkout."""
    if review.order:
        return f"{review.order} – {review.order.user}"
    return review.checkout.email if review.checkout else ""


class ReviewsPanel(Component):
    """On the admin's home: how many cases wait, and the oldest of them. Nothing when none does."""

    name = "reviews"
    template_name = "payments/admin/reviews_panel.html"
    order = 50

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        waiting = Review.objects.open().select_related("order__user", "checkout")
        now = timezone.now()
        return {
            "count": waiting.count(),
            "reviews": [
                (review, about(review), age(review.opened_at, now)) for review in waiting[:SHOWN_ON_HOME]
            ],
            "list_url": reverse(LIST_URL),
        }
