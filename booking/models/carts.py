"""The cart: what a visitor means to book, and holds for a quarter of an hour."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    Q,
    Value,
    When,
)
from django.utils.translation import gettext_lazy as _

from booking.rules import DURATIONS
from booking.wording import day_and_clock
from courses.money import lesson_amount


class Cart(models.Model):
    """A guest's cart is found by the id in the session, a member's by the account."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="cart"
    )
    # As typed, upper case; what it is worth is known where money is.
    coupon_code = models.CharField(_("code promo"), max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("panier")
        verbose_name_plural = _("paniers")

    def __str__(self) -> str:
        return str(self.id)


class CartLineQuerySet(models.QuerySet["CartLine"]):
    def with_hold(self) -> CartLineQuerySet:
        """Adds `hold`, the state of the line's claim or None when its hold was lost, and `time_left`
        (timedelta).

        Both by the database's clock, which alone decides when a hold ends.
        """
        clock = Func(function="clock_timestamp", output_field=DateTimeField())
        return self.annotate(
            hold=Case(
                When(claim__state="hold", claim__expires_at__lte=clock, then=Value(None)),
                default=F("claim__state"),
                output_field=CharField(),
            ),
            time_left=ExpressionWrapper(F("held_until") - clock, output_field=DurationField()),
        )


CartLineManager = models.Manager.from_queryset(CartLineQuerySet)


class CartLine(models.Model):
    """One lesson in a cart. It outlives its hold, so that a lost slot can be named and offered again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    course = models.ForeignKey("courses.Course", on_delete=models.CASCADE, related_name="+")
    tutor = models.ForeignKey("courses.Tutor", on_delete=models.CASCADE, related_name="+")
    start = models.DateTimeField(_("début"))
    minutes = models.PositiveSmallIntegerField(_("durée"))
    held_until = models.DateTimeField(_("retenu jusqu'à"))
    address = models.GenericIPAddressField(_("adresse IP"), null=True)

    objects: ClassVar[CartLineManager] = CartLineManager()

    # Set by `with_hold`.
    hold: str | None
    time_left: timedelta

    class Meta:
        verbose_name = _("ligne du panier")
        verbose_name_plural = _("lignes du panier")
        ordering = ["start", "id"]
        indexes = [models.Index(fields=["address"], name="cart_line_by_address")]
        constraints = [
            models.UniqueConstraint(fields=["cart", "tutor", "start"], name="cart_line_once"),
            models.CheckConstraint(condition=Q(minutes__in=DURATIONS), name="cart_line_duration"),
        ]

    def __str__(self) -> str:
        return f"{self.course}, {day_and_clock(self.start)}"

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    @property
    def price(self) -> Decimal:
        """What it costs now; checkout freezes it."""
        return lesson_amount(self.course.student_rate_cad, self.minutes)
