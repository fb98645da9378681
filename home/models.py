"""Home and plain content pages; the brand is in home.brand."""

from __future__ import annotations

from django.db import models
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.models import Page
from wagtail.search import index
from wagtail.url_routing import RouteResult

from home.blocks import BODY_BLOCKS, HOME_BLOCKS
from home.brand import SiteSettings
from home.fields import BlocksField
from home.promotion import page_tabs
from home.search import folded_text

__all__ = ["ContentPage", "HomePage", "SiteSettings"]


class HomePage(Page):
    headline = models.CharField(_("titre d'accueil"), max_length=160, blank=True)
    intro = models.TextField(_("introduction"), blank=True)
    illustration = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("illustration"),
        help_text=_("Sans image, le dessin de la maison est montré."),
    )
    action_label = models.CharField(_("texte du bouton"), max_length=60, blank=True)
    action_page = models.ForeignKey(
        "wagtailcore.Page",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("page du bouton"),
    )
    body = BlocksField(HOME_BLOCKS, blank=True, verbose_name=_("contenu"))

    parent_page_types = ["wagtailcore.Page"]
    max_count = 1
    content_panels = [
        TitleFieldPanel(
            "title",
            help_text=_("Le nom de la page dans le fil d'Ariane et ici. Les visiteurs lisent le suivant."),
        ),
        MultiFieldPanel(
            [
                FieldPanel("headline", help_text=_("La promesse de l'école, en 60 caractères au plus.")),
                FieldPanel(
                    "intro",
                    help_text=_("Une ou deux phrases, 160 caractères au plus : pour qui, et comment."),
                ),
                FieldPanel(
                    "illustration",
                    help_text=_(
                        "Carrée, d'au moins 1120 × 1120 pixels, sans texte dedans. "
                        "Sans image, le dessin de la maison est montré."
                    ),
                ),
                FieldPanel(
                    "action_label",
                    help_text=_("Deux ou trois mots, dont le premier est un verbe : « Choisir un cours »."),
                ),
                FieldPanel("action_page", help_text=_("Où il mène. Sans page ou sans texte, pas de bouton.")),
            ],
            heading=_("En-tête"),
        ),
        FieldPanel(
            "body",
            help_text=_(
                "La suite de la page, de haut en bas. Mettez d'abord ce qui décide : cours, déroulement, "
                "témoignages; puis les questions fréquentes."
            ),
        ),
    ]
    edit_handler = page_tabs(content_panels, picture="illustration", slug=False)
    search_fields = [
        *Page.search_fields,
        index.SearchField("intro"),
        index.SearchField("body"),
        index.SearchField("folded_text"),
        index.AutocompleteField("folded_text"),
    ]
    result_kind = _("Accueil")

    class Meta:
        verbose_name = _("accueil")
        verbose_name_plural = _("accueils")

    def folded_text(self) -> str:
        return folded_text(self.title, self.headline, self.intro, body=self.body)

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
    search_fields = [
        *Page.search_fields,
        index.SearchField("intro"),
        index.SearchField("body"),
        index.SearchField("folded_text"),
        index.AutocompleteField("folded_text"),
    ]
    result_kind = _("Page")

    class Meta:
        verbose_name = _("page de contenu")
        verbose_name_plural = _("pages de contenu")

    def folded_text(self) -> str:
        return folded_text(self.title, self.intro, body=self.body)
