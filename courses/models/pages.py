"""The pages that present the catalogue: each points to a Course or a Tutor; prices are never theirs.

A page whose course or tutor is no longer active stays where it is and says so. A page that is being
written has none yet, so that everything here works without.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, TitleFieldPanel
from wagtail.models import Page
from wagtail.search import index

from courses import showcase
from courses.listing import CourseListing, TutorListing
from courses.models.catalogue import Course, Tutor
from courses.models.lists import ListPage
from courses.pictures import (
    ILLUSTRATION,
    PORTRAIT,
    PORTRAIT_LARGE,
    PORTRAIT_SHARED,
    SHARED,
    Wanted,
    pictures,
)
from home.blocks import BODY_BLOCKS
from home.fields import BlocksField
from home.pictures import wanted_in
from home.promotion import page_tabs
from home.search import folded_text, page_search_fields


class OfferPage(Page):
    """Presents a row of the catalogue, with its picker."""

    body = BlocksField(BODY_BLOCKS, blank=True, verbose_name=_("contenu"))

    subpage_types: list[str] = []
    search_fields = [*page_search_fields("intro", "body"), index.SearchField("folded_title", boost=2)]
    live_query = frozenset({"semaine", "duree", "tuteur", "cours"})
    """What an address asks of the picker, which is made for each request (`home.live`)."""

    class Meta:
        abstract = True


class CoursePage(OfferPage):
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

    parent_page_types = ["courses.CourseIndexPage"]
    content_panels = [
        TitleFieldPanel(
            "title", help_text=_("Le nom du cours, comme les gens le cherchent : 50 caractères au plus.")
        ),
        FieldPanel(
            "course",
            help_text=_(
                "Le prix, les tuteurs et les créneaux en viennent; la direction les tient à jour. "
                "Vous n’avez rien d’autre à faire pour que la page se réserve."
            ),
        ),
        MultiFieldPanel(
            [
                FieldPanel(
                    "intro",
                    help_text=_(
                        "Une ou deux phrases, de 40 à 160 caractères : on les lit sous le titre, dans la "
                        "liste des cours et dans les résultats de recherche."
                    ),
                ),
                FieldPanel(
                    "image",
                    help_text=_(
                        "En largeur (16:9), d’au moins 1200 × 675 pixels, sans texte dedans. Elle est en "
                        "haut de la page, sur la carte du cours et dans les partages."
                    ),
                ),
                FieldPanel(
                    "outcomes",
                    help_text=_("De trois à six lignes, une chose par ligne, quelques mots chacune."),
                ),
            ],
            heading=_("Présentation"),
        ),
        FieldPanel(
            "body",
            help_text=_(
                "Le reste, en blocs : le déroulement d’une séance, pour qui, les questions fréquentes. "
                "Tuteurs et créneaux s’ajoutent tout seuls."
            ),
        ),
    ]
    edit_handler = page_tabs(content_panels, picture="image")
    result_kind = _("Cours")
    sample: Course | None = None
    """In a preview: another course, whose picker shows what will be here."""

    class Meta:
        verbose_name = _("page de cours")
        verbose_name_plural = _("pages de cours")

    def serve_preview(self, request: HttpRequest, mode_name: str) -> Any:
        """While nobody teaches the course, with the picker of another, so that it is seen."""
        if not (self.course_id and Course.objects.taught().filter(pk=self.course_id).exists()):
            self.sample = Course.objects.taught().order_by("pk").first()
        return super().serve_preview(request, mode_name)

    def wanted_pictures(self) -> list[Wanted]:
        own = [(self.image_id, size) for size in (ILLUSTRATION, SHARED)] if self.image_id else []
        return [*own, *wanted_in(self.body)]

    def folded_title(self) -> str:
        return folded_text(self.title, self.course.title if self.course_id else "")

    def folded_text(self) -> str:
        """Also what the catalogue says of the course; `courses.indexing` keeps it true."""
        words = [self.title, self.intro, self.outcomes]
        if self.course_id:
            course = self.course
            teachers = Tutor.objects.teaching(course).values_list("display_name", flat=True)
            words += [course.title, course.description, *course.level_names(), *teachers]
            words += [course.subject.name] if course.subject else []
        return folded_text(*words, body=self.body)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        course = self.course if self.course_id else None
        context["course"] = course
        context["outcomes"] = [line.strip() for line in self.outcomes.splitlines() if line.strip()]
        return context | showcase.course_offer(
            self, CoursePage.objects.all(), TutorPage.objects.all(), request
        )


class CourseIndexPage(ListPage):
    subpage_types = ["courses.CoursePage"]
    page_model = CoursePage
    listing_class = CourseListing
    shown_with = ("course",)
    result_kind = _("Tous les cours")

    class Meta:
        verbose_name = _("liste des cours")
        verbose_name_plural = _("listes des cours")


class TutorPage(OfferPage):
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

    parent_page_types = ["courses.TutorIndexPage"]
    content_panels = [
        TitleFieldPanel("title", help_text=_("Le nom de la personne, comme ses élèves la connaissent.")),
        FieldPanel(
            "tutor",
            help_text=_(
                "Le portrait, la présentation, les cours, les avis et les créneaux en viennent. "
                "Un nouveau portrait se demande à la direction."
            ),
        ),
        FieldPanel(
            "intro",
            help_text=_(
                "Une phrase, de 40 à 160 caractères : on la lit sous le nom, dans la liste des tuteurs et "
                "dans les résultats de recherche."
            ),
        ),
        FieldPanel(
            "body",
            help_text=_(
                "Facultatif : un parcours, une façon d’enseigner. Les créneaux s’ajoutent tout seuls."
            ),
        ),
    ]
    edit_handler = page_tabs(content_panels, picture="tutor.photo")
    result_kind = _("Tuteur")
    sample: Tutor | None = None
    """In a preview: another tutor, whose picker shows what will be here."""

    class Meta:
        verbose_name = _("page de tuteur")
        verbose_name_plural = _("pages de tuteurs")

    def serve_preview(self, request: HttpRequest, mode_name: str) -> Any:
        """While this person teaches nothing, with the picker of another, so that it is seen."""
        if not (self.tutor_id and Tutor.objects.teaching_anything().filter(pk=self.tutor_id).exists()):
            self.sample = Tutor.objects.teaching_anything().order_by("priority", "pk").first()
        return super().serve_preview(request, mode_name)

    def wanted_pictures(self) -> list[Wanted]:
        photo = self.tutor.photo_id
        own = [(photo, size) for size in (PORTRAIT, PORTRAIT_LARGE, PORTRAIT_SHARED)] if photo else []
        return [*own, *wanted_in(self.body)]

    def folded_title(self) -> str:
        return folded_text(self.title, self.tutor.display_name if self.tutor_id else "")

    def folded_text(self) -> str:
        """Also what the catalogue says of the tutor; `courses.indexing` keeps it true."""
        words = [self.title, self.intro]
        if self.tutor_id:
            words += [self.tutor.display_name, self.tutor.bio]
            for course in Course.objects.taught_by(self.tutor).select_related("subject"):
                words += [course.title, course.subject.name if course.subject else ""]
        return folded_text(*words, body=self.body)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        tutor = self.tutor if self.tutor_id else None
        context["tutor"] = tutor
        photo_id = (tutor and tutor.photo_id) or 0
        portrait, shared = (photo_id, PORTRAIT_LARGE), (photo_id, PORTRAIT_SHARED)
        drawn = pictures([portrait, shared] if photo_id else [])
        context |= {"portrait": drawn.get(portrait), "shared_picture": drawn.get(shared)}
        return context | showcase.tutor_offer(tutor, CoursePage.objects.all(), request)


class TutorIndexPage(ListPage):
    subpage_types = ["courses.TutorPage"]
    page_model = TutorPage
    listing_class = TutorListing
    shown_with = ("tutor__user",)
    result_kind = _("Tous les tuteurs")

    class Meta:
        verbose_name = _("liste des tuteurs")
        verbose_name_plural = _("listes des tuteurs")
