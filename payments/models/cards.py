"""Cards that Stripe keeps for members; we know only what is printed on a receipt."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class StripeCustomer(models.Model):
    """A member as Stripe knows them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="stripe_customer"
    )
    customer_id = models.CharField(max_length=100, unique=True)

    class Meta:
        verbose_name = _("client Stripe")
        verbose_name_plural = _("clients Stripe")

    def __str__(self) -> str:
        return self.customer_id


class SavedCard(models.Model):
    """A card that its owner asked Stripe to keep."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_cards")
    payment_method_id = models.CharField(max_length=100, unique=True)
    brand = models.CharField(_("réseau"), max_length=20)
    last4 = models.CharField(_("quatre derniers chiffres"), max_length=4)
    exp_month = models.PositiveSmallIntegerField(_("mois d’expiration"))
    exp_year = models.PositiveSmallIntegerField(_("année d’expiration"))
    created_at = models.DateTimeField(_("gardée le"), auto_now_add=True)

    class Meta:
        verbose_name = _("carte gardée")
        verbose_name_plural = _("cartes gardées")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.brand} •••• {self.last4}"
