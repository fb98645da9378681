"""Credits: a ledger. Lines are added, never changed; a mistake gets its opposite."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from home.formats import signed_money


class CreditEntryQuerySet(models.QuerySet["CreditEntry"]):
    def visible_to(self, user: User) -> CreditEntryQuerySet:
        """Students see their own, admins all, tutors and editors none."""
        return self.all() if user.role == Role.ADMIN else self.filter(user=user)

    def with_origins(self) -> CreditEntryQuerySet:
        """With the order, the lesson and the person behind each line."""
        return self.select_related("user", "order", "line__course", "line__appointment", "by")


CreditEntryManager = models.Manager.from_queryset(CreditEntryQuerySet)


class CreditEntry(models.Model):
    """A signed line of somebody's ledger, and the balance after it.

    `number` counts a person's lines from 1: two writers that both read the same last line can't both add the
    next one. The database refuses a negative balance, and to change or delete a line.
    """

    class Cause(models.TextChoices):
        CANCELLATION = "cancellation", _("Cours annulé")
        SLOT_TAKEN = "slot_taken", _("Plage déjà prise")
        REFUND = "refund", _("Remboursement")
        SPENT = "spent", _("Paiement d’une commande")
        GIFT = "gift", _("Geste de la direction")
        CORRECTION = "correction", _("Correction")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="credit_entries",
        verbose_name=_("élève"),
    )
    number = models.PositiveIntegerField()
    amount_cad = models.DecimalField(_("montant"), max_digits=9, decimal_places=2)
    balance_cad = models.DecimalField(_("solde"), max_digits=9, decimal_places=2)
    cause = models.CharField(_("cause"), max_length=12, choices=Cause.choices)
    order = models.ForeignKey(
        "payments.Order", on_delete=models.PROTECT, null=True, related_name="credit_entries"
    )
    line = models.ForeignKey(
        "payments.OrderLine", on_delete=models.PROTECT, null=True, related_name="credit_entries"
    )
    refund = models.OneToOneField(
        "payments.Refund", on_delete=models.PROTECT, null=True, related_name="credit_entry"
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("par")
    )
    at = models.DateTimeField(_("date"))
    # Of the form that it was given with by hand: sent twice, it is given once.
    token = models.UUIDField(null=True, unique=True, editable=False)

    objects: ClassVar[CreditEntryManager] = CreditEntryManager()

    class Meta:
        verbose_name = _("ligne de crédit")
        verbose_name_plural = _("lignes de crédit")
        ordering = ["-at", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["user", "number"], name="credit_entry_one_next"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(cause="spent"), name="credit_spent_once_per_order"
            ),
            models.CheckConstraint(condition=~Q(amount_cad=0), name="credit_amount_not_zero"),
            models.CheckConstraint(condition=Q(balance_cad__gte=0), name="credit_balance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{signed_money(self.amount_cad)} {self.get_cause_display()}"
