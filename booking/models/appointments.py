"""Lessons that were sold."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import admin
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from booking.wording import day_and_clock

REMINDED_BEFORE = timedelta(hours=24)


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def visible_to(self, user: User) -> AppointmentQuerySet:
        """A student sees their own, a tutor those they teach, an admin all, an editor none."""
        if user.role == Role.ADMIN:
            return self.all()
        return self.filter(Q(student=user) | Q(tutor__user=user))

    def upcoming(self, now: datetime) -> AppointmentQuerySet:
        """What still takes place, the next first; a lesson under way is one of them. The rest is `past`."""
        return self.filter(_still_to_come(now)).order_by("start", "pk")

    def over(self, now: datetime) -> AppointmentQuerySet:
        """What was to take place and has ended: given, as far as anybody knows."""
        return self.filter(status=Appointment.Status.SCHEDULED, end__lte=now)

    def to_remind(self, now: datetime) -> AppointmentQuerySet:
        """Begins within a day, and nobody was told so yet: neither by a reminder, nor because it was booked,
        moved there or brought back less than a day before it begins.
        """
        eve = ExpressionWrapper(F("start") - REMINDED_BEFORE, output_field=models.DateTimeField())
        told_by_change = AppointmentChange.objects.filter(
            appointment=OuterRef("pk"),
            action__in=[AppointmentChange.Action.RESCHEDULED, AppointmentChange.Action.RESTORED],
            at__gt=OuterRef("start") - REMINDED_BEFORE,
        )
        return self.filter(
            ~Exists(told_by_change),
            Q(reminded_for__isnull=True) | ~Q(reminded_for=F("start")),
            status=Appointment.Status.SCHEDULED,
            start__gt=now,
            start__lte=now + REMINDED_BEFORE,
            created_at__lte=eve,
            # As the index has it; no lesson is longer than a day.
            end__gt=now,
            end__lte=now + REMINDED_BEFORE + timedelta(days=1),
        )

    def past(self, now: datetime) -> AppointmentQuerySet:
        """What has ended or was called off, the latest first: all that is not `upcoming`."""
        return self.exclude(_still_to_come(now)).order_by("-start", "pk")


def _still_to_come(now: datetime) -> Q:
    return Q(status=Appointment.Status.SCHEDULED, end__gt=now)


class Appointment(models.Model):
    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("Prévu")
        COMPLETED = "completed", _("Donné")
        CANCELLED = "cancelled", _("Annulé")
        REFUNDED = "refunded", _("Remboursé")

    OCCUPIES_TIME = frozenset({Status.SCHEDULED, Status.COMPLETED})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="appointments")
    tutor = models.ForeignKey("courses.Tutor", on_delete=models.PROTECT, related_name="appointments")
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="appointments"
    )
    start = models.DateTimeField(_("début"))
    end = models.DateTimeField(_("fin"))
    status = models.CharField(_("état"), max_length=10, choices=Status.choices, default=Status.SCHEDULED)
    meeting_link = models.URLField(_("lien de la rencontre"), blank=True)
    # RFC 5545: grows with every change that calendars must take over.
    sequence = models.PositiveSmallIntegerField(_("version"), default=0)
    # The start of which the reminder went out: one that moves is reminded of again.
    reminded_for = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("rendez-vous")
        verbose_name_plural = _("rendez-vous")
        ordering = ["start", "id"]
        permissions = [
            ("arrange_appointment", _("Peut annuler, déplacer et rétablir un rendez-vous")),
        ]
        indexes = [
            models.Index(fields=["student", "start"], name="appointment_by_student"),
            models.Index(fields=["tutor", "start"], name="appointment_by_tutor"),
            models.Index(fields=["end"], condition=Q(status="scheduled"), name="appointment_to_be_over"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="appointment_end_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.course}, {self.when}"

    @property
    @admin.display(description=_("date"), ordering="start")
    def when(self) -> str:
        """`lundi 11 janvier 2027 à 14 h 30`."""
        return day_and_clock(self.start)

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds()) // 60


class AppointmentChange(models.Model):
    """A line of a lesson's history: who changed what, when and why. Written with the change, never edited."""

    class Action(models.TextChoices):
        CANCELLED = "cancelled", _("Annulé")
        RESCHEDULED = "rescheduled", _("Déplacé")
        COMPLETED = "completed", _("Donné")
        RESTORED = "restored", _("Rétabli")
        REFUNDED = "refunded", _("Remboursé")

    class Actor(models.TextChoices):
        STUDENT = "student", _("Élève")
        TUTOR = "tutor", _("Tuteur")
        ADMIN = "admin", _("Direction")
        SYSTEM = "system", _("Système")

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="changes")
    action = models.CharField(_("action"), max_length=12, choices=Action.choices)
    actor = models.CharField(_("rôle"), max_length=8, choices=Actor.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("par"),
    )
    reason = models.CharField(_("motif"), max_length=500, blank=True)
    old = models.JSONField(_("avant"), default=dict)
    new = models.JSONField(_("après"), default=dict)
    at = models.DateTimeField(_("date"))

    class Meta:
        verbose_name = _("changement de rendez-vous")
        verbose_name_plural = _("changements de rendez-vous")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_action_display()}, {day_and_clock(self.at)}"
