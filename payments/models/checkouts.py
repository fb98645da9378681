"""What somebody is paying for, frozen before any money moves."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models import Cart
from payments.models.lines import FrozenLine

CAD = "cad"
# A confirmation takes seconds; after this the process that asked for it is taken for dead.
CONFIRMING = timedelta(minutes=1)


class CheckoutQuerySet(models.QuerySet["Checkout"]):
    def unsettled(self) -> CheckoutQuerySet:
        return self.filter(status=Checkout.Status.PAYING)

    def settled_since(self, since: datetime) -> CheckoutQuerySet:
        return self.filter(status=Checkout.Status.SETTLED, settled_at__gt=since)

    def of_cart(self, cart: Cart) -> CheckoutQuerySet:
        """Begun in this cart, or in a guest's whose lines have moved here when their owner logged in."""
        moved = CheckoutLine.objects.filter(cart_line__cart=cart)
        return self.filter(Q(cart=cart) | Q(pk__in=moved.values("checkout")))

    def with_card_to_keep(self, now: datetime) -> CheckoutQuerySet:
        """Paid, and their card still to be kept; after a day that is given up."""
        return self.settled_since(now - timedelta(days=1)).filter(saves_card=True)

    def past_deadline(self, now: datetime) -> CheckoutQuerySet:
        return self.unsettled().filter(deadline__lte=now)


CheckoutManager = models.Manager.from_queryset(CheckoutQuerySet)


class Checkout(models.Model):
    """A cart with its prices and its buyer, as they were when "Payer" was pressed.

    Its intent at Stripe is created unconfirmed and written here before it is confirmed: whatever dies in
    between, the row knows where the money could be.
    """

    class Status(models.TextChoices):
        PAYING = "paying", _("En paiement")
        SETTLED = "settled", _("Réglé")
        CANCELLED = "cancelled", _("Annulé")
        REVIEW = "review", _("À traiter")
        CLOSED = "closed", _("Classé")  # a person has seen to the money

    FINAL = frozenset({Status.SETTLED, Status.REVIEW, Status.CLOSED})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(_("état"), max_length=10, choices=Status.choices, default=Status.PAYING)
    cart = models.ForeignKey("booking.Cart", on_delete=models.SET_NULL, null=True, related_name="checkouts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="checkouts"
    )

    email = models.EmailField(_("courriel"))
    first_name = models.CharField(_("prénom"), max_length=100)
    last_name = models.CharField(_("nom"), max_length=100)
    phone = models.CharField(_("téléphone"), max_length=30)
    address_line1 = models.CharField(_("adresse"), max_length=200)
    address_line2 = models.CharField(_("appartement, bureau"), max_length=200, blank=True)
    city = models.CharField(_("ville"), max_length=100)
    province = models.CharField(_("province"), max_length=100)
    postal_code = models.CharField(_("code postal"), max_length=20)
    country = models.CharField(_("pays"), max_length=2, default="CA")
    password = models.CharField(max_length=128, blank=True)  # a guest's, hashed

    currency = models.CharField(max_length=3, default=CAD)
    subtotal_cad = models.DecimalField(_("sous-total"), max_digits=9, decimal_places=2)
    discount_cad = models.DecimalField(_("rabais"), max_digits=9, decimal_places=2, default=0)
    coupon_code = models.CharField(_("code promo"), max_length=40, blank=True)
    credits_cad = models.DecimalField(_("crédits"), max_digits=9, decimal_places=2, default=0)
    total_cad = models.DecimalField(_("total"), max_digits=9, decimal_places=2)
    prefers_credit = models.BooleanField(_("un crédit plutôt qu’un remboursement"), default=False)
    # Cleared once the card that paid is kept, or can't be.
    saves_card = models.BooleanField(_("garde la carte"), default=False)

    made_account = models.BooleanField(_("a créé le compte"), default=False)

    intent_id = models.CharField(_("paiement Stripe"), max_length=100, null=True, unique=True)  # noqa: DJ001
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    confirming_since = models.DateTimeField(null=True)
    decline_code = models.CharField(_("motif de refus"), max_length=60, blank=True)
    problem = models.TextField(_("problème"), blank=True)
    deadline = models.DateTimeField(_("échéance"))
    created_at = models.DateTimeField(_("commencé le"), auto_now_add=True)
    settled_at = models.DateTimeField(_("réglé le"), null=True)

    objects: ClassVar[CheckoutManager] = CheckoutManager()

    class Meta:
        verbose_name = _("paiement")
        verbose_name_plural = _("paiements")
        indexes = [
            models.Index(fields=["settled_at"], condition=Q(saves_card=True), name="checkout_card_to_keep")
        ]
        constraints = [
            models.CheckConstraint(condition=Q(total_cad__gte=0), name="checkout_total_not_negative"),
            models.UniqueConstraint(
                fields=["cart"], condition=Q(status="paying"), name="checkout_one_paying_per_cart"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def is_confirming(self, now: datetime) -> bool:
        """Whether a request is asking the bank this very moment."""
        return self.confirming_since is not None and self.confirming_since > now - CONFIRMING


class CheckoutLine(FrozenLine):
    checkout = models.ForeignKey(Checkout, on_delete=models.CASCADE, related_name="lines")
    # Set to null by the database, too, so that a line can be deleted by those who don't know of checkouts.
    cart_line = models.ForeignKey("booking.CartLine", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta(FrozenLine.Meta):
        verbose_name = _("ligne du paiement")
        verbose_name_plural = _("lignes du paiement")


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def waiting(self) -> StripeEventQuerySet:
        return self.filter(handled_at=None)

    def due(self, now: datetime) -> StripeEventQuerySet:
        return self.waiting().filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now))


StripeEventManager = models.Manager.from_queryset(StripeEventQuerySet)


class StripeEvent(models.Model):
    """A webhook of Stripe's, as it came. Handling it is the worker's job; by the row nothing gets lost."""

    class Outcome(models.TextChoices):
        DONE = "done", _("Traité")
        FOREIGN = "foreign", _("Pas à nous")
        UNKNOWN_TYPE = "unknown_type", _("Type sans suite")
        OTHER_MODE = "other_mode", _("Autre mode de Stripe")

    id = models.CharField(primary_key=True, max_length=100)
    type = models.CharField(_("type"), max_length=100)
    livemode = models.BooleanField(_("argent réel"))
    api_version = models.CharField(_("version de l’API"), max_length=40, blank=True)
    object_id = models.CharField(_("objet"), max_length=100, blank=True)
    intent_id = models.CharField(_("paiement Stripe"), max_length=100, blank=True)
    payload = models.JSONField()
    received_at = models.DateTimeField(_("reçu le"), auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    # Also keeps others away while one is at it: who dies at it has only made the event wait.
    next_attempt_at = models.DateTimeField(_("prochain essai"), null=True)
    handled_at = models.DateTimeField(_("traité le"), null=True)
    outcome = models.CharField(_("issue"), max_length=12, choices=Outcome.choices, blank=True)
    last_error = models.TextField(_("dernière erreur"), blank=True)

    objects: ClassVar[StripeEventManager] = StripeEventManager()

    class Meta:
        verbose_name = _("événement Stripe")
        verbose_name_plural = _("événements Stripe")
        ordering = ["-received_at"]
        indexes = [
            models.Index(
                fields=["received_at"], condition=Q(handled_at__isnull=True), name="stripe_event_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
