"""The admins hear by e-mail of deliveries that keep failing, once in a while and all in one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Role, User
from notifications.composing import Letter, Occasion, mail_kind
from notifications.models import OutboxMessage
from notifications.services import record_mail

PAUSE = timedelta(hours=6)
KIND = "admin.failures"


def tell_admins(*, now: datetime) -> int:
    """Record a mail to each admin when something keeps failing, or was given up, in the last six hours.

    Says how many mails were recorded: none while the last ones are younger than that.
    """
    if OutboxMessage.objects.filter(type=KIND, available_at__gt=now - PAUSE).exists():
        return 0
    if not _failures(now):
        return 0
    with transaction.atomic():
        mails = [
            record_mail(kind=KIND, to=admin, about={}, now=now)
            for admin in User.objects.filter(role=Role.ADMIN, is_active=True).order_by("email")
        ]
    return len(mails)


@mail_kind(KIND, label=gettext_lazy("Envois qui échouent"))
def failures(occasion: Occasion) -> Letter | None:
    found = _failures(occasion.now)
    if not found:
        return None
    total = sum(failure["waiting"] + failure["dead"] for failure in found)
    return Letter(
        ngettext("%(count)d envoi échoue", "%(count)d envois échouent", total) % {"count": total},
        "notifications/mail_failures",
        {
            "failures": found,
            "listing": settings.SITE_URL.rstrip("/")
            + reverse("wagtailsnippets_notifications_outboxmessage:list"),
        },
    )


def _failures(now: datetime) -> list[dict[str, Any]]:
    """What keeps failing, and what was given up in the last six hours, by type and destination."""
    messages = OutboxMessage.objects.exclude(type=KIND)
    grouped = (
        (messages.failing() | messages.dead().filter(dead_at__gt=now - PAUSE))
        .values("kind", "type", "destination")
        .annotate(
            waiting=Count("pk", filter=Q(dead_at__isnull=True)),
            dead=Count("pk", filter=Q(dead_at__isnull=False)),
            last_error=Max("last_error"),
            last_status=Max("last_status"),
        )
        .order_by("kind", "type", "destination")
    )
    return [
        {
            "type": group["type"],
            "where": OutboxMessage(kind=group["kind"], destination=group["destination"]).where,
            "waiting": group["waiting"],
            "dead": group["dead"],
            "reason": f"{group['last_status'] or ''} {group['last_error']}".strip(),
        }
        for group in grouped
    ]
