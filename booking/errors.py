"""What can stand between a person and a lesson, each with a sentence in French that says what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.rules import Problem
from booking.wording import day_and_clock

if TYPE_CHECKING:
    from booking.models import CartLine


class BookingError(Exception):
    """`message` is for the person in front of the page."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SlotTaken(BookingError):
    """Somebody else was faster."""

    def __init__(self) -> None:
        super().__init__(_("Cette plage vient d’être prise. Choisissez-en une autre."))


class NotBookable(BookingError):
    """The rules refuse the lesson; `problems` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(problem.message for problem in self.problems))


class LinesNotBookable(NotBookable):
    """Lines of the cart that are held, and that the rules refuse by now; nothing was changed. `refused` says
    why for each.
    """

    def __init__(self, refused: Sequence[tuple[CartLine, list[Problem]]]) -> None:
        self.refused = list(refused)
        super().__init__(list(dict.fromkeys(problem for _line, against in refused for problem in against)))


class SlotsRefused(BookingError):
    """Several slots were wanted together, all or none; `refused` names those that stood in the way."""

    def __init__(self, refused: Sequence[tuple[datetime, BookingError]]) -> None:
        self.refused = list(refused)
        super().__init__(
            ngettext(
                "Un des cours choisis n’est plus libre; rien n’a été ajouté au panier.",
                "%(count)s des cours choisis ne sont plus libres; rien n’a été ajouté au panier.",
                len(self.refused),
            )
            % {"count": len(self.refused)}
        )


class TooManyHolds(BookingError):
    """A ceiling of live holds is reached; `limit` is the ceiling."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(
            ngettext(
                "Vous retenez déjà %(limit)s cours, le maximum. Payez-le ou retirez-le d’abord.",
                "Vous retenez déjà %(limit)s cours, le maximum. Payez-les ou retirez-en d’abord.",
                limit,
            )
            % {"limit": limit}
        )


class LineBeingPaid(BookingError):
    """The line's payment is under way: it can be neither removed nor paid a second time."""

    def __init__(self) -> None:
        super().__init__(_("Ce cours est en cours de paiement. Attendez la réponse de la banque."))


class HoldsLost(BookingError):
    """Lines of the cart whose hold is gone; nothing was changed."""

    def __init__(self, lines: Sequence[CartLine]) -> None:
        self.lines = list(lines)
        super().__init__(
            ngettext(
                "Un cours de votre panier n’est plus retenu. Reprenez-le ou retirez-le d’abord.",
                "%(count)s cours de votre panier ne sont plus retenus. Reprenez-les ou retirez-les d’abord.",
                len(self.lines),
            )
            % {"count": len(self.lines)}
        )


class TryAgain(BookingError):
    """The database kept us waiting for longer than three seconds; nothing was changed."""

    def __init__(self) -> None:
        super().__init__(_("Beaucoup de gens réservent en ce moment. Veuillez réessayer."))


class LessonClosed(BookingError):
    """The lesson is no longer in a state in which this can be done to it; `status` is its state."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(
            {
                "scheduled": _("Ce cours est prévu : il n’y a rien à rétablir."),
                "completed": _("Ce cours a déjà été donné."),
                "cancelled": _("Ce cours est déjà annulé."),
                "refunded": _("Ce cours est déjà annulé et remboursé."),
            }[status]
        )


class LessonAhead(BookingError):
    """Nobody can say yet that the lesson was given."""

    def __init__(self) -> None:
        super().__init__(_("Ce cours n’a pas encore commencé."))


class LessonChanged(BookingError):
    """Somebody else changed the lesson since the page was shown."""

    def __init__(self) -> None:
        super().__init__(_("Ce cours a changé depuis que cette page est ouverte. Voici où il en est."))


class TooLate(BookingError):
    """It was possible `until` then."""

    def __init__(self, until: datetime, *, moves: bool) -> None:
        self.until = until
        sentence = (
            _("Ce cours ne peut plus être déplacé en ligne : c’était possible jusqu’au %(until)s.")
            if moves
            else _("Ce cours ne peut plus être annulé en ligne : c’était possible jusqu’au %(until)s.")
        )
        super().__init__(sentence % {"until": day_and_clock(until)})


class ReasonMissing(BookingError):
    """Who decides for somebody else says why."""

    def __init__(self) -> None:
        super().__init__(_("Dites pourquoi : le motif est envoyé à l’autre personne."))


class NotYourLesson(BookingError):
    """Neither the student, nor the tutor, nor the direction."""

    def __init__(self) -> None:
        super().__init__(_("Ce cours n’est pas le vôtre."))
