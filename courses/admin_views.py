"""The catalogue in the Wagtail admin, for those who run the business: courses, tutors, who teaches what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import django_filters
from django.db import models, transaction
from django.db.models import Count, ProtectedError, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column, NumberColumn, StatusTagColumn
from wagtail.log_actions import log
from wagtail.snippets.views.snippets import (
    CreateView,
    DeleteView,
    EditView,
    SnippetViewSet,
    SnippetViewSetGroup,
)

from accounts.models import User
from accounts.read_only import PlainIndexView
from courses.events import tell_course, tell_tutor_changed, tell_tutor_created
from courses.models import Course, Subject, Tutor, TutorCourse
from courses.services import delete_untouched_drafts, draft_page_for
from home.formats import money


class RetireView(DeleteView):
    """Says what deleting does here. What is protected stays, inactive; see `retire_what_has_history`."""

    usage_url_name = None

    @property
    def confirmation_message(self) -> Any:
        return _(
            "Ce qui n’a jamais servi est supprimé. Ce qui a une page, des rendez-vous ou des ventes "
            "reste dans l’historique : ce sera désactivé, et ne sera plus offert."
        )


class CourseCreateView(CreateView):
    def save_instance(self) -> Course:
        course: Course = super().save_instance()
        tell_course(course, "created", now=timezone.now())
        return course


class CourseEditView(EditView):
    def save_instance(self) -> Course:
        course: Course = super().save_instance()
        if self.form.changed_data:
            tell_course(course, "updated", now=timezone.now())
        return course


class TutorCreateView(CreateView):
    def save_instance(self) -> Tutor:
        tutor: Tutor = super().save_instance()
        tell_tutor_created(tutor, now=timezone.now())
        return tutor


class TutorEditView(EditView):
    def save_instance(self) -> Tutor:
        tutor: Tutor = super().save_instance()
        form = self.form
        tell_tutor_changed(tutor, changed=form.changed_data, before=form.initial, now=timezone.now())
        return tutor


class CourseViewSet(SnippetViewSet):
    model = Course
    index_view_class = PlainIndexView
    add_view_class = CourseCreateView
    edit_view_class = CourseEditView
    icon = "clipboard-list"
    menu_label = _("Cours")
    menu_name = "catalogue-courses"
    delete_view_class = RetireView
    copy_view_enabled = False
    search_fields = ["title", "slug", "description"]
    search_backend_name = None
    list_filter = ["active", "subject"]
    ordering = ["title"]
    list_display = [
        "title",
        Column("subject", label=_("Matière"), sort_key="subject__name"),
        Column(
            "rate",
            label=_("Tarif horaire"),
            accessor=lambda course: money(course.student_rate_cad),
            sort_key="student_rate_cad",
        ),
        NumberColumn("approved_tutors", label=_("Tuteurs"), sort_key="approved_tutors"),
        BooleanColumn("active", label=_("Actif"), sort_key="active"),
    ]
    panels = [
        FieldPanel("title"),
        FieldPanel("slug"),
        FieldPanel("subject"),
        FieldPanel("levels"),
        FieldPanel("description"),
        FieldPanel("student_rate_cad"),
        FieldPanel("active"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Course]:
        approved = Q(tutor_courses__status=TutorCourse.Status.APPROVED, tutor_courses__tutor__active=True)
        return Course.objects.select_related("subject").annotate(
            approved_tutors=Count("tutor_courses", filter=approved)
        )


class SubjectDeleteView(DeleteView):
    usage_url_name = None
    confirmation_message = _(
        "Ses cours resteront, sans matière : les filtres par matière ne les trouveront plus."
    )


class SubjectViewSet(SnippetViewSet):
    model = Subject
    index_view_class = PlainIndexView
    icon = "tag"
    menu_label = _("Matières")
    menu_name = "catalogue-subjects"
    delete_view_class = SubjectDeleteView
    copy_view_enabled = False
    search_fields = ["name"]
    search_backend_name = None
    ordering = ["name"]
    list_display = ["name", "slug", NumberColumn("number", label=_("Cours"), sort_key="number")]
    panels = [TitleFieldPanel("name", targets=["slug"]), FieldPanel("slug")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subject]:
        return Subject.objects.annotate(number=Count("courses"))


class TutorViewSet(SnippetViewSet):
    model = Tutor
    index_view_class = PlainIndexView
    add_view_class = TutorCreateView
    edit_view_class = TutorEditView
    icon = "group"
    menu_label = _("Tuteurs")
    menu_name = "catalogue-tutors"
    delete_view_class = RetireView
    copy_view_enabled = False
    search_fields = ["display_name", "user__email"]
    search_backend_name = None
    list_filter = ["active"]
    ordering = ["priority", "display_name"]
    list_display = [
        "display_name",
        Column("email", label=_("Courriel"), accessor="user.email"),
        Column(
            "rate",
            label=_("Honoraires horaires"),
            accessor=lambda tutor: money(tutor.hourly_rate_cad),
            sort_key="hourly_rate_cad",
        ),
        NumberColumn("priority", label=_("Priorité"), sort_key="priority"),
        BooleanColumn("active", label=_("Actif"), sort_key="active"),
    ]
    panels = [
        MultiFieldPanel(
            [FieldPanel("user"), FieldPanel("display_name"), FieldPanel("photo"), FieldPanel("bio")],
            heading=_("Qui"),
        ),
        MultiFieldPanel(
            [FieldPanel("hourly_rate_cad"), FieldPanel("priority"), FieldPanel("active")],
            heading=_("Travail"),
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tutor]:
        return Tutor.objects.select_related("user")


class TutorCourseFilterSet(WagtailFilterSet):
    status = django_filters.ChoiceFilter(label=_("État"), choices=TutorCourse.Status.choices)

    class Meta:
        model = TutorCourse
        fields = ["status", "course", "tutor"]


class TutorCourseViewSet(SnippetViewSet):
    model = TutorCourse
    index_view_class = PlainIndexView
    icon = "link"
    menu_label = _("Qui enseigne quoi")
    menu_name = "catalogue-tutor-courses"
    copy_view_enabled = False
    search_fields = ["tutor__display_name", "course__title"]
    search_backend_name = None
    filterset_class = TutorCourseFilterSet
    ordering = ["course__title", "tutor__display_name"]
    list_display = [
        "__str__",
        StatusTagColumn(
            "get_status_display",
            label=_("État"),
            sort_key="status",
            primary=lambda row: row.status == TutorCourse.Status.APPROVED,
        ),
    ]
    panels = [FieldPanel("tutor"), FieldPanel("course"), FieldPanel("status")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TutorCourse]:
        return TutorCourse.objects.select_related("tutor", "course")


class CatalogueGroup(SnippetViewSetGroup):
    items = (CourseViewSet, SubjectViewSet, TutorViewSet, TutorCourseViewSet)
    menu_label = _("Catalogue")
    menu_icon = "folder-open-inverse"
    menu_name = "catalogue"
    menu_order = 210


def prepare_a_page(request: HttpRequest, row: models.Model) -> None:
    """After an admin has made a course or a tutor: its page waits for the editors, as a draft."""
    if not isinstance(row, Course | Tutor) or not isinstance(request.user, User):
        return
    if page := draft_page_for(row=row, user=request.user):
        messages.info(
            request,
            _("Une page attend l’édition, en brouillon : « %(title)s ».") % {"title": page.title},
            buttons=[messages.button(reverse("wagtailadmin_pages:edit", args=[page.pk]), _("Voir la page"))],
        )


def retire_what_has_history(request: HttpRequest, rows: Iterable[models.Model]) -> HttpResponse | None:
    """Before Wagtail deletes courses or tutors: what was never used goes, the rest turns inactive."""
    return retire(
        request,
        [row for row in rows if isinstance(row, Course | Tutor)],
        kept=_("« %(name)s » a une page ou un historique : désactivé, et plus offert."),
    )


def retire(request: HttpRequest, targets: Sequence[Any], *, kept: Any) -> HttpResponse | None:
    """Delete those snippets that nothing refers to, switch `active` off for the rest and say `kept` of each,
    with its %(name)s. None, for Wagtail to go on, while nobody has confirmed.
    """
    if request.method != "POST" or not targets:
        return None
    for row in targets:
        name = str(row)
        try:
            with transaction.atomic():
                delete_untouched_drafts(row)
                log(instance=row, action="wagtail.delete", user=request.user)
                _tell_retired(row)
                row.delete()
        except ProtectedError:
            with transaction.atomic():
                row.active = False
                row.save(update_fields=["active"])
                _tell_retired(row)
            log(instance=row, action="wagtail.edit", user=request.user)
            messages.warning(request, kept % {"name": name})
        else:
            messages.success(request, _("« %(name)s » est supprimé.") % {"name": name})
    viewset: SnippetViewSet = type(targets[0]).snippet_viewset
    return redirect(viewset.get_url_name("list"))


def _tell_retired(row: models.Model) -> None:
    """Deleted, or switched off for its history: to the outside it is gone either way."""
    now = timezone.now()
    if isinstance(row, Course):
        row.active = False
        tell_course(row, "deleted", now=now)
    elif isinstance(row, Tutor):
        row.active = False
        tell_tutor_changed(row, changed=["active"], before={}, now=now)
