"""What students are written about their money."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from booking.calendars import lesson_calendar
from home.formats import money
from notifications.services import Attachment, record_mail
from payments.models import Checkout, Order, OrderLine, Refund
from payments.pricing import NOTHING


def record_confirmation(order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    """What was booked, what is given back and how, and the lessons as a calendar file."""
    lessons = [line.appointment for line in lines if line.appointment]
    attachments = (
        [Attachment("cours.ics", lesson_calendar(lessons, now=now), "text/calendar")] if lessons else []
    )
    record_mail(
        to=order.user.email,
        subject=_("Votre réservation %(number)s est confirmée") % {"number": order.number}
        if lessons
        else _("Votre commande %(number)s n’a pas pu être réservée") % {"number": order.number},
        template="payments/mail/confirmation",
        context={
            "order": order,
            "booked": [line for line in lines if line.appointment],
            "gone": [_given_back(order, line) for line in lines if not line.appointment],
            "dashboard_url": settings.SITE_URL + reverse("dashboard"),
        },
        now=now,
        attachments=attachments,
    )


def record_refund(refund: Refund, *, card: Decimal, credited: Decimal, now: datetime) -> None:
    """How much goes back for which lesson, and where to: the part of the refund that went through, in CAD."""
    shares = [
        (share.line, (share.card_cad if card else NOTHING) + (share.credits_cad if credited else NOTHING))
        for share in refund.shares.select_related("line__course", "line__tutor").order_by("line__start")
    ]
    record_mail(
        to=refund.order.user.email,
        subject=_("Remboursement de votre commande %(number)s") % {"number": refund.order.number},
        template="payments/mail/refund",
        context={
            "refund": refund,
            "order": refund.order,
            "shares": [(line, amount) for line, amount in shares if amount],
            "card": card,
            "credits": credited,
            "total": card + credited,
            "excess": refund.excess_cad if card else NOTHING,
            "dashboard_url": settings.SITE_URL + reverse("dashboard"),
        },
        now=now,
    )


def _given_back(order: Order, line: OrderLine) -> dict[str, object]:
    """Where the money of a lesson whose time was gone went, in CAD."""
    if order.checkout and order.checkout.prefers_credit:
        return {"line": line, "card": NOTHING, "credits": line.paid_cad}
    return {"line": line, "card": line.card_cad, "credits": line.credits_cad}


def record_payment_returned(checkout: Checkout, amount: Decimal, *, now: datetime) -> None:
    """A payment that no lesson could be booked for went back to the card, all of it, in CAD."""
    record_mail(
        to=checkout.email,
        subject=_("Votre paiement de %(amount)s vous est remboursé") % {"amount": money(amount)},
        template="payments/mail/payment_returned",
        context={
            "checkout": checkout,
            "amount": amount,
            "cart_url": settings.SITE_URL + reverse("cart"),
        },
        now=now,
    )
