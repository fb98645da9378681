"""From "Payer" to Stripe: freeze the cart, then ask for the money outside every lock.

The intent is created unconfirmed and its id written down before it is confirmed, so that no money can move
that our own rows don't know of, wherever a process dies.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from accounts.models import User
from booking import services as booking
from booking.models import Cart, CartLine
from courses.money import lesson_amount, to_cents
from payments.errors import (
    NothingToPay,
    PaymentDeclined,
    PaymentInProgress,
    PaymentUnavailable,
    TotalChanged,
)
from payments.gateway import Declined, GatewayRefused, GatewayUnavailable, Intent, IntentStatus, gateway
from payments.models import Checkout, CheckoutLine
from payments.services.settlement import settle_as

PAID_OR_NEARLY = frozenset({IntentStatus.SUCCEEDED, IntentStatus.PROCESSING})


@dataclass(frozen=True)
class Buyer:
    """Who pays, as typed at checkout; `password` is hashed, empty for members."""

    email: str
    first_name: str
    last_name: str
    phone: str
    address_line1: str
    city: str
    province: str
    postal_code: str
    country: str
    address_line2: str = ""
    password: str = ""


def start_checkout(
    *, cart: Cart, buyer: Buyer, user: User | None, expected_total: Decimal, now: datetime
) -> Checkout:
    """Freeze a cart and its prices, and turn its holds into paying claims.

    A cart that is already being paid for, unchanged, keeps its checkout and so its intent: trying another
    card never makes a second charge. A changed one first has its old intent cancelled.

    Raises NothingToPay, TotalChanged, PaymentInProgress, or booking's HoldsLost.
    """
    while True:
        with transaction.atomic():
            # "no key": a slot being added to this cart must not wait for us while we wait for its tutor.
            Cart.objects.select_for_update(no_key=True).get(pk=cart.pk)
            stale = Checkout.objects.unsettled().filter(cart=cart).select_for_update().first()
            if stale and stale.is_confirming(now):
                raise PaymentInProgress(stale)
            if stale is None:
                return _freeze(cart=cart, buyer=buyer, user=user, expected_total=expected_total, now=now)
            if stale.total_cad == expected_total and _unchanged(stale, cart, now):
                return _retry(checkout=stale, buyer=buyer, user=user, now=now)
        stale = cancel_checkout(checkout=stale, now=now)
        if stale.status != Checkout.Status.CANCELLED:
            raise PaymentInProgress(stale)


def _freeze(
    *, cart: Cart, buyer: Buyer, user: User | None, expected_total: Decimal, now: datetime
) -> Checkout:
    deadline = now + timedelta(minutes=settings.PAYING_MINUTES)
    cart_lines = booking.begin_payment(cart=cart, deadline=deadline, now=now)
    if not cart_lines:
        raise NothingToPay
    total = sum((line.price for line in cart_lines), Decimal(0))
    if total != expected_total:
        raise TotalChanged(total)
    checkout = Checkout.objects.create(
        cart=cart,
        user=user,
        subtotal_cad=total,
        total_cad=total,
        deadline=deadline,
        attempts=1,
        confirming_since=now,
        **asdict(buyer),
    )
    CheckoutLine.objects.bulk_create(_frozen_line(checkout, line) for line in cart_lines)
    return checkout


def _frozen_line(checkout: Checkout, line: CartLine) -> CheckoutLine:
    return CheckoutLine(
        checkout=checkout,
        cart_line=line,
        course=line.course,
        tutor=line.tutor,
        start=line.start,
        minutes=line.minutes,
        student_rate_cad=line.course.student_rate_cad,
        tutor_rate_cad=line.tutor.hourly_rate_cad,
        price_cad=line.price,
        tutor_earnings_cad=lesson_amount(line.tutor.hourly_rate_cad, line.minutes),
    )


def _unchanged(checkout: Checkout, cart: Cart, now: datetime) -> bool:
    frozen = {line.cart_line_id: line.price_cad for line in checkout.lines.all()}
    current = {line.pk: line.price for line in cart.lines.select_related("course")}
    return checkout.deadline > now and frozen == current


def _retry(*, checkout: Checkout, buyer: Buyer, user: User | None, now: datetime) -> Checkout:
    for field, value in asdict(buyer).items():
        setattr(checkout, field, value)
    checkout.user = user
    checkout.attempts += 1
    checkout.confirming_since = now
    checkout.decline_code = ""
    checkout.save()
    return checkout


def pay(*, checkout: Checkout, confirmation_token: str, return_url: str) -> Intent:
    """Create the intent (once per checkout) and confirm it with the card behind the token.

    Returns the intent as Stripe left it: succeeded, requires_action (3-D Secure), processing, or, when Stripe
    fell silent after it may have charged, as last known. The return page settles whatever it turns out to be.

    Raises PaymentDeclined and PaymentUnavailable; neither took any money.
    """
    try:
        intent = _intent_of(checkout)
    except GatewayUnavailable as error:
        _confirmed(checkout)
        raise PaymentUnavailable from error
    if intent.status in PAID_OR_NEARLY:
        return intent
    try:
        intent = gateway().confirm_intent(
            intent_id=intent.id,
            confirmation_token=confirmation_token,
            return_url=return_url,
            idempotency_key=f"confirm:{checkout.pk}:{checkout.attempts}",
        )
    except Declined as error:
        _confirmed(checkout, decline_code=error.decline_code or error.code)
        raise PaymentDeclined(checkout) from error
    except GatewayRefused as error:
        # A token used twice, or an intent that moved on meanwhile: what it is now decides.
        intent = gateway().retrieve_intent(intent_id=intent.id)
        _confirmed(checkout)
        if intent.status not in PAID_OR_NEARLY:
            raise PaymentUnavailable from error
        return intent
    except GatewayUnavailable:
        return intent
    _confirmed(checkout)
    return intent


def _intent_of(checkout: Checkout) -> Intent:
    """The checkout's intent; asking twice gives the same one, by its idempotency key."""
    if checkout.intent_id:
        return gateway().retrieve_intent(intent_id=checkout.intent_id)
    intent = gateway().create_intent(
        checkout_id=str(checkout.pk),
        amount=to_cents(checkout.total_cad),
        currency=checkout.currency,
        idempotency_key=f"intent:{checkout.pk}",
    )
    checkout.intent_id = intent.id
    Checkout.objects.filter(pk=checkout.pk).update(intent_id=intent.id)
    return intent


def _confirmed(checkout: Checkout, *, decline_code: str = "") -> None:
    """The try is over, whatever came of it: the next one may begin."""
    checkout.decline_code = decline_code
    Checkout.objects.filter(pk=checkout.pk, attempts=checkout.attempts).update(
        confirming_since=None, decline_code=decline_code
    )


def cancel_checkout(*, checkout: Checkout, now: datetime) -> Checkout:
    """Give a checkout up: cancel its intent at Stripe first, and only then let go of the slots.

    An intent that turns out to be paid is settled instead, one that the bank still thinks about left alone:
    look at the status. Raises GatewayUnavailable: nothing was let go.
    """
    intent = gateway().cancel_intent(intent_id=_intent_of(checkout).id)
    return settle_as(intent=intent, now=now) or checkout
