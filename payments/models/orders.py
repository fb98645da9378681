"""Orders: what was sold, with both rates as they were on that day."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
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
        permissions = [("refund_order", _("Peut rembourser une commande"))]
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user", "-created_at"], name="order_by_user")]
        constraints = [models.CheckConstraint(condition=Q(total_cad__gte=0), name="order_total_not_negative")]

    def __str__(self) -> str:
        return self.number

    @property
    def paid_cad(self) -> Decimal:
        """By card and credits together."""
        return self.total_cad + self.credits_cad

    @cached_property
    def booked(self) -> list[bool]:
        """Of each line, whether it became a lesson when it was paid for."""
        return [lesson is not None for lesson in self.lines.values_list("appointment", flat=True)]


class OrderLine(FrozenLine):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")

    class Earnings(models.TextChoices):
        SCHEDULED = "scheduled", _("À venir")
        EARNED = "earned", _("Gagnés")
        PAID = "paid", _("Versés")
        CANCELLED = "cancelled", _("Annulés")

    appointment = models.OneToOneField(
        "booking.Appointment", on_delete=models.PROTECT, null=True, related_name="order_line"
    )
    earnings = models.CharField(
        _("état des honoraires"), max_length=10, choices=Earnings.choices, default=Earnings.SCHEDULED
    )
    # Refunds on their way or through, and credits for the lesson: so the database itself refuses to give more
    # back than was paid.
    returned_cad = models.DecimalField(_("rendu"), max_digits=8, decimal_places=2, default=0)

    class Meta(FrozenLine.Meta):
        verbose_name = _("ligne de commande")
        verbose_name_plural = _("lignes de commande")
        constraints = [
            models.CheckConstraint(
                condition=Q(returned_cad__gte=0, returned_cad__lte=F("price_cad") - F("discount_cad")),
                name="order_line_returned_at_most_paid",
            )
        ]

    @property
    def lesson_start(self) -> datetime:
        """By now: it may have moved since it was sold."""
        return self.appointment.start if self.appointment else self.start

    @property
    def left_cad(self) -> Decimal:
        """What could still be given back for it."""
        return self.paid_cad - self.returned_cad
