"""What can stand between a person and a rating, each with a sentence in French that says what to do next."""

from __future__ import annotations

from django.utils.translation import gettext as _


class RatingError(Exception):
    """`message` is for the person in front of the page."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NothingToRate(RatingError):
    """No lesson of this tutor in this course was given to the student."""

    def __init__(self) -> None:
        super().__init__(_("Vous pourrez donner votre avis une fois un premier cours donné."))


class RatingChanged(RatingError):
    """The rating was changed since the page was shown: in another window, or on another device."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Cette évaluation a changé depuis que cette page est ouverte. Ce que vous venez d’écrire est "
                "encore ici : enregistrez de nouveau pour le garder."
            )
        )


class ReasonMissing(RatingError):
    def __init__(self) -> None:
        super().__init__(_("Dites pourquoi : c’est gardé dans l’historique."))


class AlreadyHidden(RatingError):
    def __init__(self) -> None:
        super().__init__(_("Cette évaluation est déjà masquée."))


class NotHidden(RatingError):
    def __init__(self) -> None:
        super().__init__(_("Cette évaluation n’est pas masquée."))
