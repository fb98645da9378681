"""The only way from money to lessons.

Whoever learns first that an intent moved (Stripe's webhook, the return page, reconciliation) calls `settle`.
It re-reads the intent at Stripe and acts on what it *is*, any number of times, with one result.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import create_account
from booking import services as booking
from booking.models import CartLine
from courses.money import to_cents
from payments import events, mails
from payments.gateway import GatewayUnavailable, Intent, IntentStatus, gateway
from payments.models import Checkout, CheckoutLine, CreditEntry, Order, OrderLine, Refund, Review
from payments.services import coupons
from payments.services.credits import add_entry, credit_line
from payments.services.refunds import promise_refund, send_refund
from payments.services.reviews import open_review

log = logging.getLogger(__name__)


def settle(*, intent_id: str, now: datetime) -> Checkout | None:
    """Bring our rows into line with an intent; None when it is none of ours.

    Raises GatewayUnavailable when Stripe doesn't answer: nothing is changed then, and a later call will do.
    """
    return settle_as(intent=gateway().retrieve_intent(intent_id=intent_id), now=now)


def settle_as(*, intent: Intent, now: datetime) -> Checkout | None:
    """`settle` for an intent that was read at Stripe a moment ago."""
    checkout = _act_on(intent=intent, now=now)
    if checkout and checkout.status == Checkout.Status.SETTLED:
        for refund in checkout.order.refunds.filter(status=Refund.Status.PENDING):
            try:
                send_refund(refund_id=refund.pk, now=now)
            except GatewayUnavailable:
                log.warning("Refund %s waits for reconciliation", refund.pk)
    return checkout


@transaction.atomic
def _act_on(*, intent: Intent, now: datetime) -> Checkout | None:
    checkout = Checkout.objects.select_for_update(of=["self"]).filter(intent_id=intent.id).first()
    if checkout is None or checkout.status in Checkout.FINAL:
        return checkout
    if intent.status == IntentStatus.SUCCEEDED:
        mismatch = _mismatch(checkout, intent)
        if mismatch:
            _hand_to_a_person(checkout, mismatch, now=now)
        else:
            _finalise(checkout, now=now)
    elif checkout.status == Checkout.Status.CANCELLED:
        pass  # its lines may be in a newer checkout by now
    elif intent.status == IntentStatus.CANCELED:
        _let_go(checkout, now=now)
    elif intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD:
        checkout.decline_code = intent.decline_code or intent.error_code or ""
        checkout.save(update_fields=["decline_code"])
    return checkout


def _mismatch(checkout: Checkout, intent: Intent) -> str:
    """Why this money can't be this checkout's; empty when it is."""
    expected = (to_cents(checkout.total_cad), checkout.currency, str(checkout.pk))
    paid = (intent.amount_received, intent.currency, intent.checkout_id)
    return "" if paid == expected else f"expected {expected}, Stripe says {paid}"


def _hand_to_a_person(checkout: Checkout, problem: str, *, now: datetime) -> None:
    checkout.status = Checkout.Status.REVIEW
    checkout.problem = problem
    checkout.save(update_fields=["status", "problem"])
    open_review(
        kind=Review.Kind.MISMATCH, subject=str(checkout.pk), detail=problem, checkout=checkout, now=now
    )


def _let_go(checkout: Checkout, *, now: datetime) -> None:
    line_ids = [line.cart_line_id for line in checkout.lines.all() if line.cart_line_id]
    booking.end_payment(line_ids=line_ids, now=now)
    coupons.release(checkout=checkout)
    checkout.status = Checkout.Status.CANCELLED
    checkout.confirming_since = None
    checkout.save(update_fields=["status", "confirming_since"])


def _finalise(checkout: Checkout, *, now: datetime) -> None:
    """Account, order, credits, coupon, lessons, events: all of them or none."""
    user, is_new = _account_of(checkout)
    order = Order.objects.create(
        number=_next_number(now),
        status=Order.Status.PAID,
        user=user,
        checkout=checkout,
        currency=checkout.currency,
        subtotal_cad=checkout.subtotal_cad,
        discount_cad=checkout.discount_cad,
        credits_cad=checkout.credits_cad,
        total_cad=checkout.total_cad,
        coupon_code=checkout.coupon_code,
        intent_id=checkout.intent_id or "",
    )
    if checkout.credits_cad:
        add_entry(
            user=user, amount=-checkout.credits_cad, cause=CreditEntry.Cause.SPENT, now=now, order=order
        )
    coupons.redeem(checkout=checkout, now=now)
    lines = _book(checkout, order, user, now=now)
    # Booked lines have left the cart; those that are refunded leave it too. What was added meanwhile stays.
    CartLine.objects.filter(pk__in=[line.cart_line_id for line in checkout.lines.all()]).delete()

    checkout.status = Checkout.Status.SETTLED
    checkout.user = user
    checkout.made_account = is_new
    checkout.settled_at = now
    checkout.confirming_since = None
    checkout.password = ""
    checkout.save()

    if is_new:
        events.record_signup(user, now=now)
    events.record_booking_created(order, lines, now=now)
    mails.record_confirmation(order, lines, now=now)


def _book(checkout: Checkout, order: Order, user: User, *, now: datetime) -> list[OrderLine]:
    """Each frozen line becomes a lesson; one whose time is gone becomes a refund. Never neither."""
    frozen = list(checkout.lines.select_related("course", "tutor"))
    booking.lock_tutors(tutor_ids=[line.tutor_id for line in frozen])
    lines = [_book_line(line, order, user, now=now) for line in frozen]
    _give_back([line for line in lines if line.appointment is None], checkout, order, now=now)
    return lines


def _give_back(gone: list[OrderLine], checkout: Checkout, order: Order, *, now: datetime) -> None:
    """What was paid for lessons whose time is gone: to the card, or as credits for who preferred them."""
    if checkout.prefers_credit:
        for line in gone:
            credit_line(line=line, cause=CreditEntry.Cause.SLOT_TAKEN, now=now)
    elif amounts := {line.pk: line.paid_cad for line in gone if line.paid_cad}:
        promise_refund(
            order=order,
            amounts=amounts,
            reason=_("La plage n’était plus libre."),
            source=Refund.Source.SLOT_TAKEN,
            now=now,
        )


def _book_line(frozen: CheckoutLine, order: Order, user: User, *, now: datetime) -> OrderLine:
    lesson = booking.book_lesson(
        course=frozen.course,
        tutor=frozen.tutor,
        start=frozen.start,
        minutes=frozen.minutes,
        student=user,
        cart_line_id=frozen.cart_line_id,
        now=now,
    )
    return OrderLine.objects.create(
        order=order,
        appointment=lesson,
        earnings=OrderLine.Earnings.SCHEDULED if lesson else OrderLine.Earnings.CANCELLED,
        **frozen.frozen(),
    )


def _account_of(checkout: Checkout) -> tuple[User, bool]:
    """The buyer's account, and whether this payment made it.

    A guest whose e-mail got an account since checkout began is given that one: the lessons must belong to
    somebody, and a payment proves nothing about an address, so nobody is logged in by it.
    """
    if checkout.user:
        return checkout.user, False
    existing = User.objects.with_email(checkout.email)
    if existing:
        return existing, False
    try:
        account = create_account(
            email=checkout.email,
            first_name=checkout.first_name,
            last_name=checkout.last_name,
            phone=checkout.phone,
            role=Role.STUDENT,
            password_hash=checkout.password,
        )
    except IntegrityError:  # made this very moment, by another payment
        return User.objects.get_by_natural_key(checkout.email), False
    return account, True


def _next_number(now: datetime) -> str:
    """`2026-00042`: a year and a number that is never given twice; a rolled back order leaves a gap."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('payments_order_number')")
        return f"{now:%Y}-{cursor.fetchone()[0]:05d}"
