"""Home, plain content pages and the brand."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page

from home.blocks import BODY_BLOCKS


class HomePage(Page):
    headline = models.CharField(_("titre d'accueil"), max_length=160, blank=True)
    body = StreamField(BODY_BLOCKS, blank=True, verbose_name=_("contenu"))
    parent_page_types = ["wagtailcore.Page"]
    content_panels = [*Page.content_panels, FieldPanel("headline"), FieldPanel("body")]


class ContentPage(Page):
    body = StreamField(BODY_BLOCKS, blank=True, verbose_name=_("contenu"))
    parent_page_types = ["home.HomePage", "home.ContentPage"]
    subpage_types = ["home.ContentPage"]
    content_panels = [*Page.content_panels, FieldPanel("body")]
