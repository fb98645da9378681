"""From "Payer" to Stripe: freeze the cart, then ask for the money outside every lock.

The intent is created unconfirmed and its id written down before it is confirmed, so that no money can move
that our own rows don't know of, wherever a process dies.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from accounts.models import User
from booking import services as booking
from booking.errors import HoldsLost
from booking.models import Cart, CartLine
from courses.money import lesson_amount, to_cents
from payments.errors import (
    CardGone,
    CartChanged,
    NothingToPay,
    PaymentDeclined,
    PaymentInProgress,
    PaymentUnavailable,
    TriedBefore,
)
from payments.gateway import Declined, GatewayRefused, GatewayUnavailable, Intent, IntentStatus, gateway
from payments.models import Checkout, CheckoutLine, SavedCard
from payments.services import coupons
from payments.services.cards import customer_of, forget_if_gone
from payments.services.credits import lock_ledger
from payments.services.quotes import CartQuote, cart_quote
from payments.services.settlement import settle_as, settle_free
from payments.services.shown import Shown, changes

log = logging.getLogger(__name__)

PAID_OR_NEARLY = frozenset({IntentStatus.SUCCEEDED, IntentStatus.PROCESSING})
WITHOUT_A_CARD = frozenset({IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION})


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


@dataclass(frozen=True)
class Wishes:
    """How a member wants to pay; a guest has none of these."""

    use_credits: bool = False
    save_card: bool = False
    prefers_credit: bool = False
    """When a time turns out to be taken: a credit rather than a refund."""


NO_WISHES = Wishes()


def start_checkout(
    *,
    cart: Cart,
    buyer: Buyer,
    user: User | None,
    shown: Shown | None,
    wishes: Wishes = NO_WISHES,
    now: datetime,
) -> Checkout:
    """Freeze a cart, its prices, its coupon's use and the credits to be spent, and turn its holds into paying
    claims. One that costs nothing is settled in the same transaction: look at the status.

    `shown` is what the buyer has agreed to; None for something that no page of ours showed. A cart that is
    already being paid for, at the same price, keeps its checkout and so its intent: trying another card never
    makes a second charge. One that changed first has its old intent cancelled.

    Raises CartChanged when the cart costs something else by now, NothingToPay, PaymentInProgress, or
    booking's HoldsLost and LinesNotBookable; nothing was charged or kept then.
    """
    while True:
        with transaction.atomic():
            # "no key": a slot being added to this cart must not wait for us while we wait for its tutor.
            cart = Cart.objects.select_for_update(no_key=True).get(pk=cart.pk)
            stale = Checkout.objects.unsettled().of_cart(cart).select_for_update().first()
            if stale is None:
                return _freeze(cart=cart, buyer=buyer, user=user, shown=shown, wishes=wishes, now=now)
            if stale.is_confirming(now):
                raise PaymentInProgress(stale)
            if _unchanged(stale, cart=cart, user=user, shown=shown, wishes=wishes, now=now):
                return _retry(checkout=stale, buyer=buyer, user=user, wishes=wishes, now=now)
        stale = cancel_checkout(checkout=stale, now=now)
        if stale.status != Checkout.Status.CANCELLED:
            raise PaymentInProgress(stale)


def _freeze(
    *, cart: Cart, buyer: Buyer, user: User | None, shown: Shown | None, wishes: Wishes, now: datetime
) -> Checkout:
    deadline = now + timedelta(minutes=settings.PAYING_MINUTES)
    lines = booking.begin_payment(cart=cart, deadline=deadline, now=now)
    if not lines:
        raise NothingToPay
    # Whoever else wants the last use of this coupon, or these credits, waits here, and then sees ours taken.
    if cart.coupon_code:
        coupons.lock_coupon(code=cart.coupon_code)
    if user and wishes.use_credits:
        lock_ledger(user=user)
    priced = cart_quote(cart=cart, user=user, use_credits=wishes.use_credits, lines=lines, now=now)
    if different := changes(shown, priced):
        raise CartChanged(different)
    checkout = Checkout.objects.create(
        cart=cart,
        user=user,
        subtotal_cad=priced.amounts.subtotal,
        discount_cad=priced.amounts.discount,
        coupon_code=priced.coupon.code if priced.coupon else "",
        credits_cad=priced.amounts.credits,
        total_cad=priced.amounts.total,
        prefers_credit=wishes.prefers_credit,
        saves_card=wishes.save_card and bool(priced.amounts.total),
        deadline=deadline,
        attempts=1,
        confirming_since=now,
        **asdict(buyer),
    )
    CheckoutLine.objects.bulk_create(_frozen_lines(checkout, priced))
    if priced.coupon:
        coupons.reserve(coupon=priced.coupon, checkout=checkout, now=now)
    # Nothing to wait for: it never exists half done.
    return checkout if checkout.total_cad else settle_free(checkout=checkout, now=now)


def _frozen_lines(checkout: Checkout, priced: CartQuote) -> list[CheckoutLine]:
    shares = zip(priced.lines, priced.amounts.discounts, priced.amounts.credit_shares, strict=True)
    return [_frozen_line(checkout, line, discount, credits_) for line, discount, credits_ in shares]


def _frozen_line(checkout: Checkout, line: CartLine, discount: Decimal, credits_: Decimal) -> CheckoutLine:
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
        discount_cad=discount,
        credits_cad=credits_,
        tutor_earnings_cad=lesson_amount(line.tutor.hourly_rate_cad, line.minutes),
    )


def _unchanged(
    checkout: Checkout,
    *,
    cart: Cart,
    user: User | None,
    shown: Shown | None,
    wishes: Wishes,
    now: datetime,
) -> bool:
    """Whether a checkout under way is what the cart costs now, to the line. Raises CartChanged when the
    buyer saw something else, HoldsLost.
    """
    lines = list(cart.lines.with_hold().select_related("course", "tutor"))
    if lost := [line for line in lines if line.hold is None]:
        raise HoldsLost(lost)
    priced = cart_quote(
        cart=cart, user=user, use_credits=wishes.use_credits, lines=lines, checkout=checkout, now=now
    )
    if different := changes(shown, priced):
        raise CartChanged(different)
    frozen = {
        line.cart_line_id: (line.price_cad, line.discount_cad, line.credits_cad)
        for line in checkout.lines.all()
    }
    amounts = zip(lines, priced.amounts.discounts, priced.amounts.credit_shares, strict=True)
    return (
        checkout.deadline > now
        and checkout.user_id == (user.pk if user else None)
        and checkout.coupon_code == (priced.coupon.code if priced.coupon else "")
        and frozen == {line.pk: (line.price, discount, credits_) for line, discount, credits_ in amounts}
    )


def _retry(*, checkout: Checkout, buyer: Buyer, user: User | None, wishes: Wishes, now: datetime) -> Checkout:
    for field, value in asdict(buyer).items():
        setattr(checkout, field, value)
    checkout.user = user
    checkout.prefers_credit = wishes.prefers_credit
    checkout.saves_card = wishes.save_card
    checkout.attempts += 1
    checkout.confirming_since = now
    checkout.decline_code = ""
    checkout.save()
    return checkout


def pay(
    *,
    checkout: Checkout,
    return_url: str,
    confirmation_token: str | None = None,
    kept_card: SavedCard | None = None,
    in_page: bool = True,
    now: datetime,
) -> Intent:
    """Create the intent (once per checkout) and confirm it with a kept card of the buyer's, else with the
    card behind the token.

    Returns the intent as Stripe left it: succeeded, requires_action (3-D Secure), processing, or, when Stripe
    fell silent after it may have charged, as last known. The return page settles whatever it turns out to be.

    `in_page` is False for a browser without scripts, which asks the bank's question at `redirect_url`.

    Raises PaymentDeclined, CardGone, TriedBefore and PaymentUnavailable; none of them took any money.
    """
    try:
        intent = _intent_for(checkout, needs_customer=bool(kept_card) or checkout.saves_card)
    except (GatewayUnavailable, GatewayRefused) as error:
        log.warning("No intent for checkout %s: %s", checkout.pk, error)
        _confirmed(checkout)
        raise PaymentUnavailable from error
    if intent.status in PAID_OR_NEARLY:
        return intent
    if (kept_card or checkout.saves_card) and intent.customer_id is None:
        _give_up(checkout, now=now)
        raise TriedBefore
    try:
        intent = gateway().confirm_intent(
            intent_id=intent.id,
            confirmation_token=None if kept_card else confirmation_token,
            payment_method_id=kept_card.payment_method_id if kept_card else None,
            save_card=checkout.saves_card,
            in_page=in_page,
            return_url=return_url,
            idempotency_key=f"confirm:{checkout.pk}:{checkout.attempts}",
        )
    except Declined as error:
        _confirmed(checkout, decline_code=error.decline_code or error.code)
        raise PaymentDeclined(checkout) from error
    except GatewayRefused as error:
        # A token used twice, a card removed at Stripe, or an intent that moved on: what it is now decides.
        return _after_refusal(checkout, intent, kept_card, error)
    except GatewayUnavailable:
        return intent
    _confirmed(checkout)
    return intent


def _after_refusal(
    checkout: Checkout, intent: Intent, kept_card: SavedCard | None, error: GatewayRefused
) -> Intent:
    log.warning("Stripe refused to confirm checkout %s: %s", checkout.pk, error)
    intent = gateway().retrieve_intent(intent_id=intent.id)
    gone = intent.status not in PAID_OR_NEARLY and kept_card is not None and forget_if_gone(card=kept_card)
    _confirmed(checkout)
    if intent.status in PAID_OR_NEARLY:
        return intent
    raise (CardGone if gone else PaymentUnavailable) from error


def _intent_for(checkout: Checkout, *, needs_customer: bool) -> Intent:
    """The checkout's intent, of its buyer as Stripe's customer where that is needed and can still be told."""
    intent = _intent_of(checkout)
    if needs_customer and checkout.user and intent.customer_id is None and intent.status in WITHOUT_A_CARD:
        return gateway().update_intent(intent_id=intent.id, customer_id=customer_of(user=checkout.user))
    return intent


def _intent_of(checkout: Checkout) -> Intent:
    """The checkout's intent; asking twice gives the same one, by its idempotency key. So everything that the
    call says is frozen: a customer, who may be needed by the second try only, is told afterwards.
    """
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


def _give_up(checkout: Checkout, *, now: datetime) -> None:
    try:
        cancel_checkout(checkout=checkout, now=now)
    except (GatewayUnavailable, GatewayRefused) as error:
        raise PaymentUnavailable from error
    finally:
        _confirmed(checkout)


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
