"""Coupons and who used them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from courses.money import round_cad
from payments.models.checkouts import Checkout


class CouponQuerySet(models.QuerySet["Coupon"]):
    def expired(self, now: datetime) -> CouponQuerySet:
        return self.filter(active=True, ends_at__lte=now)

    def in_state(self, state: str, now: datetime) -> CouponQuerySet:
        """Twin of `Coupon.state`."""
        ended = Q(active=False) | Q(ends_at__isnull=False, ends_at__lte=now)
        upcoming = Q(starts_at__isnull=False, starts_at__gt=now)
        match state:
            case Coupon.State.ENDED:
                return self.filter(ended)
            case Coupon.State.UPCOMING:
                return self.filter(upcoming).exclude(ended)
            case _:
                return self.exclude(ended).exclude(upcoming)

    def with_usage(self) -> CouponQuerySet:
        """Adds `used`, how many paid with it, and `given_cad`, what it took off for them in all, or None."""
        paid = Q(redemptions__used_at__isnull=False)
        return self.annotate(
            used=Count("redemptions", filter=paid),
            given_cad=Sum("redemptions__discount_cad", filter=paid),
        )


CouponManager = models.Manager.from_queryset(CouponQuerySet)


class Coupon(models.Model):
    """What takes a percentage or an amount off a whole cart."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Pourcentage")
        FIXED = "fixed", _("Montant")

    class State(models.TextChoices):
        RUNNING = "running", _("En vigueur")
        UPCOMING = "upcoming", _("À venir")
        ENDED = "ended", _("Terminé")

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("genre"), max_length=8, choices=Kind.choices)
    value = models.DecimalField(
        _("valeur"), max_digits=8, decimal_places=2, help_text=_("En pour cent, ou en dollars.")
    )
    starts_at = models.DateTimeField(_("à partir de"), null=True, blank=True)
    ends_at = models.DateTimeField(_("jusqu’à"), null=True, blank=True)
    max_redemptions = models.PositiveIntegerField(
        _("nombre maximal d’utilisations"), null=True, blank=True, help_text=_("Vide : sans limite.")
    )
    active = models.BooleanField(_("actif"), default=True)
    created_at = models.DateTimeField(_("créé le"), auto_now_add=True)

    objects: ClassVar[CouponManager] = CouponManager()

    # Set by `with_usage`.
    used: int
    given_cad: Decimal | None

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(code=Upper("code")), name="coupon_code_upper_case"),
            models.CheckConstraint(condition=Q(value__gt=0), name="coupon_value_positive"),
            models.CheckConstraint(
                condition=~Q(kind="percent") | Q(value__lte=100), name="coupon_percent_at_most_100"
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="coupon_end_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def state(self, now: datetime) -> Coupon.State:
        """Ended at once when its time is over, switched off yet or not. Twin of `in_state`."""
        if not self.active or (self.ends_at and self.ends_at <= now):
            return Coupon.State.ENDED
        if self.starts_at and self.starts_at > now:
            return Coupon.State.UPCOMING
        return Coupon.State.RUNNING

    def discount_on(self, subtotal: Decimal) -> Decimal:
        """What it takes off a subtotal, both in CAD."""
        if self.kind == Coupon.Kind.PERCENT:
            return round_cad(subtotal * self.value / 100)
        return min(self.value, subtotal)


class CouponRedemption(models.Model):
    """A coupon set aside for a checkout that is being paid, or used by one that was.

    Both count against the ceiling: so the last use can't be promised to two.
    """

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="redemptions")
    checkout = models.OneToOneField(Checkout, on_delete=models.PROTECT, related_name="redemption")
    discount_cad = models.DecimalField(_("rabais"), max_digits=9, decimal_places=2)
    used_at = models.DateTimeField(_("utilisé le"), null=True)

    class Meta:
        verbose_name = _("utilisation d’un coupon")
        verbose_name_plural = _("utilisations d’un coupon")

    def __str__(self) -> str:
        return f"{self.coupon} {self.checkout}"
