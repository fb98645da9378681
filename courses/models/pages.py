"""The pages that present the catalogue. Each points to one Course or Tutor; rates are never theirs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from home.blocks import BODY_BLOCKS


class CourseIndexPage(Page):
    intro = models.TextField(_("introduction"), blank=True)
    parent_page_types = ["home.HomePage"]
    subpage_types = ["courses.CoursePage"]
    content_panels = [*Page.content_panels, FieldPanel("intro")]


class CoursePage(Page):
    course = models.ForeignKey(
        "courses.Course", on_delete=models.PROTECT, related_name="pages", verbose_name=_("cours")
    )
    intro = models.TextField(_("introduction"), blank=True)
    image = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("image"),
    )
    body = StreamField(BODY_BLOCKS, blank=True, verbose_name=_("contenu"))
    parent_page_types = ["courses.CourseIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *Page.content_panels,
        FieldPanel("course"),
        FieldPanel("intro"),
        FieldPanel("image"),
        FieldPanel("body"),
    ]


class TutorIndexPage(Page):
    intro = models.TextField(_("introduction"), blank=True)
    parent_page_types = ["home.HomePage"]
    subpage_types = ["courses.TutorPage"]
    content_panels = [*Page.content_panels, FieldPanel("intro")]


class TutorPage(Page):
    tutor = models.ForeignKey(
        "courses.Tutor", on_delete=models.PROTECT, related_name="pages", verbose_name=_("tuteur")
    )
    intro = models.TextField(_("introduction"), blank=True)
    body = StreamField(BODY_BLOCKS, blank=True, verbose_name=_("contenu"))
    parent_page_types = ["courses.TutorIndexPage"]
    subpage_types: list[str] = []
    content_panels = [*Page.content_panels, FieldPanel("tutor"), FieldPanel("intro"), FieldPanel("body")]
