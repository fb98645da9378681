"""One lesson that is being paid for, or was: what it costs is frozen when "Payer" is pressed."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from booking.wording import day_and_clock


class FrozenLine(models.Model):
    """Both rates, the price and the earnings as they were; the catalogue may change, this never does."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="+")
    tutor = models.ForeignKey("courses.Tutor", on_delete=models.PROTECT, related_name="+")
    start = models.DateTimeField(_("début"))
    minutes = models.PositiveSmallIntegerField(_("durée"))
    student_rate_cad = models.DecimalField(_("tarif horaire de l’élève"), max_digits=6, decimal_places=2)
    tutor_rate_cad = models.DecimalField(_("honoraires horaires"), max_digits=6, decimal_places=2)
    price_cad = models.DecimalField(_("prix"), max_digits=8, decimal_places=2)
    # The line's share, to the cent, of what was taken off the whole.
    discount_cad = models.DecimalField(_("rabais"), max_digits=8, decimal_places=2, default=0)
    credits_cad = models.DecimalField(_("crédits"), max_digits=8, decimal_places=2, default=0)
    tutor_earnings_cad = models.DecimalField(_("honoraires"), max_digits=8, decimal_places=2)

    class Meta:
        abstract = True
        ordering = ["start", "id"]

    def __str__(self) -> str:
        return f"{self.course}, {day_and_clock(self.lesson_start)}"

    @property
    def lesson_start(self) -> datetime:
        """When its lesson is to begin."""
        return self.start

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    @property
    def paid_cad(self) -> Decimal:
        """What was really paid for it, by card and credits."""
        return self.price_cad - self.discount_cad

    @property
    def card_cad(self) -> Decimal:
        """The part of it that came from a card."""
        return self.paid_cad - self.credits_cad

    def frozen(self) -> dict[str, Any]:
        """What a line made from this one takes over."""
        return {
            field.name: getattr(self, field.name) for field in FrozenLine._meta.fields if field.name != "id"
        }
