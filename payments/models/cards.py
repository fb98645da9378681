"""Cards that Stripe keeps for members; we know only what is printed on a receipt."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User

# Stripe's words that are not just a name in lower case.
BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
    "cartes_bancaires": "Cartes Bancaires",
    "unknown": "Carte",
}


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


class SavedCardQuerySet(models.QuerySet["SavedCard"]):
    def visible_to(self, user: User | AnonymousUser) -> SavedCardQuerySet:
        """One's own, whatever the role: what is kept at Stripe is nobody else's business."""
        return self.filter(user=user) if user.is_authenticated else self.none()

    def usable(self, now: datetime) -> SavedCardQuerySet:
        """Those that have not expired; a card is good to the end of its month. Twin: `is_expired`."""
        today = timezone.localdate(now)
        return self.filter(Q(exp_year__gt=today.year) | Q(exp_year=today.year, exp_month__gte=today.month))


SavedCardManager = models.Manager.from_queryset(SavedCardQuerySet)


class SavedCard(models.Model):
    """A card that its owner asked Stripe to keep."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_cards")
    payment_method_id = models.CharField(max_length=100, unique=True)
    brand = models.CharField(_("réseau"), max_length=20)
    last4 = models.CharField(_("quatre derniers chiffres"), max_length=4)
    # Stripe's name for the number itself, which each typing gives another `payment_method_id`.
    fingerprint = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    exp_month = models.PositiveSmallIntegerField(_("mois d’expiration"))
    exp_year = models.PositiveSmallIntegerField(_("année d’expiration"))
    created_at = models.DateTimeField(_("gardée le"), auto_now_add=True)

    objects: ClassVar[SavedCardManager] = SavedCardManager()

    class Meta:
        verbose_name = _("carte gardée")
        verbose_name_plural = _("cartes gardées")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return gettext("%(brand)s se terminant par %(last4)s") % {
            "brand": self.brand_name,
            "last4": self.last4,
        }

    @property
    def brand_name(self) -> str:
        return BRANDS.get(self.brand, self.brand.capitalize())

    @property
    def expiry(self) -> str:
        """`08/2030`."""
        return f"{self.exp_month:02d}/{self.exp_year}"

    def is_expired(self, now: datetime) -> bool:
        """Twin: `usable`."""
        today = timezone.localdate(now)
        return (self.exp_year, self.exp_month) < (today.year, today.month)
