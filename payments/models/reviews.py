"""What no rule can resolve and a person must: the list "À traiter"."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ReviewQuerySet(models.QuerySet["Review"]):
    def open(self) -> ReviewQuerySet:
        return self.filter(resolved_at=None)


ReviewManager = models.Manager.from_queryset(ReviewQuerySet)


class Review(models.Model):
    """One thing that waits for an admin: what it is about, since when, and how it ended."""

    class Kind(models.TextChoices):
        MISMATCH = "mismatch", _("Paiement qui ne correspond pas")
        STUCK_PAYMENT = "stuck", _("Paiement sans réponse")
        UNKNOWN_PAYMENT = "unknown", _("Paiement inconnu de Stripe")
        REFUND_FAILED = "refund_failed", _("Remboursement échoué")
        OVER_REFUNDED = "over_refunded", _("Remboursé de trop")
        STUCK_REFUND = "stuck_refund", _("Remboursement sans réponse")
        DISPUTE = "dispute", _("Paiement contesté")
        EVENT_FAILED = "event_failed", _("Événement Stripe non traité")

    UNANSWERED = frozenset({Kind.STUCK_PAYMENT, Kind.UNKNOWN_PAYMENT})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("genre"), max_length=13, choices=Kind.choices)
    # The object at Stripe, or our row, that it is about: one open review for each.
    subject = models.CharField(_("objet"), max_length=100)
    detail = models.TextField(_("détail"), blank=True)
    checkout = models.ForeignKey(
        "payments.Checkout", on_delete=models.PROTECT, null=True, related_name="reviews"
    )
    order = models.ForeignKey("payments.Order", on_delete=models.PROTECT, null=True, related_name="reviews")
    refund = models.ForeignKey("payments.Refund", on_delete=models.PROTECT, null=True, related_name="reviews")
    event = models.ForeignKey(
        "payments.StripeEvent", on_delete=models.PROTECT, null=True, related_name="reviews"
    )
    opened_at = models.DateTimeField(_("depuis"))
    resolved_at = models.DateTimeField(_("réglé le"), null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("par")
    )
    resolution = models.CharField(_("issue"), max_length=500, blank=True)

    objects: ClassVar[ReviewManager] = ReviewManager()

    class Meta:
        verbose_name = _("dossier à traiter")
        verbose_name_plural = _("dossiers à traiter")
        ordering = ["opened_at"]
        permissions = [("resolve_review", _("Peut régler un dossier"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(resolved_at=None), name="review_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
