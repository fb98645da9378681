"""The mails that carry a link to choose a password.

The link is made when the mail goes out, and nowhere stored: neither the queue nor the outbox ever holds a key
to an account.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.brand import school_name
from accounts.models import User
from accounts.services import account_invited, password_forgotten
from notifications.composing import Letter, Occasion, mail_kind
from notifications.services import record_mail

WELCOME, FORGOTTEN = "account.welcome", "account.password"
# Who asked has given up by then, or asked again.
PATIENCE = timedelta(hours=1)


@receiver(account_invited, dispatch_uid="notifications.record_welcome")
def record_welcome(sender: object, *, user: User, **kwargs: Any) -> None:
    record_mail(kind=WELCOME, to=user, about={}, now=timezone.now())


@receiver(password_forgotten, dispatch_uid="notifications.record_forgotten")
def record_forgotten(sender: object, *, user: User, **kwargs: Any) -> None:
    now = timezone.now()
    record_mail(kind=FORGOTTEN, to=user, about={"asked_at": now.isoformat()}, now=now)


@mail_kind(WELCOME, label=gettext_lazy("Bienvenue"), secret=True)
def welcome(occasion: Occasion) -> Letter | None:
    """Nothing to who has found the way to a password meanwhile."""
    person = occasion.person
    if person is None or not person.is_active or person.has_usable_password():
        return None
    subject = _("Bienvenue chez %(school)s : choisissez votre mot de passe") % {"school": school_name()}
    return _letter(person, subject, welcome=True)


@mail_kind(FORGOTTEN, label=gettext_lazy("Nouveau mot de passe"), secret=True)
def forgotten(occasion: Occasion) -> Letter | None:
    asked_at = datetime.fromisoformat(occasion.about["asked_at"])
    person = occasion.person
    if person is None or not person.is_active or occasion.now > asked_at + PATIENCE:
        return None
    return _letter(person, _("Votre nouveau mot de passe"), welcome=False)


def _letter(person: User, subject: str, *, welcome: bool) -> Letter:
    """With a link that lets its reader choose a password, for a day, once."""
    path = reverse(
        "password_reset_confirm",
        kwargs={
            "uidb64": urlsafe_base64_encode(force_bytes(person.pk)),
            "token": default_token_generator.make_token(person),
        },
    )
    link = settings.SITE_URL.rstrip("/") + path
    return Letter(subject, "accounts/mail/password_link", {"welcome": welcome, "link": link})
