"""The outbox: what must be told to the outside, written in the same commit as what happened."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.composing import label_of

ATTEMPTS_OF_A_HICCUP = 5
UNFINISHED = Q(delivered_at__isnull=True, dead_at__isnull=True, moot_at__isnull=True)


def host_of(url: str) -> str:
    """The host and port of an address; nothing when it isn't one."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    # Their twin for one row is `OutboxMessage.status`.
    def waiting(self) -> OutboxQuerySet:
        return self.filter(UNFINISHED)

    def delivered(self) -> OutboxQuerySet:
        return self.filter(delivered_at__isnull=False)

    def dead(self) -> OutboxQuerySet:
        return self.filter(dead_at__isnull=False)

    def moot(self) -> OutboxQuerySet:
        """Mails that were no longer to be said when their turn came."""
        return self.filter(moot_at__isnull=False)

    def with_status(self, status: str) -> OutboxQuerySet:
        return {
            OutboxMessage.Status.WAITING: self.waiting,
            OutboxMessage.Status.DELIVERED: self.delivered,
            OutboxMessage.Status.DEAD: self.dead,
            OutboxMessage.Status.MOOT: self.moot,
        }[OutboxMessage.Status(status)]()

    def failing(self) -> OutboxQuerySet:
        """What is still waiting after its quick attempts and one long wait: more than a hiccup."""
        return self.waiting().filter(attempts__gte=ATTEMPTS_OF_A_HICCUP)


