"""What students are written about their money."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.calendars import lesson_calendar
from notifications.services import Attachment, record_mail
from payments.models import Order, OrderLine


def record_confirmation(order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    """What was booked, what is refunded, and the lessons as a calendar file."""
    lessons = [line.appointment for line in lines if line.appointment]
    attachments = (
        [Attachment("cours.ics", lesson_calendar(lessons, now=now), "text/calendar")] if lessons else []
    )
    record_mail(
        to=order.user.email,
        subject=_("Votre réservation %(number)s est confirmée") % {"number": order.number}
        if lessons
        else _("Votre commande %(number)s est remboursée") % {"number": order.number},
        template="payments/mail/confirmation",
        context={
            "order": order,
            "booked": [line for line in lines if line.appointment],
            "refunded": [line for line in lines if not line.appointment],
            "dashboard_url": settings.SITE_URL + reverse("dashboard"),
        },
        now=now,
        attachments=attachments,
    )
