"""Whose time is taken. PostgreSQL itself refuses two overlapping claims on one tutor."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import DurationField, F, Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from booking.models.availability import same_tutor


class TimeClaim(models.Model):
    """A stretch `[start, end)` of a tutor's time, and the one reason for it: a cart line or an appointment.

    A hold ends by itself at `expires_at`, by the database's clock (`clock_timestamp()`): it sets and judges
    it. A paying claim never does: only settlement, or the cancelling of its intent at Stripe, ends it; its
    `expires_at` is the deadline at which reconciliation does the latter.
    """

    class State(models.TextChoices):
        HOLD = "hold", _("Retenu")
        PAYING = "paying", _("En paiement")
        LESSON = "lesson", _("Cours")

    tutor = models.ForeignKey("courses.Tutor", on_delete=models.PROTECT, related_name="time_claims")
    during = DateTimeRangeField(_("période"))
    state = models.CharField(_("état"), max_length=6, choices=State.choices)
    expires_at = models.DateTimeField(_("échéance"), null=True, blank=True)
    line = models.OneToOneField(
        "booking.CartLine", on_delete=models.CASCADE, null=True, blank=True, related_name="claim"
    )
    appointment = models.OneToOneField(
        "booking.Appointment", on_delete=models.CASCADE, null=True, blank=True, related_name="claim"
    )

    class Meta:
        verbose_name = _("plage occupée")
        verbose_name_plural = _("plages occupées")
        indexes = [
            models.Index("tutor", Lower("during"), name="claim_by_tutor_and_start"),
            models.Index(
                fields=["expires_at"], condition=Q(expires_at__isnull=False), name="claim_by_expiry"
            ),
        ]
        constraints = [
            ExclusionConstraint(
                name="claim_no_overlap",
                expressions=[same_tutor(), ("during", "&&")],
                violation_error_code="slot_taken",
                violation_error_message=_("Cette plage vient d'être prise."),
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="claim_bounded",
            ),
            # Whoever looks for the claims of a window may start searching one day before it.
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    F("during__endswith") - F("during__startswith"), Value(timedelta(days=1), DurationField())
                ),
                name="claim_at_most_a_day",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="lesson", appointment__isnull=False, line__isnull=True, expires_at__isnull=True
                )
                | Q(
                    state__in=["hold", "paying"],
                    appointment__isnull=True,
                    line__isnull=False,
                    expires_at__isnull=False,
                ),
                name="claim_has_one_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.during}"
