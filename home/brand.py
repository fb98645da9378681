"""The brand, as the direction sets it: name, logo, colour, how to reach the school, what its foot says."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.forms import TextInput
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, PageChooserPanel
from wagtail.blocks import ChoiceBlock, PageChooserBlock, StructBlock, URLBlock
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import RichTextField
from wagtail.models import PreviewableMixin

from home import chrome, colours
from home.blocks import SENTENCES
from home.fields import BlocksField

IMAGE = "wagtailimages.Image"
PAGE = "wagtailcore.Page"


class SocialLinkBlock(StructBlock):
    network = ChoiceBlock(
        label=_("Réseau"),
        choices=[
            (name, name)
            for name in ("Facebook", "Instagram", "LinkedIn", "YouTube", "TikTok", "Bluesky", "Mastodon", "X")
        ],
    )
    url = URLBlock(label=_("Adresse"))

    class Meta:
        label = _("Réseau")
        icon = "link"
        label_format = "{network}"


def _link(to: str, name: Any, help_text: Any) -> models.ForeignKey[Any, Any]:
    """To an image or a page that may be deleted without asking here."""
    return models.ForeignKey(
        to,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=name,
        help_text=help_text,
    )


@register_setting(icon="site")
class SiteSettings(PreviewableMixin, BaseSiteSetting):
    """One row a site. Pages read it through `home.chrome`, which remembers what it says."""

    brand = models.CharField(
        _("nom de l’école"),
        max_length=60,
        default=chrome.NAME,
        help_text=_("Dans l’en-tête, le titre des pages, les courriels et les partages."),
    )
    tagline = models.CharField(
        _("devise"), max_length=160, blank=True, help_text=_("Une phrase, au pied de chaque page.")
    )
    logo = _link(
        IMAGE,
        _("logo"),
        _("PNG ou WebP à fond transparent, d’au moins 96 pixels de haut. Sans logo : le fanal dessiné."),
    )
    logo_dark = _link(
        IMAGE,
        _("logo pour fond sombre"),
        _("Si le premier se perd sur du bleu nuit."),
    )
    logo_says_name = models.BooleanField(
        _("le logo contient le nom"),
        default=False,
        db_default=False,
        help_text=_("Le nom n’est alors pas écrit une seconde fois à côté."),
    )
    accent = models.CharField(
        _("couleur d’accent"),
        max_length=7,
        default=colours.HOUSE,
        db_default=colours.HOUSE,
        help_text=_(
            "Boutons, liens et repères. Ses variantes claires et sombres sont calculées pour rester "
            "lisibles; le safran de la maison est #f3b33d."
        ),
    )
    sharing_image = _link(
        IMAGE,
        _("image de partage"),
        _("Montrée quand on partage une page sans image à elle. 1200 × 630 pixels ou plus."),
    )
    email = models.EmailField(_("courriel"), blank=True)
    phone = models.CharField(_("téléphone"), max_length=30, blank=True)
    hours = models.CharField(_("heures de réponse"), max_length=160, blank=True)
    address = models.TextField(
        _("adresse"),
        blank=True,
        default="",
        db_default="",
        help_text=_("Comme sur une enveloppe, ligne par ligne."),
    )
    social_links = BlocksField(
        [("link", SocialLinkBlock())],
        blank=True,
        default=list,
        db_default=[],
        verbose_name=_("réseaux sociaux"),
    )
    terms_page = _link(
        PAGE,
        _("conditions"),
        _("La page des conditions de vente, liée au pied de chaque page."),
    )
    privacy_page = _link(
        PAGE,
        _("confidentialité"),
        _("La page sur les renseignements personnels, que la loi du Québec demande."),
    )
    footer_text = RichTextField(_("texte de pied de page"), features=SENTENCES, blank=True)
    footer_pages = BlocksField(
        [("page", PageChooserBlock(label=_("Page")))],
        blank=True,
        verbose_name=_("autres pages du pied de page"),
        help_text=_(
            "L’en-tête montre les pages placées juste sous l’accueil dont « Menu » est coché; "
            "le pied de page montre celles-ci."
        ),
    )

    select_related = ["logo", "logo_dark", "sharing_image", "terms_page", "privacy_page"]
    panels = [
        MultiFieldPanel(
            [
                FieldPanel("brand"),
                FieldPanel("tagline"),
                FieldRowPanel([FieldPanel("logo"), FieldPanel("logo_dark")]),
                FieldPanel("logo_says_name"),
                FieldPanel("accent", widget=TextInput(attrs={"type": "color"})),
                FieldPanel("sharing_image"),
            ],
            heading=_("Marque"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("email"), FieldPanel("phone")]),
                FieldPanel("hours"),
                FieldPanel("address"),
                FieldPanel("social_links"),
            ],
            heading=_("Coordonnées"),
        ),
        MultiFieldPanel(
            [PageChooserPanel("terms_page"), PageChooserPanel("privacy_page")], heading=_("Textes légaux")
        ),
        MultiFieldPanel([FieldPanel("footer_text"), FieldPanel("footer_pages")], heading=_("Pied de page")),
    ]

    class Meta:
        verbose_name = _("marque et pied de page")

    def __str__(self) -> str:
        return self.brand

    def clean(self) -> None:
        super().clean()
        self.accent = self.accent.lower()
        try:
            colours.palette(self.accent)
        except ValidationError as error:
            raise ValidationError({"accent": error}) from error

    def live_footer_pages(self) -> list[Any]:
        """The chosen pages that are still there and published."""
        return [block.value for block in self.footer_pages if block.value and block.value.live]

    def legal_pages(self) -> list[Any]:
        return [page for page in (self.terms_page, self.privacy_page) if page and page.live]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponseBase:
        """The home page as it would be with this brand."""
        request.frame = chrome.frame_with(self.site, self, request)  # type: ignore[attr-defined]
        home = self.site.root_page.specific
        response: HttpResponseBase = home.serve(request)
        return response
