"""Who people are: one account per e-mail, one role per account."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import OneLine


class Role(models.TextChoices):
    STUDENT = "student", _("Élève")
    TUTOR = "tutor", _("Tuteur")
    EDITOR = "editor", _("Éditeur")
    ADMIN = "admin", _("Administrateur")


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """An address is kept in lower case: people type it as they like, and nobody has two by its case."""
        return (email or "").strip().lower()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an account; without a password nobody can log in until one is chosen by e-mail."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, role=Role.ADMIN, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email__iexact=email)

    def with_email(self, email: str) -> User | None:
        """The account of an address, whatever its case."""
        return self.filter(email__iexact=email.strip()).first()


class User(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("courriel"))
    first_name = OneLine(_("prénom"), max_length=100)
    last_name = OneLine(_("nom"), max_length=100)
    phone = OneLine(_("téléphone"), max_length=30, blank=True)
    role = models.CharField(_("rôle"), max_length=10, choices=Role.choices, default=Role.STUDENT)
    is_active = models.BooleanField(_("actif"), default=True)
    date_joined = models.DateTimeField(_("inscrit le"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name"]

    class Meta:
        verbose_name = _("utilisateur")
        verbose_name_plural = _("utilisateurs")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name

    @property
    def is_staff(self) -> bool:
        """Wagtail asks; the role answers."""
        return self.role in {Role.EDITOR, Role.ADMIN}


class MailTopic(models.TextChoices):
    """Mails that somebody may do without, as their own profile names them."""

    REMINDER = "reminder", _("Un rappel la veille de chacun de mes cours")
    DAY = "day", _("Ma journée, le matin des jours où je donne des cours")
    DIGEST = "digest", _("Le point du matin : ventes de la veille, dossiers à traiter, envois abandonnés")


class MailRefusal(models.Model):
    """Somebody does not want the mails of a topic; without such a row they are sent."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_refusals")
    topic = models.CharField(max_length=10, choices=MailTopic.choices)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("courriel refusé")
        verbose_name_plural = _("courriels refusés")
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="mail_refused_once")]

    def __str__(self) -> str:
        return self.get_topic_display()
