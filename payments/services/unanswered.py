"""Payments that came to neither something nor nothing: one case in "À traiter" for each, until they do."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from payments.gateway import GatewayRefused
from payments.models import Checkout, Review
from payments.services.reviews import open_review

Kind = Review.Kind
IN_THE_OTHER_MODE = "exists in live mode"


def is_unknown(refused: GatewayRefused) -> bool:
    """Whether Stripe says that there is no such intent in this account, as when its keys were switched.

    Test keys that ask for real money's intent get the same code, but are told that it exists: it could be
    paid at any moment.
    """
    return refused.code == "resource_missing" and IN_THE_OTHER_MODE not in str(refused)


@transaction.atomic
def show_unanswered(*, checkout: Checkout, known: bool | None, now: datetime) -> None:
    """Have a person look at a payment that is still open. What Stripe says of it may change, and with it what
    can be done, but not since when it waits. `known`: whether Stripe has such an intent; None when it didn't
    answer, which changes nothing about what it said before.
    """
    checkout = Checkout.objects.select_for_update(of=["self"]).get(pk=checkout.pk)
    if checkout.status != Checkout.Status.PAYING:
        return
    kind = Kind.UNKNOWN_PAYMENT if known is False else Kind.STUCK_PAYMENT
    detail = _("Ni payé ni annulé une heure après l’échéance; les plages restent retenues.")
    if kind == Kind.UNKNOWN_PAYMENT:
        detail = _(
            "Stripe ne connaît pas ce paiement (%(intent)s), sans doute parce que les clés de Stripe ont "
            "changé : il ne sera ni réglé ni annulé de lui-même, et les plages restent retenues."
        ) % {"intent": checkout.intent_id}
    shown = Review.objects.open().filter(kind__in=Review.UNANSWERED, subject=str(checkout.pk)).first()
    if shown is None:
        open_review(kind=kind, subject=str(checkout.pk), detail=detail, checkout=checkout, now=now)
    elif known is not None and shown.kind != kind:
        shown.kind, shown.detail = kind, detail
        shown.save(update_fields=["kind", "detail"])


def answered(*, checkout: Checkout, resolution: str, now: datetime) -> None:
    """It came to something. Only a payment that went past its deadline can be waiting for a person."""
    if now > checkout.deadline:
        shown = Review.objects.open().filter(kind__in=Review.UNANSWERED, subject=str(checkout.pk))
        shown.update(resolved_at=now, resolution=resolution)
