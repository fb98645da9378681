"""Cards that members had Stripe keep: known after a payment, offered for the next, forgotten on request."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime

from django.db import transaction

from accounts.models import User
from payments.gateway import Card, GatewayRefused, GatewayUnavailable, Intent, gateway
from payments.models import Checkout, SavedCard, StripeCustomer

log = logging.getLogger(__name__)

UNKNOWN_TO_STRIPE = "resource_missing"


def customer_of(*, user: User) -> str:
    """A member's id at Stripe, made at first need and written down before it is used.

    Raises GatewayUnavailable, GatewayRefused.
    """
    known = StripeCustomer.objects.filter(user=user).first()
    if known:
        return known.customer_id
    name = user.get_full_name()
    customer_id = gateway().create_customer(
        user_id=str(user.pk),
        email=user.email,
        name=name,
        # Asking twice gives one customer; a key must never come back with another name or address, though.
        idempotency_key=f"customer:{uuid.uuid5(uuid.NAMESPACE_OID, f'{user.pk} {user.email} {name}')}",
    )
    return StripeCustomer.objects.get_or_create(user=user, defaults={"customer_id": customer_id})[
        0
    ].customer_id


def keep_card(*, checkout: Checkout, intent: Intent) -> None:
    """Remember the card that paid, where its owner asked for that; safe to repeat, also once it was removed.

    Asks Stripe, so never inside a transaction. When Stripe doesn't answer, reconciliation asks again.
    """
    if not checkout.saves_card or checkout.user is None:
        return
    try:
        card = gateway().card_of(payment_method_id=intent.payment_method_id or "")
    except GatewayUnavailable:
        log.warning("The card of checkout %s waits for reconciliation", checkout.pk)
        return
    except GatewayRefused as error:
        log.warning("The card of checkout %s can't be kept: %s", checkout.pk, error)
        card = None
    with transaction.atomic():
        if card and StripeCustomer.objects.filter(user=checkout.user, customer_id=card.customer_id).exists():
            SavedCard.objects.get_or_create(
                payment_method_id=card.id,
                defaults={
                    "user": checkout.user,
                    "brand": card.brand,
                    "last4": card.last4,
                    "fingerprint": card.fingerprint,
                    "exp_month": card.exp_month,
                    "exp_year": card.exp_year,
                },
            )
        Checkout.objects.filter(pk=checkout.pk).update(saves_card=False)
    checkout.saves_card = False
    if card and card.fingerprint:
        _forget_older(card, checkout.user)


def _forget_older(card: Card, user: User) -> None:
    """The same card typed again is one card: with the expiry that it has now."""
    same = SavedCard.objects.filter(user=user, fingerprint=card.fingerprint)
    newest = same.filter(payment_method_id=card.id).first()
    if newest is None:
        return
    for older in same.filter(created_at__lt=newest.created_at):
        try:
            remove_card(card=older)
        except (GatewayUnavailable, GatewayRefused) as error:  # it stays until it is kept once more
            log.warning("The older card %s stays: %s", older.pk, error)


def keep_cards_left_behind(*, now: datetime) -> None:
    """The cards that Stripe could not be asked about when their payment was settled."""
    for checkout in Checkout.objects.with_card_to_keep(now).select_related("user"):
        try:
            intent = gateway().retrieve_intent(intent_id=checkout.intent_id or "")
        except (GatewayUnavailable, GatewayRefused) as error:
            log.warning("The card of checkout %s waits: %s", checkout.pk, error)
            continue
        keep_card(checkout=checkout, intent=intent)


def remove_card(*, card: SavedCard) -> None:
    """Have Stripe forget a card, then forget it ourselves; twice does no harm.

    Raises GatewayUnavailable: it is still kept.
    """
    try:
        gateway().detach_card(payment_method_id=card.payment_method_id)
    except GatewayRefused as refused:
        if refused.code != UNKNOWN_TO_STRIPE:
            raise
    SavedCard.objects.filter(pk=card.pk).delete()


def forget_if_gone(*, card: SavedCard) -> bool:
    """After Stripe refused a kept card: was it removed there? Then it is offered no more."""
    try:
        owner = gateway().card_of(payment_method_id=card.payment_method_id).customer_id
    except GatewayRefused:
        owner = None
    if owner is not None and StripeCustomer.objects.filter(user=card.user, customer_id=owner).exists():
        return False
    SavedCard.objects.filter(pk=card.pk).delete()
    return True
