"""The StreamField blocks that pages are made of: few, each with one job."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageBlock

PROSE = ["h2", "h3", "bold", "italic", "link", "document-link", "ol", "ul", "hr"]
SENTENCES = ["bold", "italic", "link", "ol", "ul"]


class FigureBlock(blocks.StructBlock):
    image = ImageBlock(label=_("Image"))
    caption = blocks.CharBlock(label=_("Légende"), required=False)

    class Meta:
        label = _("Image")
        icon = "image"
        template = "home/blocks/figure.html"


class CardsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Titre"), required=False)
    intro = blocks.TextBlock(label=_("Introduction"), required=False, rows=2)
    items = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("title", blocks.CharBlock(label=_("Titre"))),
                ("text", blocks.RichTextBlock(label=_("Texte"), features=SENTENCES)),
            ],
            label=_("Carte"),
        ),
        label=_("Cartes"),
        min_num=1,
    )
    numbered = blocks.BooleanBlock(
        label=_("Étapes numérotées"),
        required=False,
        help_text=_("Cochez si l'ordre compte : les cartes sont alors numérotées."),
    )

    class Meta:
        label = _("Cartes ou étapes")
        icon = "list-ol"
        template = "home/blocks/cards.html"


class TestimonialsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Titre"), required=False)
    items = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("quote", blocks.TextBlock(label=_("Citation"), rows=3)),
                ("author", blocks.CharBlock(label=_("Personne"))),
                ("detail", blocks.CharBlock(label=_("Précision"), required=False)),
            ],
            label=_("Témoignage"),
        ),
        label=_("Témoignages"),
        min_num=1,
    )

    class Meta:
        label = _("Témoignages")
        icon = "openquote"
        template = "home/blocks/testimonials.html"


class QuestionsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Titre"), required=False)
    items = blocks.ListBlock(
        blocks.StructBlock(
            [
                ("question", blocks.CharBlock(label=_("Question"))),
                ("answer", blocks.RichTextBlock(label=_("Réponse"), features=SENTENCES)),
            ],
            label=_("Question"),
        ),
        label=_("Questions"),
        min_num=1,
    )

    class Meta:
        label = _("Questions fréquentes")
        icon = "help"
        template = "home/blocks/questions.html"


class CallToActionBlock(blocks.StructBlock):
    heading = blocks.CharBlock(label=_("Titre"))
    text = blocks.TextBlock(label=_("Texte"), required=False, rows=2)
    label = blocks.CharBlock(label=_("Texte du bouton"))
    page = blocks.PageChooserBlock(label=_("Page"))

    class Meta:
        label = _("Appel à l'action")
        icon = "arrow-right"
        template = "home/blocks/call_to_action.html"


class ShowcaseBlock(blocks.StructBlock):
    """A row of course or tutor cards; the app of the catalogue draws them, through its template tag."""

    heading = blocks.CharBlock(label=_("Titre"))
    intro = blocks.TextBlock(label=_("Introduction"), required=False, rows=2)

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

    class Meta:
        label = _("Vitrine de cours")
        icon = "clipboard-list"
        template = "home/blocks/course_showcase.html"


class TutorShowcaseBlock(ShowcaseBlock):
    pages = blocks.ListBlock(
        blocks.PageChooserBlock(page_type="courses.TutorPage", label=_("Page de tuteur")),
        label=_("Tuteurs"),
        default=[],
        help_text=_("Laissez vide pour montrer tous les tuteurs."),
    )

    class Meta:
        label = _("Vitrine de tuteurs")
        icon = "group"
        template = "home/blocks/tutor_showcase.html"


_PROSE_BLOCKS = [
    (
        "rich_text",
        blocks.RichTextBlock(
            label=_("Texte"), icon="pilcrow", features=PROSE, template="home/blocks/rich_text.html"
        ),
    ),
    ("figure", FigureBlock()),
    ("cards", CardsBlock()),
    ("questions", QuestionsBlock()),
    ("testimonials", TestimonialsBlock()),
    ("call_to_action", CallToActionBlock()),
]

BODY_BLOCKS = _PROSE_BLOCKS
HOME_BLOCKS = [
    *_PROSE_BLOCKS,
    ("course_showcase", CourseShowcaseBlock()),
    ("tutor_showcase", TutorShowcaseBlock()),
]
