"""Orders: what was sold, with both rates as they were on that day."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from payments.models.lines import FrozenLine


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> OrderQuerySet:
        """Students see their own, admins all, tutors and editors none."""
        if user.role == Role.ADMIN:
            return self.all()
        return self.filter(user=user)


class Order(models.Model):
    class Status(models.TextChoices):
        CREATED = "created", _("Créée")
        PAID = "paid", _("Payée")
        FAILED = "failed", _("Échouée")
        REFUNDED = "refunded", _("Remboursée")
        PARTIALLY_REFUNDED = "partially_refunded", _("Remboursée en partie")

    REALLY_PAID = frozenset({Status.PAID, Status.PARTIALLY_REFUNDED, Status.REFUNDED})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("numéro"), max_length=20, unique=True)
    status = models.CharField(_("état"), max_length=20, choices=Status.choices, default=Status.CREATED)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders", verbose_name=_("élève")
    )
    checkout = models.OneToOneField(
        "payments.Checkout",
        on_delete=models.PROTECT,
        null=True,
        related_name="order",
        verbose_name=_("paiement"),
    )
    currency = models.CharField(_("devise"), max_length=3, default="cad")
    subtotal_cad = models.DecimalField(_("sous-total"), max_digits=9, decimal_places=2)
    discount_cad = models.DecimalField(_("rabais"), max_digits=9, decimal_places=2, default=0)
    credits_cad = models.DecimalField(_("crédits"), max_digits=9, decimal_places=2, default=0)
    total_cad = models.DecimalField(_("total"), max_digits=9, decimal_places=2)
    coupon_code = models.CharField(_("code promo"), max_length=40, blank=True)
    intent_id = models.CharField(_("paiement Stripe"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("date"), auto_now_add=True)

    objects: ClassVar[models.Manager[Order]] = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("commande")
        verbose_name_plural = _("commandes")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user", "-created_at"], name="order_by_user")]
        constraints = [models.CheckConstraint(condition=Q(total_cad__gte=0), name="order_total_not_negative")]

    def __str__(self) -> str:
        return self.number


class OrderLine(FrozenLine):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    appointment = models.OneToOneField(
        "booking.Appointment", on_delete=models.PROTECT, null=True, related_name="order_line"
    )

    class Meta(FrozenLine.Meta):
        verbose_name = _("ligne de commande")
        verbose_name_plural = _("lignes de commande")


class Refund(models.Model):
    """Money on its way back. Written before Stripe is asked, so that asking twice is one refund."""

    class Status(models.TextChoices):
        PENDING = "pending", _("En cours")
        SUCCEEDED = "succeeded", _("Effectué")
        FAILED = "failed", _("Échoué")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, null=True, related_name="refund")
    amount_cad = models.DecimalField(_("montant"), max_digits=9, decimal_places=2)
    reason = models.CharField(_("motif"), max_length=200)
    status = models.CharField(_("état"), max_length=10, choices=Status.choices, default=Status.PENDING)
    stripe_refund_id = models.CharField(_("remboursement Stripe"), max_length=100, blank=True)
    last_error = models.TextField(_("dernière erreur"), blank=True)
    created_at = models.DateTimeField(_("date"), auto_now_add=True)

    class Meta:
        verbose_name = _("remboursement")
        verbose_name_plural = _("remboursements")
        constraints = [models.CheckConstraint(condition=Q(amount_cad__gt=0), name="refund_amount_positive")]

    def __str__(self) -> str:
        return f"{self.amount_cad} {self.order}"
