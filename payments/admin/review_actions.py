"""What may be done about each kind of case, in the admins' words, and which service does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.models import Review
from payments.services import resolutions

Kind = Review.Kind


@dataclass(frozen=True)
class Action:
    """`consequence` is what is read before it is confirmed; `note` asks for a sentence, and says which."""

    name: str
    label: str | Promise
    consequence: str | Promise
    run: Callable[..., str]
    note: str | Promise = ""


BOOK = Action(
    "reserver",
    _("Réserver quand même"),
    _(
        "La commande est créée comme si rien n’avait été de travers. Cela ne se fait que si le montant "
        "reçu est celui du panier, au cent près."
    ),
    resolutions.book_anyway,
)
REFUND_ALL = Action(
    "rembourser",
    _("Tout rembourser"),
    _(
        "Tout ce que la carte a payé y retourne, les plages sont libérées, et la personne qui a payé "
        "reçoit un courriel."
    ),
    resolutions.refund_everything,
)
BY_HAND = Action(
    "classer",
    _("Marquer comme réglé"),
    _(
        "Le dossier quitte la liste, les plages encore retenues pour lui sont libérées. "
        "Aucun argent ne bouge."
    ),
    resolutions.settle_by_hand,
    note=_("Ce qui a été fait"),
)
ASK = Action(
    "demander",
    _("Demander à Stripe"),
    _("Stripe est interrogé maintenant; ce qui y a bougé est pris en compte."),
    resolutions.ask_stripe,
)
CANCEL = Action(
    "annuler",
    _("Annuler chez Stripe"),
    _(
        "Le paiement est annulé chez Stripe, puis les plages sont libérées. "
        "S’il se trouve payé, il est réservé."
    ),
    resolutions.cancel_at_stripe,
)
FREE = Action(
    "liberer",
    _("Libérer les plages"),
    _(
        "Stripe est interrogé une dernière fois. S’il ne connaît toujours pas ce paiement, celui-ci est "
        "annulé ici, ses plages sont libérées et la personne qui payait reçoit un courriel; s’il le connaît, "
        "rien n’est libéré qui puisse encore être payé. Vérifiez d’abord, dans le compte Stripe des clés "
        "précédentes, que ce paiement n’y est ni payé ni en cours."
    ),
    resolutions.free_unknown,
    note=_("Où vous avez vérifié que rien n’est payé"),
)
AGAIN = Action(
    "refaire",
    _("Rembourser de nouveau"),
    _("Un nouveau remboursement du même montant est demandé pour la même carte."),
    resolutions.refund_again,
)
CREDIT = Action(
    "crediter",
    _("Donner en crédits"),
    _("Le montant qui n’est pas retourné sur la carte est donné en crédits, tout de suite."),
    resolutions.give_as_credit,
)
HANDLE = Action(
    "reprendre",
    _("Traiter de nouveau"),
    _("L’événement est traité maintenant. S’il échoue encore, l’erreur s’affiche."),
    resolutions.handle_again,
)

ACTIONS: dict[str, tuple[Action, ...]] = {
    Kind.MISMATCH: (BOOK, REFUND_ALL, BY_HAND),
    Kind.STUCK_PAYMENT: (ASK, CANCEL),
    Kind.UNKNOWN_PAYMENT: (ASK, FREE),
    Kind.REFUND_FAILED: (AGAIN, CREDIT, BY_HAND),
    Kind.OVER_REFUNDED: (BY_HAND,),
    Kind.STUCK_REFUND: (ASK,),
    Kind.DISPUTE: (BY_HAND,),
    Kind.EVENT_FAILED: (HANDLE,),
}


def actions_of(review: Review) -> tuple[Action, ...]:
    """None for what is resolved. Money that is not its checkout's own can't be booked."""
    if review.resolved_at:
        return ()
    actions = ACTIONS[review.kind]
    return (
        tuple(each for each in actions if each is not BOOK) if resolutions.stray_intent(review) else actions
    )
