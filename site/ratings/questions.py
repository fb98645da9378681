"""The four things that students are asked, and what their answers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

from courses.scores import BEST, WORST

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_COMMENT = 2000


class Question(NamedTuple):
    field: str
    name: StrOrPromise
    asks: StrOrPromise


QUESTIONS = (
    Question("q1_courtoisie", _("Courtoisie"), _("À l’heure, à l’écoute, agréable.")),
    Question("q2_maitrise", _("Maîtrise"), _("Connaît la matière et répond aux questions.")),
    Question("q3_pedagogie", _("Pédagogie"), _("Explique clairement, à votre rythme.")),
    Question("q4_dynamisme", _("Dynamisme"), _("Donne de l’élan et l’envie d’essayer.")),
)
FIELDS = tuple(question.field for question in QUESTIONS)

MEANINGS = dict(
    zip(
        range(WORST, BEST + 1),
        (_("à revoir"), _("passable"), _("bien"), _("très bien"), _("excellent")),
        strict=True,
    )
)
