"""What students are written about their money."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.calendars import lesson_calendar
from booking.models import Appointment
from home.formats import money
from notifications.composing import Letter, Occasion, mail_kind
from notifications.services import MailTo, record_mail
from payments.errors import decline_message
from payments.lesson_mails import calendar_file
from payments.models import Checkout, Order, OrderLine, Refund
from payments.pricing import NOTHING
from payments.tutor_mails import new_lesson_mails

CONFIRMATION, REFUND = "order.confirmation", "order.refund"
NOT_FINISHED = gettext_lazy(
    "Il n’a pas été terminé à temps : votre banque attendait peut-être encore votre confirmation."
)
RETURNED, HELD, FAILED = "payment.returned", "payment.held", "payment.failed"


def confirmation_mails(order: Order, lines: Iterable[OrderLine]) -> list[MailTo]:
    """What was booked, what is given back and how, with the lessons as a calendar file. Each tutor is
    written of theirs.
    """
    return [MailTo(CONFIRMATION, order.user, {"order": order.pk}), *new_lesson_mails(lines)]


def record_refund(refund: Refund, *, card: Decimal, credited: Decimal, now: datetime) -> None:
    """How much goes back for which lesson, and where to: the part of the refund that went through, in CAD."""
    about = {"refund": refund.pk, "card": str(card), "credits": str(credited)}
    record_mail(kind=REFUND, to=refund.order.user, about=about, now=now)


def record_payment_returned(checkout: Checkout, amount: Decimal, *, now: datetime) -> None:
    """A payment that no lesson could be booked for went back to the card, all of it, in CAD."""
    about = {"checkout": checkout.pk, "amount": str(amount)}
    record_mail(kind=RETURNED, to=checkout.user or checkout.email, about=about, now=now)


def record_payment_held(checkout: Checkout, *, now: datetime) -> None:
    """Money came that is not what the lessons cost: nothing is booked until a person has looked."""
    _record_trouble(HELD, checkout, now=now)


def record_payment_failed(checkout: Checkout, *, now: datetime) -> None:
    """The card was refused or the bank's question never answered, and the time to try again is over: nothing
    is paid and nothing held.
    """
    _record_trouble(FAILED, checkout, now=now)


def _record_trouble(kind: str, checkout: Checkout, *, now: datetime) -> None:
    record_mail(
        kind=kind,
        to=checkout.user or checkout.email,
        about={"checkout": checkout.pk},
        once=str(checkout.pk),
        now=now,
    )


@mail_kind(CONFIRMATION, label=gettext_lazy("Confirmation de réservation"))
def confirmation(occasion: Occasion) -> Letter:
    """The lessons at the times that they have by now; one that was called off since is said to be."""
    order = Order.objects.select_related("user", "checkout").get(pk=occasion.about["order"])
    lines = list(order.lines.select_related("course", "tutor", "appointment"))
    booked = [line for line in lines if line.appointment]
    lessons = list(
        Appointment.objects.filter(
            pk__in=[line.appointment_id for line in booked], status__in=Appointment.OCCUPIES_TIME
        )
        .select_related("course", "tutor")
        .order_by("start", "pk")
    )
    if booked:
        subject = _("Votre réservation %(number)s est confirmée") % {"number": order.number}
    else:
        subject = _("Votre commande %(number)s n’a pas pu être réservée") % {"number": order.number}
    return Letter(
        subject,
        "payments/mail/confirmation",
        {
            "order": order,
            "booked": booked,
            "lessons": lessons,
            "gone": [_given_back(order, line) for line in lines if not line.appointment],
        },
        [calendar_file(lesson_calendar(lessons, now=occasion.now))] if lessons else [],
    )


@mail_kind(REFUND, label=gettext_lazy("Remboursement"))
def refund(occasion: Occasion) -> Letter:
    found = Refund.objects.select_related("order__user").get(pk=occasion.about["refund"])
    card, credited = Decimal(occasion.about["card"]), Decimal(occasion.about["credits"])
    shares = [
        (share.line, (share.card_cad if card else NOTHING) + (share.credits_cad if credited else NOTHING))
        for share in found.shares.select_related("line__course", "line__tutor", "line__appointment").order_by(
            "line__start"
        )
    ]
    return Letter(
        _("Remboursement de votre commande %(number)s") % {"number": found.order.number},
        "payments/mail/refund",
        {
            "refund": found,
            "order": found.order,
            "shares": [(line, amount) for line, amount in shares if amount],
            "card": card,
            "credits": credited,
            "total": card + credited,
            "excess": found.excess_cad if card else NOTHING,
        },
    )


@mail_kind(RETURNED, label=gettext_lazy("Paiement rendu"))
def payment_returned(occasion: Occasion) -> Letter:
    amount = Decimal(occasion.about["amount"])
    return Letter(
        _("Votre paiement de %(amount)s vous est remboursé") % {"amount": money(amount)},
        "payments/mail/payment_returned",
        {
            "name": _checkout_of(occasion).first_name,
            "amount": amount,
            "cart_url": settings.SITE_URL + reverse("cart"),
        },
    )


@mail_kind(HELD, label=gettext_lazy("Paiement à vérifier"))
def payment_held(occasion: Occasion) -> Letter | None:
    """Nothing once a person has seen to it: what they decided is told by a mail of its own."""
    checkout = _checkout_of(occasion)
    if checkout.status != Checkout.Status.REVIEW:
        return None
    return Letter(
        _("Nous vérifions votre paiement"),
        "payments/mail/payment_held",
        {"lines": checkout.lines.select_related("course", "tutor")},
    )


@mail_kind(FAILED, label=gettext_lazy("Paiement refusé"))
def payment_failed(occasion: Occasion) -> Letter | None:
    """Nothing to who has paid since, or is about to."""
    checkout = _checkout_of(occasion)
    since = Checkout.objects.filter(
        email__iexact=checkout.email,
        created_at__gt=checkout.created_at,
        status__in=[Checkout.Status.PAYING, *Checkout.FINAL],
    )
    if checkout.status != Checkout.Status.CANCELLED or since.exists():
        return None
    return Letter(
        _("Votre paiement n’a pas abouti"),
        "payments/mail/payment_failed",
        {
            "reason": decline_message(checkout.decline_code) if checkout.decline_code else NOT_FINISHED,
            "lines": checkout.lines.select_related("course", "tutor"),
            "cart_url": settings.SITE_URL + reverse("cart"),
        },
    )


def _checkout_of(occasion: Occasion) -> Checkout:
    return Checkout.objects.select_related("user").get(pk=occasion.about["checkout"])


def _given_back(order: Order, line: OrderLine) -> dict[str, object]:
    """Where the money of a lesson whose time was gone went, in CAD."""
    if order.checkout and order.checkout.prefers_credit:
        return {"line": line, "card": NOTHING, "credits": line.paid_cad}
    return {"line": line, "card": line.card_cad, "credits": line.credits_cad}
