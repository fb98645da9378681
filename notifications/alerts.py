"""The admins hear by e-mail of deliveries that keep failing, once in a while and all in one."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import ngettext

from accounts.models import Role, User
from notifications.models import OutboxMessage
from notifications.services import record_mail

PAUSE = timedelta(hours=6)
TEMPLATE = "notifications/mail_failures"


def tell_admins(*, now: datetime) -> int:
    """Record a mail to each admin when something keeps failing, or was given up, in the last six hours.

    Says how many mails were recorded: none while the last ones are younger than that.
    """
    since = now - PAUSE
    messages = OutboxMessage.objects.exclude(type=TEMPLATE)
    if OutboxMessage.objects.filter(type=TEMPLATE, available_at__gt=since).exists():
        return 0
    grouped = (
        (messages.failing() | messages.dead().filter(dead_at__gt=since))
        .values("kind", "type", "destination")
        .annotate(
            waiting=Count("pk", filter=Q(dead_at__isnull=True)),
            dead=Count("pk", filter=Q(dead_at__isnull=False)),
            last_error=Max("last_error"),
            last_status=Max("last_status"),
        )
        .order_by("kind", "type", "destination")
    )
    failures = [
        {
            "type": group["type"],
            "where": OutboxMessage(kind=group["kind"], destination=group["destination"]).where,
            "waiting": group["waiting"],
            "dead": group["dead"],
            "reason": f"{group['last_status'] or ''} {group['last_error']}".strip(),
        }
        for group in grouped
    ]
    if not failures:
        return 0
    total = sum(failure["waiting"] + failure["dead"] for failure in failures)
    subject = ngettext("%(count)d envoi échoue", "%(count)d envois échouent", total) % {"count": total}
    listing = settings.SITE_URL.rstrip("/") + reverse("wagtailsnippets_notifications_outboxmessage:list")
    with transaction.atomic():
        mails = [
            record_mail(
                to=admin.email,
                subject=subject,
                template=TEMPLATE,
                context={"admin": admin, "failures": failures, "listing": listing},
                now=now,
            )
            for admin in User.objects.filter(role=Role.ADMIN, is_active=True).order_by("email")
        ]
    return len(mails)
