"""Work for the queue: the e-mails that carry a link to choose a password."""

from __future__ import annotations

import dramatiq
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from accounts.brand import school_name, sender
from accounts.models import User


@dramatiq.actor(max_retries=8, max_age=60 * 60 * 1000)
def send_password_link(user_id: str, *, welcome: bool) -> None:
    """Mail a link that lets its reader choose a password, for a day, once.

    The link is made here and nowhere stored: neither the queue nor the outbox ever holds a key to an account.
    """
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    path = reverse(
        "password_reset_confirm",
        kwargs={
            "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
            "token": default_token_generator.make_token(user),
        },
    )
    site_url, school = settings.SITE_URL.rstrip("/"), school_name()
    context = {
        "person": user,
        "welcome": welcome,
        "link": f"{site_url}{path}",
        "subject": _("Bienvenue chez %(school)s : choisissez votre mot de passe") % {"school": school}
        if welcome
        else _("Votre nouveau mot de passe"),
        "site_url": site_url,
        "site_name": school,
    }
    message = EmailMultiAlternatives(
        context["subject"],
        render_to_string("accounts/mail/password_link.txt", context).strip() + "\n",
        from_email=sender(),
        to=[user.email],
    )
    message.attach_alternative(render_to_string("accounts/mail/password_link.html", context), "text/html")
    message.send()