class OutboxMessage(models.Model):
    """One webhook call or one e-mail. Its id is the `event_id` that every retry bears.

    `payload` of a webhook is the event's payload, ready to be sent. Of a mail it is what the mail is made
    from when it goes out: `user` (an id, or null) and `about` (see `notifications.composing`); once it went
    out, also the `subject` and `text` that were sent. `attempts` counts the attempts begun since the row was
    recorded or sent again; an attempt is under way while `lease_until` is ahead. Webhooks of one destination
    that are `about` the same go out in the order in which they happened.
    """

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook")
        MAIL = "mail", _("Courriel")

    class Status(models.TextChoices):
        WAITING = "waiting", _("À livrer")
        DELIVERED = "delivered", _("Livré")
        DEAD = "dead", _("Abandonné")
        MOOT = "moot", _("Sans objet")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("genre"), max_length=8, choices=Kind.choices)
    type = models.CharField(_("type"), max_length=100)
    destination = models.CharField(_("destination"), max_length=1000)
    about = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    payload = models.JSONField(_("contenu"))
    # By the database's clock at the statement, which goes on inside a transaction.
    created_at = models.DateTimeField(_("créé le"), db_default=Now(), editable=False)
    available_at = models.DateTimeField(_("prochain essai"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(_("dernière réponse"), null=True, blank=True)
    last_error = models.TextField(_("dernière erreur"), blank=True)
    delivered_at = models.DateTimeField(_("livré le"), null=True, blank=True)
    dead_at = models.DateTimeField(_("abandonné le"), null=True, blank=True)
    moot_at = models.DateTimeField(_("devenu sans objet le"), null=True, blank=True)
    # What must not be recorded twice: the day's list of a tutor, a reminder.
    once = models.CharField(max_length=200, null=True, unique=True, editable=False)  # noqa: DJ001

    objects: ClassVar[OutboxQuerySet] = OutboxQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("envoi")
        verbose_name_plural = _("envois")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True, dead_at__isnull=True)
                | Q(delivered_at__isnull=True, moot_at__isnull=True)
                | Q(dead_at__isnull=True, moot_at__isnull=True),
                name="outbox_one_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=UNFINISHED,
                name="outbox_due",
            ),
            models.Index(
                fields=["destination", "created_at", "id"],
                condition=UNFINISHED,
                name="outbox_order",
            ),
            models.Index(
                fields=["destination", "about", "created_at", "id"],
                condition=UNFINISHED,
                name="outbox_about",
            ),
            models.Index(fields=["-created_at"], name="outbox_newest"),
            models.Index(fields=["dead_at"], condition=Q(dead_at__isnull=False), name="outbox_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.what} → {self.where}"

    @property
    @admin.display(description=_("envoi"))
    def what(self) -> str:
        """A mail's subject, its kind before it was written; an event's type."""
        if not self.is_mail:
            return self.type
        subject = self.subject if hasattr(self, "subject") else self.payload.get("subject")
        return subject or label_of(self.type)

    @property
    def where(self) -> str:
        """A mail's address, a webhook's host: the rest of its URL is often a secret."""
        return self.destination if self.is_mail else host_of(self.destination)

    @property
    def is_mail(self) -> bool:
        return self.kind == self.Kind.MAIL

    @property
    def status(self) -> OutboxMessage.Status:
        # Its twin for many rows is `OutboxQuerySet.with_status`.
        if self.delivered_at:
            return self.Status.DELIVERED
        if self.moot_at:
            return self.Status.MOOT
        return self.Status.DEAD if self.dead_at else self.Status.WAITING


class DeliveryAttempt(models.Model):
    """One attempt at an outbox row, and what came of it; `message.history` has them, oldest first.

    `status` is HTTP's or SMTP's code, `answer` the beginning of what the receiver said, `error` what went
    wrong on our side of the wire: no answer, a refused address, a worker that died. None of them holds the
    secret part of a URL. Without `ended_at` it is under way.
    """

    message = models.ForeignKey(OutboxMessage, models.CASCADE, related_name="history")
    number = models.PositiveSmallIntegerField(_("essai"))
    started_at = models.DateTimeField(_("début"))
    ended_at = models.DateTimeField(_("fin"), null=True, blank=True)
    delivered = models.BooleanField(_("livré"), default=False)
    status = models.PositiveSmallIntegerField(_("réponse"), null=True, blank=True)
    error = models.TextField(_("erreur"), blank=True, default="")
    answer = models.TextField(_("texte de la réponse"), blank=True, default="")

    class Meta:
        verbose_name = _("essai")
        verbose_name_plural = _("essais")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.number}"

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None while it is under way."""
        return self.ended_at - self.started_at if self.ended_at else None


class StoppedDestination(models.Model):
    """A webhook address that said "gone" (410): nothing is posted there while this row stands.

    What is recorded for it keeps waiting. `services.resume_destination` takes the row away.
    """

    url = models.CharField(_("destination"), max_length=1000, unique=True)
    stopped_at = models.DateTimeField(_("arrêtée le"))
    answer = models.TextField(_("texte de la réponse"), blank=True)

    class Meta:
        verbose_name = _("destination arrêtée")
        verbose_name_plural = _("destinations arrêtées")
        ordering = ["-stopped_at"]

    def __str__(self) -> str:
        return self.where

    @property
    def where(self) -> str:
        """The host: the rest of its URL is often a secret."""
        return host_of(self.url)


class FailingDestination(models.Model):
    """A destination that the admins were told of: see `notifications.alerts`. `kind` is its messages'."""

    destination = models.CharField(_("destination"), max_length=1000, unique=True)
    kind = models.CharField(_("genre"), max_length=8, choices=OutboxMessage.Kind.choices)
    since = models.DateTimeField(_("depuis"))
    # When an event that leaves no row arrived there since: of the others their rows tell.
    arrived_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("destination en panne")
        verbose_name_plural = _("destinations en panne")

    def __str__(self) -> str:
        return self.where

    @property
    def where(self) -> str:
        return OutboxMessage(kind=self.kind, destination=self.destination).where


class TaskRun(models.Model):
    """When a task of the schedule last did its work; held by one worker at a time through its lease."""

    name = models.CharField(_("tâche"), max_length=100, primary_key=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(_("dernière réussite"), null=True, blank=True)

    class Meta:
        verbose_name = _("tâche planifiée")
        verbose_name_plural = _("tâches planifiées")

    def __str__(self) -> str:
        return self.name
