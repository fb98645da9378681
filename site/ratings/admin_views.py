"""Ratings in the Wagtail admin: all of them with names, and what they come to. Their answers are nobody's to
change; what must not be read is hidden, with a reason, and can be shown again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from http import HTTPStatus
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import ModelLogEntry

from accounts.models import User
from accounts.read_only import ReadOnlyIndexView, ReadOnlyInspectView, ReadOnlyViewSet
from courses.models import Course, Tutor
from courses.scores import written
from ratings import services
from ratings.errors import RatingError, ReasonMissing
from ratings.models import Rating
from ratings.questions import QUESTIONS

LIST_URL = "wagtailsnippets_ratings_rating:list"
INSPECT_URL = "wagtailsnippets_ratings_rating:inspect"

REASON = forms.CharField(required=False, max_length=services.MAX_REASON)

# The value in the address, what it is called, from which score, to below which.
SCORES = [
    ("4", gettext_lazy("4 et plus"), 4, 6),
    ("3", gettext_lazy("3 à 3,99"), 3, 4),
    ("2", gettext_lazy("2 à 2,99"), 2, 3),
    ("1", gettext_lazy("Moins de 2"), 1, 2),
]


def state(rating: Rating) -> str:
    return _("Masquée") if rating.is_hidden else _("Publiée")


class RatingFilterSet(WagtailFilterSet):
    tutor = django_filters.ModelChoiceFilter(label=gettext_lazy("Tuteur"), queryset=Tutor.objects.all())
    course = django_filters.ModelChoiceFilter(label=gettext_lazy("Cours"), queryset=Course.objects.all())
    score = django_filters.ChoiceFilter(
        label=gettext_lazy("Note"), choices=[entry[:2] for entry in SCORES], method="with_score"
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("État"),
        choices=[("shown", gettext_lazy("Publiées")), ("hidden", gettext_lazy("Masquées"))],
        method="in_state",
    )
    created_at = django_filters.DateFromToRangeFilter(
        label=gettext_lazy("Date"), widget=DateRangePickerWidget
    )

    class Meta:
        model = Rating
        fields = ["tutor", "course", "score", "state", "created_at"]

    def with_score(self, ratings: QuerySet[Rating], name: str, value: str) -> QuerySet[Rating]:
        lowest, below = next(entry[2:] for entry in SCORES if entry[0] == value)
        return ratings.filter(score__gte=lowest, score__lt=below)

    def in_state(self, ratings: QuerySet[Rating], name: str, value: str) -> QuerySet[Rating]:
        return ratings.filter(hidden_at__isnull=value == "shown")


class RatingIndexView(ReadOnlyIndexView):
    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """With the means of all that was found, not of one page of it."""
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        context["averages"] = self.object_list.averages()
        return context


class RatingInspectView(ReadOnlyInspectView):
    template_name = "ratings/admin/inspect.html"

    @cached_property
    def header_buttons(self) -> list[Any]:
        if not self.user_has_permission("hide"):
            return []
        view = RestoreView if self.object.is_hidden else HideView
        url = reverse(f"wagtailsnippets_ratings_rating:{view.name}", args=[self.object.pk])
        return [HeaderButton(view.page_title, url=url, icon_name=view.header_icon)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rating = Rating.objects.select_related(
            "student", "tutor", "course", "appointment__course", "hidden_by"
        ).get(pk=self.object.pk)
        history = ModelLogEntry.objects.for_instance(rating).select_related("user").order_by("timestamp")
        return super().get_context_data(
            rating=rating,
            state=state(rating),
            answers=[
                (question.name, answer) for question, answer in zip(QUESTIONS, rating.answers, strict=True)
            ],
            history=history,
            **kwargs,
        )


class ReasonView(PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView, ABC):
    """Asks for the reason, and acts."""

    permission_required = "hide"
    model = Rating
    template_name = "ratings/admin/reason.html"
    name: str
    consequence: str | Promise
    done: str | Promise

    @abstractmethod
    def act(self, user: User, reason: str) -> None:
        """Raises RatingError."""

    @cached_property
    def rating(self) -> Rating:
        ratings = Rating.objects.select_related("student", "tutor", "course")
        return get_object_or_404(ratings, pk=self.kwargs["pk"])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            {"url": reverse("wagtailadmin_home"), "label": _("Accueil")},
            {"url": reverse(LIST_URL), "label": _("Évaluations")},
            {"url": self._back, "label": str(self.rating)},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            rating=self.rating,
            consequence=self.consequence,
            back=self._back,
            reason=self.request.POST.get("reason", ""),
            max_reason=services.MAX_REASON,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, User):
            raise PermissionDenied
        try:
            self.act(request.user, REASON.clean(request.POST.get("reason")))
        except (ReasonMissing, ValidationError) as error:
            sentence = error.messages[0] if isinstance(error, ValidationError) else str(error)
            context = self.get_context_data(error=sentence)
            return self.render_to_response(context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        except RatingError as error:  # a second click, or another admin
            messages.warning(request, str(error))
        else:
            messages.success(request, self.done)
        return redirect(self._back)

    @property
    def _back(self) -> str:
        return reverse(INSPECT_URL, args=[self.rating.pk])


class HideView(ReasonView):
    name = "masquer"
    page_title = gettext_lazy("Masquer")
    header_icon = "view"
    consequence = gettext_lazy(
        "L’avis disparaît du site et de la page du tuteur, et ne compte plus dans les moyennes. "
        "L’élève le voit encore, et voit qu’il est masqué."
    )
    done = gettext_lazy("L’évaluation est masquée.")

    def act(self, user: User, reason: str) -> None:
        services.hide(rating=self.rating, by=user, reason=reason, now=timezone.now())


class RestoreView(ReasonView):
    name = "retablir"
    page_title = gettext_lazy("Rétablir")
    header_icon = "rotate"
    consequence = gettext_lazy("L’avis revient sur le site, et compte de nouveau dans les moyennes.")
    done = gettext_lazy("L’évaluation est de nouveau publiée.")

    def act(self, user: User, reason: str) -> None:
        services.restore(rating=self.rating, by=user, reason=reason)


class RatingViewSet(ReadOnlyViewSet):
    model = Rating
    icon = "pick"
    menu_label = gettext_lazy("Évaluations")
    menu_order = 220
    add_to_admin_menu = True
    index_view_class = RatingIndexView
    index_results_template_name = "ratings/admin/list_results.html"
    inspect_view_class = RatingInspectView
    filterset_class = RatingFilterSet
    search_fields = [
        "comment",
        "student__first_name",
        "student__last_name",
        "student__email",
        "tutor__display_name",
    ]
    ordering = ["-created_at"]
    list_display = [
        TitleColumn(
            "student",
            label=gettext_lazy("Élève"),
            get_url=lambda rating: reverse(INSPECT_URL, args=[rating.pk]),
            sort_key="student__last_name",
        ),
        Column("tutor", label=gettext_lazy("Tuteur"), sort_key="tutor__display_name"),
        Column("course", label=gettext_lazy("Cours"), sort_key="course__title"),
        Column(
            "score",
            label=gettext_lazy("Note"),
            accessor=lambda rating: written(rating.score),
            sort_key="score",
        ),
        Column(
            "comment",
            label=gettext_lazy("Commentaire"),
            accessor=lambda rating: Truncator(rating.comment).chars(70),
        ),
        DateColumn("created_at", label=gettext_lazy("Donnée"), sort_key="created_at"),
        StatusTagColumn(
            "state", label=gettext_lazy("État"), accessor=state, primary=lambda rating: not rating.is_hidden
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rating]:
        return Rating.objects.select_related("student", "tutor", "course")

    def get_urlpatterns(self) -> list[Any]:
        return [
            *super().get_urlpatterns(),
            *(
                path(f"<uuid:pk>/{view.name}/", self.construct_view(view), name=view.name)
                for view in (HideView, RestoreView)
            ),
        ]
