"""What each block is filled with where an editor sees it before choosing it."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from wagtail.images import get_image_model
from wagtail.models import Page

NBSP = "\xa0"

RICH_TEXT = (
    "<h2>Avant la première rencontre</h2><p>Rassemblez le cahier, le dernier examen et le devoir de demain. "
    "Le tuteur part de là : <b>ce qui bloque d’abord</b>, la théorie ensuite.</p>"
    "<ul><li>une connexion stable;</li><li>un endroit calme;</li><li>de quoi écrire.</li></ul>"
).replace(" :", f"{NBSP}:")

HERO: dict[str, Any] = {
    "heading": "Comprendre, une heure à la fois",
    "text": "Du tutorat individuel en ligne, avec des gens qui prennent le temps d’expliquer.",
    "image": None,
    "actions": [],
}
CARDS = {
    "heading": "Comment ça marche",
    "intro": "De la question à la première rencontre, il faut cinq minutes.",
    "numbered": True,
    "items": [
        {"title": "Choisissez un moment", "text": "<p>Les heures vraiment libres, semaine par semaine.</p>"},
        {"title": "Réservez en ligne", "text": "<p>L’heure est retenue le temps de payer.</p>"},
        {"title": "Rencontrez-vous", "text": "<p>Le lien vous attend dans votre tableau de bord.</p>"},
    ],
}
TESTIMONIALS = {
    "heading": "Ce qu’on nous en dit",
    "items": [
        {
            "quote": "En quatre rencontres, elle a recommencé à poser des questions en classe.",
            "author": "Isabelle R.",
            "detail": "mère d’une élève de 3e secondaire",
        },
        {
            "quote": "J’ai fini l’intra vingt minutes d’avance, et j’ai relu.",
            "author": "Thomas B.",
            "detail": "cégépien",
        },
    ],
}
NUMBERS = {
    "heading": "",
    "items": [
        {"number": f"4{NBSP}800", "text": "heures données depuis l’ouverture"},
        {"number": f"96{NBSP}%", "text": "des élèves reviennent"},
        {"number": f"2{NBSP}h", "text": "avant la rencontre, on peut encore annuler"},
    ],
}
QUESTIONS = {
    "heading": "Questions fréquentes",
    "items": [
        {
            "question": "Faut-il créer un compte avant de réserver?",
            "answer": "<p>Non. Le compte se crée avec la première réservation.</p>",
        },
        {
            "question": "Que se passe-t-il si je dois annuler?",
            "answer": "<p>Jusqu’à deux heures avant, la somme payée devient un crédit.</p>",
        },
    ],
}
VIDEO = {
    "url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
    "title": "Une première rencontre, de la question à la réponse",
    "image": None,
    "caption": "Trois minutes pour voir comment ça se passe.",
}
SUBJECTS = {"heading": "Par où commencer?", "intro": "Choisissez une matière, puis un moment."}
COURSES = {"heading": "Les cours", "intro": "Le tarif ne change pas en chemin.", "pages": []}
TUTORS = {"heading": "Celles et ceux qui expliquent", "intro": "", "pages": []}


def _image() -> Any:
    """The latest image of the library, as a block would hold it."""
    image = get_image_model().objects.order_by("-pk").first()
    if image is not None:
        image.decorative, image.contextual_alt_text = False, image.description
    return image


def figure() -> dict[str, Any]:
    return {"image": _image(), "caption": "Une légende dit ce que l’image ne dit pas d’elle-même."}


def image_and_text() -> dict[str, Any]:
    return {
        "image": _image(),
        "heading": "On reprend là où ça accroche",
        "text": "<p>Chaque rencontre part du travail réel de l’élève, et se termine par ce qu’il reste à "
        "pratiquer seul.</p>",
        "actions": [],
        "side": "start",
    }


def call_to_action() -> dict[str, Any]:
    return {
        "heading": "La prochaine heure libre vous attend",
        "text": "Regardez les disponibilités de cette semaine, cela n’engage à rien.",
        "label": "Choisir un cours",
        "page": Page.objects.filter(depth=2).first(),
    }


def slot_picker() -> dict[str, Any]:
    pages = apps.get_model("courses.CoursePage").objects.live().filter(course__active=True)
    return {"heading": "", "intro": "", "page": pages.order_by("path").first()}
