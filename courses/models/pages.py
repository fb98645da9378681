"""The pages that present the catalogue: each points to a Course or a Tutor; prices are never theirs.

A page whose course or tutor is no longer active stays where it is and says so. A page that is being
written has none yet, so that everything here works without.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index
from wagtail.url_routing import RouteResult

from courses import showcase
from courses.pictures import PORTRAIT_LARGE, picture
from home.blocks import BODY_BLOCKS
from home.search import folded_text


class CourseIndexPage(Page):
    intro = models.TextField(_("introduction"), blank=True)

    parent_page_types = ["home.HomePage"]
    subpage_types = ["courses.CoursePage"]
    max_count_per_parent = 1
    content_panels = [*Page.content_panels, FieldPanel("intro")]
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("folded_text")]
    result_kind = _("Tous les cours")

    class Meta:
        verbose_name = _("liste des cours")
        verbose_name_plural = _("listes des cours")

    def folded_text(self) -> str:
        return folded_text(self.title, self.intro)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["courses"] = showcase.course_cards(_children(self, CoursePage), request)
        return context

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Fetches a course's page and its course at once; Wagtail's own way takes three queries for them."""
        if path_components:
            pages = CoursePage.objects.child_of(self).select_related("course")
            if page := pages.filter(slug=path_components[0]).first():
                return page.route(request, path_components[1:])
        return super().route(request, path_components)


class CoursePage(Page):
    course = models.ForeignKey(
        "courses.Course",
        on_delete=models.PROTECT,
        related_name="pages",
        verbose_name=_("cours"),
        help_text=_("Le titre, le tarif et les tuteurs viennent du catalogue."),
    )
    intro = models.TextField(
        _("introduction"), blank=True, help_text=_("Une ou deux phrases, montrées aussi dans les listes.")
    )
    image = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("image"),
    )
    outcomes = models.TextField(
        _("ce que vous apprendrez"),
        blank=True,
        default="",
        db_default="",
        help_text=_("Une chose par ligne, quelques mots chacune."),
    )
    body = StreamField(BODY_BLOCKS, blank=True, verbose_name=_("contenu"))

    parent_page_types = ["courses.CourseIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("course"),
        FieldPanel("intro"),
        FieldPanel("image"),
        FieldPanel("outcomes"),
        FieldPanel("body"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("intro"),
        index.SearchField("body"),
        index.SearchField("folded_text"),
        index.AutocompleteField("folded_text"),
    ]
    result_kind = _("Cours")

    class Meta:
        verbose_name = _("page de cours")
        verbose_name_plural = _("pages de cours")

    def folded_text(self) -> str:
        course = self.course if self.course_id else None
        return folded_text(
            self.title,
            self.intro,
            course.title if course else "",
            course.description if course else "",
            body=self.body,
        )

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        course = self.course if self.course_id else None
        context["course"] = course
        context |= showcase.offer_of(course, self.image_id, TutorPage.objects.all(), request)
        return context


class TutorIndexPage(Page):
    intro = models.TextField(_("introduction"), blank=True)

    parent_page_types = ["home.HomePage"]
    subpage_types = ["courses.TutorPage"]
    max_count_per_parent = 1
    content_panels = [*Page.content_panels, FieldPanel("intro")]
    search_fields = [*Page.search_fields, index.SearchField("intro"), index.SearchField("folded_text")]
    result_kind = _("Tous les tuteurs")

    class Meta:
        verbose_name = _("liste des tuteurs")
        verbose_name_plural = _("listes des tuteurs")

    def folded_text(self) -> str:
        return folded_text(self.title, self.intro)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["tutors"] = showcase.tutor_cards(_children(self, TutorPage), request)
        return context

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """As in CourseIndexPage: a tutor's page, the tutor and the account at once."""
        if path_components:
            pages = TutorPage.objects.child_of(self).select_related("tutor__user")
            if page := pages.filter(slug=path_components[0]).first():
                return page.route(request, path_components[1:])
        return super().route(request, path_components)


class TutorPage(Page):
    tutor = models.ForeignKey(
        "courses.Tutor",
        on_delete=models.PROTECT,
        related_name="pages",
        verbose_name=_("tuteur"),
        help_text=_("Le portrait, la présentation et les cours viennent du catalogue."),
    )
    intro = models.TextField(
        _("introduction"), blank=True, help_text=_("Une phrase, montrée aussi dans les listes.")
    )
    body = StreamField(BODY_BLOCKS, blank=True, verbose_name=_("contenu"))

    parent_page_types = ["courses.TutorIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("tutor"),
        FieldPanel("intro"),
        FieldPanel("body"),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("intro"),
        index.SearchField("body"),
        index.SearchField("folded_text"),
        index.AutocompleteField("folded_text"),
    ]
    result_kind = _("Tuteur")

    class Meta:
        verbose_name = _("page de tuteur")
        verbose_name_plural = _("pages de tuteurs")

    def folded_text(self) -> str:
        tutor = self.tutor if self.tutor_id else None
        return folded_text(
            self.title,
            self.intro,
            tutor.display_name if tutor else "",
            tutor.bio if tutor else "",
            body=self.body,
        )

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        tutor = self.tutor if self.tutor_id else None
        context["tutor"] = tutor
        context["portrait"] = picture(tutor.photo_id if tutor else None, PORTRAIT_LARGE)
        context["courses"] = (
            showcase.courses_of(tutor, CoursePage.objects.all(), request)
            if tutor and tutor.is_offered
            else []
        )
        return context


def _children(page: Page, model: type[CoursePage] | type[TutorPage]) -> Any:
    """The pages below, in the editors' order; a page that is being written has no place in the tree yet."""
    return model.objects.child_of(page).order_by("path") if page.path else model.objects.none()
