"""The publishing checklist: what a page still lacks, among Wagtail's content checks beside its preview.

A preview says what is missing in the `data-missing` of its `<main>`; the checker, which looks at the preview
in the editor's browser, has a rule for each. Nothing here keeps a page from being published.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.userbar import ContentCheckerItem
from wagtail.models import Page

from courses.models import Course, CoursePage, Tutor, TutorPage

SHORTEST_INTRO = 40
"""Characters. Less says nothing in a list of results."""


class Advice(NamedTuple):
    name: Promise
    help: Promise


ADVICE: dict[str, Advice] = {
    "image": Advice(
        _("Image manquante"),
        _("Choisissez une image : la carte du cours et les partages la montrent."),
    ),
    "alt": Advice(
        _("Image sans texte de remplacement"),
        _("Décrivez-la dans « Images » : une phrase pour qui ne la voit pas."),
    ),
    "course": Advice(
        _("Aucun cours offert n’est lié"),
        _("Choisissez un cours actif du catalogue : sans lui, ni prix ni créneaux."),
    ),
    "teacher": Advice(
        _("Aucun tuteur pour ce cours"),
        _("Personne ne l’enseigne encore : la page n’aura aucun créneau. Parlez-en à la direction."),
    ),
    "tutor": Advice(
        _("Aucun tuteur actif n’est lié"),
        _("Choisissez un tuteur actif du catalogue : sans lui, ni portrait ni créneaux."),
    ),
    "portrait": Advice(
        _("Portrait manquant"),
        _("La photo vient du catalogue. Demandez-la à la direction."),
    ),
    "teaching": Advice(
        _("Aucun cours pour ce tuteur"),
        _("Cette personne n’enseigne encore rien : la page n’aura aucun créneau. Parlez-en à la direction."),
    ),
    "intro": Advice(
        _("Introduction trop courte"),
        _("Une ou deux phrases, d’au moins 40 caractères : on les lit aussi dans les listes."),
    ),
}


def missing(page: Any) -> list[str]:
    """The keys of ADVICE that a page calls for, in that order; none for pages of other kinds."""
    if isinstance(page, CoursePage):
        found = _missing_of_course(page)
    elif isinstance(page, TutorPage):
        found = _missing_of_tutor(page)
    else:
        return []
    if len(page.intro.strip()) < SHORTEST_INTRO:
        found.add("intro")
    return [key for key in ADVICE if key in found]


def _missing_of_course(page: CoursePage) -> set[str]:
    found = set()
    if page.image is None:
        found.add("image")
    elif not page.image.description.strip():
        found.add("alt")
    if not (page.course_id and page.course.active):
        found.add("course")
    elif not Tutor.objects.teaching(page.course).exists():
        found.add("teacher")
    return found


def _missing_of_tutor(page: TutorPage) -> set[str]:
    if not (page.tutor_id and page.tutor.is_offered):
        return {"tutor"}
    found = set()
    if page.tutor.photo is None:
        found.add("portrait")
    elif not page.tutor.photo.description.strip():
        found.add("alt")
    if not Course.objects.taught_by(page.tutor).exists():
        found.add("teaching")
    return found


def _rule(key: str) -> str:
    return f"checklist-{key}"


class ChecklistItem(ContentCheckerItem):
    """Wagtail's own checks, and one for each thing that can be missing."""

    axe_run_only = [*ContentCheckerItem.axe_run_only, *map(_rule, ADVICE)]
    # Our <main> never has a title attribute, so that a rule always finds what its selector matches.
    axe_custom_rules = [
        *ContentCheckerItem.axe_custom_rules,
        *(
            {
                "id": _rule(key),
                "impact": "moderate",
                "selector": f'main[data-missing~="{key}"]',
                "tags": ["best-practice"],
                "any": ["non-empty-title"],
                "enabled": True,
            }
            for key in ADVICE
        ),
    ]
    axe_messages = ContentCheckerItem.axe_messages | {
        _rule(key): {"error_name": advice.name, "help_text": advice.help} for key, advice in ADVICE.items()
    }


def add_checklist(request: HttpRequest, items: list[Any], page: Page | None) -> None:
    items[:] = [
        ChecklistItem(in_editor=item.in_editor) if isinstance(item, ContentCheckerItem) else item
        for item in items
    ]
