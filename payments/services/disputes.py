"""Payments that their cardholders contest: an admin must answer the bank in time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.money import from_cents
from home.formats import long_date, money
from payments.gateway import Dispute, DisputeStatus, gateway
from payments.models import Checkout, Order, Review
from payments.services.reviews import close_reviews, open_review

ENDINGS = {
    DisputeStatus.WON: gettext_lazy("Contestation gagnée."),
    DisputeStatus.LOST: gettext_lazy("Contestation perdue : la banque a repris l’argent."),
    DisputeStatus.PREVENTED: gettext_lazy("Contestation évitée."),
    DisputeStatus.WARNING_CLOSED: gettext_lazy("La banque a clos sa demande de renseignements."),
}
REASONS = {
    "bank_cannot_process": gettext_lazy("la banque n’a pas pu la traiter"),
    "credit_not_processed": gettext_lazy("remboursement attendu"),
    "duplicate": gettext_lazy("payée deux fois"),
    "fraudulent": gettext_lazy("fraude"),
    "product_not_received": gettext_lazy("cours non reçu"),
    "product_unacceptable": gettext_lazy("cours insatisfaisant"),
    "subscription_canceled": gettext_lazy("abonnement annulé"),
    "unrecognized": gettext_lazy("paiement non reconnu"),
}


def take_in_dispute(*, dispute_id: str, now: datetime) -> Review | None:
    """Show a dispute to the admins as it is at Stripe, until it ended well or a person has seen to it; None
    when it is about a payment that is none of ours. Raises GatewayUnavailable, GatewayRefused.
    """
    dispute = gateway().retrieve_dispute(dispute_id=dispute_id)
    checkout = Checkout.objects.filter(intent_id=dispute.intent_id).first() if dispute.intent_id else None
    if checkout is None:
        return None
    with transaction.atomic():
        # Two events of one dispute, handled at once, may have read it in either order: one after the other.
        Checkout.objects.select_for_update(no_key=True).only("pk").get(pk=checkout.pk)
        return _show(dispute=dispute, checkout=checkout, now=now)


def _show(*, dispute: Dispute, checkout: Checkout, now: datetime) -> Review:
    """One review for each dispute, and another where it was lost after a person had put it aside."""
    said = _words(dispute)
    lost = dispute.status == DisputeStatus.LOST
    past = Review.objects.filter(kind=Review.Kind.DISPUTE, subject=dispute.id, resolved_at__isnull=False)
    seen = (past.filter(detail=said) if lost else past).order_by("opened_at").last()
    if seen:
        return seen
    review = open_review(
        kind=Review.Kind.DISPUTE,
        subject=dispute.id,
        detail=said,
        checkout=checkout,
        order=Order.objects.filter(checkout=checkout).first(),
        now=now,
    )
    if lost or str(ENDINGS[DisputeStatus.LOST]) not in review.detail:  # nothing comes after that
        review.detail = said
        review.save(update_fields=["detail"])
    if dispute.status in ENDINGS and not lost:
        resolution = str(ENDINGS[dispute.status])
        close_reviews(kind=Review.Kind.DISPUTE, subject=dispute.id, resolution=resolution, now=now)
    return review


def _words(dispute: Dispute) -> str:
    amount = money(from_cents(dispute.amount))
    reason = REASONS.get(dispute.reason, dispute.reason)
    said = _("%(amount)s contestés à la banque : %(reason)s.") % {"amount": amount, "reason": reason}
    if dispute.status in ENDINGS:
        said += f" {ENDINGS[dispute.status]}"
    elif dispute.due_by:
        said += " " + _("Réponse attendue dans Stripe avant le %(date)s.") % {
            "date": long_date(dispute.due_by)
        }
    return said
