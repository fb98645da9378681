"""Home and plain content pages; the brand is in home.brand."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, TitleFieldPanel
from wagtail.models import Page
from wagtail.url_routing import RouteResult

from home.blocks import BODY_BLOCKS, HOME_BLOCKS
from home.brand import SiteSettings
from home.fields import BlocksField
from home.pictures import SHARED, Wanted, pictures, wanted_in
from home.promotion import page_tabs
from home.search import folded_text, page_search_fields

__all__ = ["ContentPage", "HomePage", "SiteSettings"]


class HomePage(Page):
    body = BlocksField(
        HOME_BLOCKS, blank=True, block_counts={"hero": {"max_num": 1}}, verbose_name=_("contenu")
    )

    parent_page_types = ["wagtailcore.Page"]
    max_count = 1
    content_panels = [
        TitleFieldPanel(
            "title",
            help_text=_("Le nom de la page dans le fil d’Ariane et ici. Les visiteurs lisent l’en-tête."),
        ),
        FieldPanel(
            "body",
            help_text=_(
                "De haut en bas, l’en-tête d’abord. Mettez ensuite ce qui décide : matières, déroulement, "
                "cours, témoignages; puis les questions fréquentes."
            ),
        ),
    ]
    edit_handler = page_tabs(content_panels, picture="illustration", slug=False)
    search_fields = page_search_fields("body")
    result_kind = _("Accueil")

    class Meta:
        verbose_name = _("accueil")
        verbose_name_plural = _("accueils")

    def folded_text(self) -> str:
        return folded_text(self.title, body=self.body)

    @property
    def hero(self) -> Any:
        """The value of the block that heads the page; None without one."""
        return next((block.value for block in self.body if block.block_type == "hero"), None)

    @property
    def headline(self) -> str:
        return str(self.hero["heading"]) if self.hero else ""

    @property
    def intro(self) -> str:
        return str(self.hero["text"]) if self.hero else ""

    @property
    def illustration(self) -> Any:
        """The image of its head, which links to the page show."""
        return self.hero["image"] if self.hero else None

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        drawn = pictures(self.wanted_pictures())
        shared = drawn.get((self.illustration.pk, SHARED)) if self.illustration else None
        return context | {"drawn": drawn, "shared_picture": shared}

    def wanted_pictures(self) -> list[Wanted]:
        shared = [(self.illustration.pk, SHARED)] if self.illustration else []
        return [*wanted_in(self.body), *shared]

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """As Wagtail does, with fewer queries: pages on the way to another are not read whole, and this one,
        which may be remembered (home.chrome), is read anew where it is shown itself.
        """
        if not path_components:
            return super(HomePage, HomePage.objects.get(pk=self.pk)).route(request, [])
        slug, *further = path_components
        page = self.get_children().filter(slug=slug).first()
        if page is None:
            raise Http404
        return (page.specific_deferred if further else page.specific).route(request, further)


class ContentPage(Page):
    intro = models.TextField(_("introduction"), blank=True)
    body = BlocksField(BODY_BLOCKS, blank=True, verbose_name=_("contenu"))

    parent_page_types = ["home.HomePage", "home.ContentPage"]
    subpage_types = ["home.ContentPage"]
    content_panels = [
        TitleFieldPanel(
            "title", help_text=_("En haut de la page et dans les menus : 50 caractères au plus.")
        ),
        FieldPanel(
            "intro",
            help_text=_("Une ou deux phrases, de 40 à 160 caractères, sous le titre et dans les résultats."),
        ),
        FieldPanel(
            "body",
            help_text=_("Ajoutez des blocs avec « + ». Un titre tous les trois ou quatre paragraphes aide."),
        ),
    ]
    edit_handler = page_tabs(content_panels, menus=True)
    search_fields = page_search_fields("intro", "body")
    result_kind = _("Page")

    class Meta:
        verbose_name = _("page de contenu")
        verbose_name_plural = _("pages de contenu")

    def wanted_pictures(self) -> list[Wanted]:
        return wanted_in(self.body)

    def folded_text(self) -> str:
        return folded_text(self.title, self.intro, body=self.body)
