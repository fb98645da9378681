"""What can stand between "Payer" and a lesson. Each says in French what the student can do next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.utils.translation import gettext as _

from home.formats import long_date, money
from payments.models import Checkout, Coupon, Review

if TYPE_CHECKING:
    from payments.services.shown import Change


class PaymentError(Exception):
    """Base of everything that a checkout page explains instead of failing."""

    message = ""

    def __str__(self) -> str:
        return self.message


class NothingToPay(PaymentError):
    @property
    def message(self) -> str:  # type: ignore[override]
        return _("Votre panier est vide.")


class CartChanged(PaymentError):
    """The cart is not, or no longer costs, what the page showed; nothing was charged or kept."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes = list(changes)

    @property
    def message(self) -> str:  # type: ignore[override]
        said = "; ".join(
            f"{change.what} : {change.before} → {change.after}"
            if change.before
            else f"{change.what} : {change.after}"
            for change in self.changes
        )
        return _("Votre panier a changé. %(changes)s") % {"changes": said}


class PaymentInProgress(PaymentError):
    """Another request (a double click, a second tab) is paying for this very cart."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.message = _("Votre paiement est déjà en cours.")


class PaymentDeclined(PaymentError):
    """The bank said no; the slots stay reserved until the checkout's deadline."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.message = decline_message(checkout.decline_code)


class PaymentUnavailable(PaymentError):
    """Stripe could not be reached before any money could move."""

    @property
    def message(self) -> str:  # type: ignore[override]
        return _(
            "Le service de paiement ne répond pas pour le moment. "
            "Rien n’a été débité : réessayez dans un instant."
        )


class CardGone(PaymentError):
    """A kept card that Stripe has forgotten; nothing was charged."""

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("Cette carte n’est plus gardée. Choisissez-en une autre; rien n’a été débité.")


class TriedBefore(PaymentError):
    """An earlier try can't go on as it is asked now, and was given up; nothing was charged."""

    @property
    def message(self) -> str:  # type: ignore[override]
        return _(
            "Votre essai précédent attendait encore la banque; il est annulé, rien n’a été débité. "
            "Appuyez de nouveau sur Payer."
        )


class NotEnoughCredits(PaymentError):
    """A ledger would go below 0; nothing was written. `balance` is what it holds."""

    def __init__(self, balance: Decimal) -> None:
        self.balance = balance
        self.message = _("Le solde de crédits est de %(balance)s : cela ne suffit pas.") % {
            "balance": money(balance)
        }


class CouponRefused(PaymentError):
    """Why a code takes nothing off."""

    def __init__(self, message: str) -> None:
        self.message = message

    @classmethod
    def unknown(cls) -> Self:
        return cls(_("Ce code n’existe pas. Vérifiez comment il s’écrit."))

    @classmethod
    def not_before(cls, coupon: Coupon, starts_at: datetime) -> Self:
        return cls(
            _("Le code %(code)s vaut à partir du %(date)s.")
            % {"code": coupon.code, "date": long_date(starts_at)}
        )

    @classmethod
    def ended(cls, coupon: Coupon) -> Self:
        return cls(_("Le code %(code)s n’est plus valide.") % {"code": coupon.code})

    @classmethod
    def used_up(cls, coupon: Coupon) -> Self:
        return cls(_("Le code %(code)s a déjà servi autant de fois que prévu.") % {"code": coupon.code})


class CartBeingPaid(PaymentError):
    """What is being paid stays as it is until the payment came to something or nothing."""

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("Un paiement est commencé pour ce panier. Annulez-le d’abord pour changer de code promo.")


class RefundTooMuch(PaymentError):
    """More was asked back than is left of what was paid; nothing was written."""

    def __init__(self, left: Decimal) -> None:
        self.left = left
        self.message = _("Il reste %(left)s à rembourser.") % {"left": money(left)}


class NothingToRefund(PaymentError):
    @property
    def message(self) -> str:  # type: ignore[override]
        return _("Il ne reste rien à rembourser.")


class RefundChanged(PaymentError):
    """What was previewed is no longer what would happen; nothing was done."""

    @property
    def message(self) -> str:  # type: ignore[override]
        return _(
            "La commande a changé depuis cet aperçu : rien n’a été remboursé. "
            "Vérifiez ce qui se passerait maintenant, puis confirmez de nouveau."
        )


class ReviewClosed(PaymentError):
    """Somebody else, or the course of events, has resolved it meanwhile; nothing was done."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.message = _("Ce dossier est déjà réglé : %(resolution)s") % {"resolution": review.resolution}


class StillOpen(PaymentError):
    """It was tried, and the review waits on; `said` is what came of it."""

    def __init__(self, said: str) -> None:
        self.said = said
        self.message = _("Toujours en attente : %(said)s") % {"said": said}


class MoneyDiffers(PaymentError):
    """What Stripe holds is not, to the cent, what the checkout costs; nothing was booked."""

    @property
    def message(self) -> str:  # type: ignore[override]
        return _(
            "Le montant reçu n’est pas celui du panier, au cent près : remboursez ce paiement, "
            "ou réglez-le autrement."
        )


class NoteMissing(PaymentError):
    """What a person did must be said."""

    @property
    def message(self) -> str:  # type: ignore[override]
        return _("Dites en quelques mots ce qui a été fait.")


class RefundNotTaken(PaymentError):
    """Stripe took the refund, and the bank did not; the money is where it was."""

    def __init__(self, failure: str) -> None:
        self.failure = failure
        self.message = _("La banque n’a pas pris le remboursement (%(failure)s).") % {"failure": failure}


def decline_message(code: str) -> str:
    """Why a card was refused and what to do, by Stripe's `decline_code`, else its `code`."""
    messages = {
        "insufficient_funds": _(
            "Les fonds disponibles sur cette carte sont insuffisants. Essayez une autre carte."
        ),
        "expired_card": _("Cette carte est expirée. Essayez une autre carte."),
        "incorrect_cvc": _("Le code de sécurité est inexact. Vérifiez-le et réessayez."),
        "incorrect_number": _("Le numéro de carte est inexact. Vérifiez-le et réessayez."),
        "processing_error": _("La banque n’a pas pu traiter la demande. Réessayez dans un instant."),
        "payment_intent_authentication_failure": _(
            "Votre banque n’a pas pu vous authentifier. Réessayez, ou prenez une autre carte."
        ),
        "lost_card": _("Votre banque a refusé cette carte. Essayez-en une autre."),
        "stolen_card": _("Votre banque a refusé cette carte. Essayez-en une autre."),
    }
    return messages.get(
        code,
        _("Votre banque a refusé le paiement. Essayez une autre carte ou communiquez avec votre banque."),
    )
