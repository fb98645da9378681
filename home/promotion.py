"""The forms of pages: their tabs, and what searchers and those who are sent a link will see."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, Panel, TabbedInterface
from wagtail.models import Page

from home.chrome import frame_of
from home.sharing import description_of, home_address, picture_without_one, title_of

CARD = "fill-720x378|format-jpeg|jpegquality-82"


class SearchPreviewPanel(Panel):
    """What a search engine lists and what a message shows of the page, kept true while the editor types.

    `picture`: where the page has the image that links show, a field of the form or not (`tutor.photo`).
    """

    def __init__(self, *, picture: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.picture = picture

    def clone_kwargs(self) -> dict[str, Any]:
        return {**super().clone_kwargs(), "picture": self.picture}

    class BoundPanel(Panel.BoundPanel):
        template_name = "home/admin/search_preview.html"

        @property
        def media(self) -> forms.Media:
            return forms.Media(css={"all": ["css/admin-pages.css"]}, js=["js/admin-search-preview.js"])

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            frame = frame_of(self.request)
            above = self._above()
            address = urlsplit((above and above.get_full_url(self.request)) or home_address(frame))
            page = self.instance
            return context | {
                "brand": frame.chrome.brand,
                "host": address.netloc,
                "trail": [step for step in address.path.split("/") if step],
                "title": title_of(page),
                "description": description_of(page),
                # What a block of the page says, as it was saved: no field of the form.
                "headline": getattr(page, "headline", ""),
                "intro": "" if "intro" in self.form.fields else getattr(page, "intro", ""),
                "has_slug": above is not None and above.depth > 1,
                "picture": self._picture(),
                "house_picture": picture_without_one(frame.chrome).url,
                "chooser": self.panel.picture if self.panel.picture in self.form.fields else "",
            }

        def _above(self) -> Page | None:
            """The page that this one is below, or will be: then it is named in the address of the form."""
            if self.instance.pk:
                return self.instance.get_parent()
            match = self.request.resolver_match
            if match is None or match.view_name != "wagtailadmin_pages:add":
                return None
            key = match.kwargs.get("parent_page_id") or match.args[-1]
            return Page.objects.filter(pk=key).first()

        def _picture(self) -> str:
            """The address of the chosen image; empty without one, when the brand's own stands in."""
            if not self.panel.picture:
                return ""
            try:
                image = attrgetter(self.panel.picture)(self.instance)
            except (AttributeError, ObjectDoesNotExist):
                return ""
            return image.get_rendition(CARD).url if image else ""


def page_tabs(
    content: Sequence[Panel], *, picture: str = "", slug: bool = True, menus: bool = False
) -> TabbedInterface:
    """The two tabs of every page's form; what is set beside the form (schedule, comments) comes along.

    `slug`: whether the page has an address of its own. `menus`: whether it can be in the header.
    """
    found = [
        FieldPanel(
            "seo_title",
            heading=_("Titre pour les moteurs de recherche"),
            help_text=_(
                "De 30 à 50 caractères, avec les mots que les gens cherchent. Vide : le titre de la page. "
                "La marque s’ajoute toute seule."
            ),
        ),
        FieldPanel(
            "search_description",
            heading=_("Description pour les moteurs de recherche"),
            help_text=_("De 70 à 160 caractères qui donnent envie d’ouvrir. Vide : l’introduction."),
        ),
    ]
    if slug:
        found.append(
            FieldPanel(
                "slug",
                heading=_("Adresse"),
                help_text=_(
                    "Le dernier morceau de l’adresse : quelques mots en minuscules, avec des traits d’union. "
                    "Si vous la changez plus tard, l’ancienne mènera à la nouvelle."
                ),
            )
        )
    promotion = [
        SearchPreviewPanel(picture=picture, heading=_("Aperçu")),
        MultiFieldPanel(found, heading=_("Moteurs de recherche")),
    ]
    if menus:
        promotion.append(
            FieldPanel(
                "show_in_menus",
                heading=_("Menu"),
                help_text=_(
                    "Cochée, une page placée juste sous l’accueil est dans l’en-tête du site. "
                    "Cinq entrées tiennent sur une ligne."
                ),
            )
        )
    return TabbedInterface(
        [
            ObjectList(list(content), heading=_("Contenu")),
            ObjectList(promotion, heading=_("Recherche et partage")),
            ObjectList(Page.settings_panels, heading=_("Réglages")),
        ]
    )
