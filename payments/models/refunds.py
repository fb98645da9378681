"""What was given back for an order, and for which of its lessons."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.changes import MAX_REASON
from home.formats import money
from payments.models.orders import Order, OrderLine


class Refund(models.Model):
    """Money on its way back. Written before Stripe is asked, so that asking twice is one refund.

    `amount_cad` goes to the card; what was paid by credits goes back as credits, in the same transaction.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("En cours")
        SUCCEEDED = "succeeded", _("Effectué")
        FAILED = "failed", _("Échoué")

    class Source(models.TextChoices):
        SLOT_TAKEN = "slot_taken", _("Plage déjà prise")
        ADMIN = "admin", _("Direction")
        STRIPE = "stripe", _("Tableau de bord de Stripe")

    RETURNED = frozenset({Status.PENDING, Status.SUCCEEDED})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("commande")
    )
    amount_cad = models.DecimalField(_("sur la carte"), max_digits=9, decimal_places=2)
    credits_cad = models.DecimalField(_("en crédits"), max_digits=9, decimal_places=2, default=0)
    # Of `amount_cad`, what went back at Stripe beyond all that was left of the order: for no lesson.
    excess_cad = models.DecimalField(_("de trop"), max_digits=9, decimal_places=2, default=0)
    reason = models.CharField(_("motif"), max_length=MAX_REASON)
    source = models.CharField(_("origine"), max_length=10, choices=Source.choices)
    status = models.CharField(_("état"), max_length=10, choices=Status.choices, default=Status.PENDING)
    processed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("par")
    )
    # The form that asked for it: sent twice, it is still one refund.
    token = models.UUIDField(null=True, unique=True, editable=False)
    stripe_refund_id = models.CharField(_("remboursement Stripe"), max_length=100, blank=True)
    last_error = models.TextField(_("dernière erreur"), blank=True)
    created_at = models.DateTimeField(_("date"), auto_now_add=True)

    class Meta:
        verbose_name = _("remboursement")
        verbose_name_plural = _("remboursements")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_cad__gte=0, credits_cad__gte=0)
                & (Q(amount_cad__gt=0) | Q(credits_cad__gt=0)),
                name="refund_amount_positive",
            ),
            models.CheckConstraint(
                condition=Q(excess_cad__gte=0, excess_cad__lte=F("amount_cad")), name="refund_excess_within"
            ),
            models.UniqueConstraint(
                fields=["stripe_refund_id"], condition=~Q(stripe_refund_id=""), name="refund_once_from_stripe"
            ),
        ]

    def __str__(self) -> str:
        return f"{money(self.total_cad)} – {self.order}"

    @property
    def total_cad(self) -> Decimal:
        return self.amount_cad + self.credits_cad

    @property
    def failure(self) -> str:
        """Why it failed, in words; `last_error` is Stripe's word, or a sentence of its own."""
        reasons = {
            "expired_or_canceled_card": gettext("la carte est expirée ou annulée."),
            "lost_or_stolen_card": gettext("la carte a été déclarée perdue ou volée."),
            "declined": gettext("la banque l’a refusé."),
            "insufficient_funds": gettext("le compte Stripe n’a pas les fonds."),
            "charge_for_pending_refund_disputed": gettext("le paiement est contesté."),
            "merchant_request": gettext("il a été annulé dans Stripe."),
            "canceled": gettext("il a été annulé dans Stripe."),
            "failed": gettext("la banque n’a pas dit pourquoi."),
            "unknown": gettext("la banque n’a pas dit pourquoi."),
        }
        return reasons.get(self.last_error, self.last_error)


class RefundShare(models.Model):
    """How much of a refund is for one lesson."""

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="shares")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="refund_shares")
    card_cad = models.DecimalField(_("sur la carte"), max_digits=8, decimal_places=2, default=0)
    credits_cad = models.DecimalField(_("en crédits"), max_digits=8, decimal_places=2, default=0)

    class Meta:
        verbose_name = _("part d’un remboursement")
        verbose_name_plural = _("parts d’un remboursement")
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="refund_share_once"),
            models.CheckConstraint(
                condition=Q(card_cad__gte=0, credits_cad__gte=0), name="refund_share_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_cad} + {self.credits_cad}"

    @property
    def total_cad(self) -> Decimal:
        return self.card_cad + self.credits_cad
