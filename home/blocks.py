"""The StreamField blocks that pages are made of: few, each with one job, each shown before it is chosen.

A block with an `image` says in its Meta in which `picture_size` it shows it (see home.pictures).
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

from home import samples
from home.pictures import BESIDE, FIGURE, HERO
from home.videos import read_video

PROSE = ["h2", "h3", "bold", "italic", "link", "document-link", "ol", "ul", "hr"]
SENTENCES = ["bold", "italic", "link", "ol", "ul"]

# As the chooser of blocks heads them.
TEXT, MEDIA, TRUST, CATALOGUE = _("Texte"), _("Images et vidéos"), _("Confiance"), _("Cours et réservation")


def _heading(**options: Any) -> blocks.CharBlock:
    return blocks.CharBlock(label=_("Titre"), max_length=120, **options)


def _intro() -> blocks.TextBlock:
    return blocks.TextBlock(label=_("Introduction"), required=False, rows=2)


def _items(name: Any, one: Any, *parts: tuple[str, blocks.Block], **options: Any) -> blocks.ListBlock:
    """What they are called, what one is called, and what one is made of; at least one."""
    return blocks.ListBlock(blocks.StructBlock(parts, label=one), label=name, **{"min_num": 1, **options})


class ActionBlock(blocks.StructBlock):
    label = blocks.CharBlock(label=_("Texte du bouton"), max_length=40)
    page = blocks.PageChooserBlock(label=_("Page"))

    class Meta:
        label = _("Bouton")
        icon = "arrow-right"


def _actions(**options: Any) -> blocks.ListBlock:
    """No button is offered empty: an optional one would have to be filled in."""
    return blocks.ListBlock(ActionBlock(), label=_("Boutons"), default=[], required=False, **options)


class HeroBlock(blocks.StructBlock):
    heading = blocks.CharBlock(
        label=_("Titre"), max_length=160, help_text=_("Le titre de la page : une promesse, en une ligne.")
    )
    text = blocks.TextBlock(label=_("Texte"), required=False, rows=3)
    image = ImageBlock(
        label=_("Image"),
        required=False,
        help_text=_("Carrée de préférence. Sans image : le dessin de la maison."),
    )
    actions = _actions(max_num=2, help_text=_("Le premier est mis en avant."))

    class Meta:
        label = _("En-tête d’accueil")
        icon = "home"
        group = TEXT
        description = _("Le grand titre, une image et les boutons par où commencer. Une seule fois, en haut.")
        template = "home/blocks/hero.html"
        picture_size = HERO
        preview_value = samples.HERO


class FigureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Image"))
    caption = blocks.CharBlock(label=_("Légende"), required=False)

    class Meta:
        label = _("Image")
        icon = "image"
        group = MEDIA
        description = _("Une image sur toute la largeur, avec son texte de remplacement et une légende.")
        template = "home/blocks/figure.html"
        picture_size = FIGURE
        preview_value = staticmethod(samples.figure)


class ImageAndTextBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Image"))
    heading = _heading(required=False)
    text = blocks.RichTextBlock(label=_("Texte"), features=SENTENCES)
    actions = _actions(max_num=1)
    side = blocks.ChoiceBlock(
        label=_("Côté de l’image"),
        choices=[("start", _("À gauche")), ("end", _("À droite"))],
        default="start",
    )

    class Meta:
        label = _("Image et texte")
        icon = "doc-full"
        group = MEDIA
        description = _("Une image et quelques phrases côte à côte; l’une sous l’autre au téléphone.")
        template = "home/blocks/image_and_text.html"
        picture_size = BESIDE
        preview_value = staticmethod(samples.image_and_text)


class VideoBlock(blocks.StructBlock):
    url = blocks.URLBlock(
        label=_("Adresse de la vidéo"),
        help_text=_("La page de la vidéo sur YouTube ou Vimeo, telle que copiée."),
    )
    title = blocks.CharBlock(
        label=_("Titre"), max_length=120, help_text=_("Ce que la vidéo montre : lu avant de la lancer.")
    )
    image = ImageBlock(
        label=_("Image d’attente"), required=False, help_text=_("Sans image : un fond de nuit de la maison.")
    )
    caption = blocks.CharBlock(label=_("Légende"), required=False)

    class Meta:
        label = _("Vidéo")
        icon = "media"
        group = MEDIA
        description = _("Une vidéo de YouTube ou de Vimeo. Rien n’en est chargé avant qu’on la lance.")
        template = "home/blocks/video.html"
        picture_size = FIGURE
        preview_value = samples.VIDEO

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if read_video(cleaned["url"]) is None:
            told = ValidationError(
                _now("Ce n’est pas l’adresse d’une vidéo de YouTube ou de Vimeo. Copiez celle de sa page.")
            )
            raise blocks.StructBlockValidationError(block_errors={"url": told})
        return cleaned

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["video"] = read_video(value["url"])
        return context


class CardsBlock(blocks.StructBlock):
    heading = _heading(required=False)
    intro = _intro()
    items = _items(
        _("Cartes"),
        _("Carte"),
        ("title", blocks.CharBlock(label=_("Titre"))),
        ("text", blocks.RichTextBlock(label=_("Texte"), features=SENTENCES)),
    )
    numbered = blocks.BooleanBlock(
        label=_("Étapes numérotées"),
        required=False,
        help_text=_("Cochez si l’ordre compte : les cartes sont alors numérotées."),
    )

    class Meta:
        label = _("Cartes ou étapes")
        icon = "list-ol"
        group = TEXT
        description = _("Quelques idées courtes côte à côte, ou les étapes d’une marche à suivre.")
        template = "home/blocks/cards.html"
        preview_value = samples.CARDS


class TestimonialsBlock(blocks.StructBlock):
    heading = _heading(required=False)
    items = _items(
        _("Témoignages"),
        _("Témoignage"),
        ("quote", blocks.TextBlock(label=_("Citation"), rows=3)),
        ("author", blocks.CharBlock(label=_("Personne"))),
        ("detail", blocks.CharBlock(label=_("Précision"), required=False)),
    )

    class Meta:
        label = _("Témoignages")
        icon = "openquote"
        group = TRUST
        description = _("Ce que disent des élèves et des parents, dans leurs mots.")
        template = "home/blocks/testimonials.html"
        preview_value = samples.TESTIMONIALS


class NumbersBlock(blocks.StructBlock):
    heading = _heading(required=False)
    items = _items(
        _("Chiffres"),
        _("Chiffre"),
        ("number", blocks.CharBlock(label=_("Chiffre"), max_length=16)),
        ("text", blocks.CharBlock(label=_("Ce qu’il compte"), max_length=80)),
        min_num=2,
        max_num=4,
    )

    class Meta:
        label = _("Chiffres")
        icon = "order"
        group = TRUST
        description = _("De deux à quatre chiffres en grand, chacun avec ce qu’il compte.")
        template = "home/blocks/numbers.html"
        preview_value = samples.NUMBERS


class QuestionsBlock(blocks.StructBlock):
    heading = _heading(required=False)
    items = _items(
        _("Questions"),
        _("Question"),
        ("question", blocks.CharBlock(label=_("Question"))),
        ("answer", blocks.RichTextBlock(label=_("Réponse"), features=SENTENCES)),
    )

    class Meta:
        label = _("Questions fréquentes")
        icon = "help"
        group = TRUST
        description = _("Des questions qui s’ouvrent une à une; les moteurs de recherche les lisent aussi.")
        template = "home/blocks/questions.html"
        preview_value = samples.QUESTIONS


class CallToActionBlock(blocks.StructBlock):
    heading = _heading()
    text = blocks.TextBlock(label=_("Texte"), required=False, rows=2)
    label = blocks.CharBlock(label=_("Texte du bouton"))
    page = blocks.PageChooserBlock(label=_("Page"))

    class Meta:
        label = _("Appel à l’action")
        icon = "arrow-right"
        group = CATALOGUE
        description = _("Une phrase et un bouton sur fond de nuit, au bas d’une page.")
        template = "home/blocks/call_to_action.html"
        preview_value = staticmethod(samples.call_to_action)


class SubjectsBlock(blocks.StructBlock):
    """The subjects that are taught; the app of the catalogue knows them, through its template tag."""

    heading = _heading()
    intro = _intro()

    class Meta:
        label = _("Matières")
        icon = "tag"
        group = CATALOGUE
        description = _("Les matières enseignées, chacune avec son dessin, qui mènent à la liste des cours.")
        template = "home/blocks/subjects.html"
        preview_value = samples.SUBJECTS


class ShowcaseBlock(blocks.StructBlock):
    """A row of course or tutor cards; the app of the catalogue draws them, through its template tag."""

    heading = _heading()
    intro = _intro()

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["page_ids"] = [page.pk for page in value["pages"] if page]
        return context


class CourseShowcaseBlock(ShowcaseBlock):
    pages = blocks.ListBlock(
        blocks.PageChooserBlock(page_type="courses.CoursePage", label=_("Page de cours")),
        label=_("Cours"),
        default=[],
        help_text=_("Laissez vide pour montrer tous les cours offerts."),
    )
    actions = _actions(max_num=1, help_text=_("Vers la liste, quand tous n’y sont pas."))

    class Meta:
        label = _("Vitrine de cours")
        icon = "clipboard-list"
        group = CATALOGUE
        description = _(
            "Les cartes des cours choisis : prix, tuteurs et prochaine heure libre, tenus à jour."
        )
        template = "home/blocks/course_showcase.html"
        preview_value = samples.COURSES


class TutorShowcaseBlock(ShowcaseBlock):
    pages = blocks.ListBlock(
        blocks.PageChooserBlock(page_type="courses.TutorPage", label=_("Page de tuteur")),
        label=_("Tuteurs"),
        default=[],
        help_text=_("Laissez vide pour montrer tous les tuteurs."),
    )
    actions = _actions(max_num=1, help_text=_("Vers la liste, quand tous n’y sont pas."))

    class Meta:
        label = _("Vitrine de tuteurs")
        icon = "group"
        group = CATALOGUE
        description = _("Les portraits des tuteurs choisis, avec leur prochaine heure libre.")
        template = "home/blocks/tutor_showcase.html"
        preview_value = samples.TUTORS


class SlotPickerBlock(blocks.StructBlock):
    """The hours of a course or a tutor; the app of bookings knows them, through its template tag."""

    heading = _heading(required=False, help_text=_("Sans titre : le nom du cours ou du tuteur."))
    intro = _intro()
    page = blocks.PageChooserBlock(
        page_type=["courses.CoursePage", "courses.TutorPage"],
        label=_("Cours ou tuteur"),
        help_text=_("Sa page, publiée ou non."),
    )

    class Meta:
        label = _("Sélecteur de créneaux")
        icon = "calendar-alt"
        group = CATALOGUE
        description = _("Les heures libres d’un cours ou d’un tuteur : on réserve ici même.")
        template = "home/blocks/slot_picker.html"
        preview_value = staticmethod(samples.slot_picker)


BODY_BLOCKS = [
    (
        "rich_text",
        blocks.RichTextBlock(
            label=_("Texte"),
            icon="pilcrow",
            group=TEXT,
            description=_("Des paragraphes, des intertitres, des listes et des liens."),
            features=PROSE,
            template="home/blocks/rich_text.html",
            preview_value=samples.RICH_TEXT,
        ),
    ),
    ("cards", CardsBlock()),
    ("figure", FigureBlock()),
    ("image_and_text", ImageAndTextBlock()),
    ("video", VideoBlock()),
    ("testimonials", TestimonialsBlock()),
    ("numbers", NumbersBlock()),
    ("questions", QuestionsBlock()),
    ("subjects", SubjectsBlock()),
    ("course_showcase", CourseShowcaseBlock()),
    ("tutor_showcase", TutorShowcaseBlock()),
    ("slot_picker", SlotPickerBlock()),
    ("call_to_action", CallToActionBlock()),
]
HOME_BLOCKS = [("hero", HeroBlock()), *BODY_BLOCKS]
