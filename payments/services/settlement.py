"""The only way from money to lessons.

Whoever learns first that an intent moved (Stripe's webhook, the return page, reconciliation) calls `settle`.
It re-reads the intent at Stripe and acts on what it *is*, any number of times, with one result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import create_account
from booking import services as booking
from courses.money import from_cents, to_cents
from home.formats import money
from notifications.services import Event, MailTo, record
from notifications.signups import signup
from payments import events, mails
from payments.errors import MoneyDiffers, NotEnoughCredits
from payments.gateway import Intent, IntentStatus, gateway
from payments.models import Checkout, CheckoutLine, CreditEntry, Order, OrderLine, Refund, Review
from payments.services import coupons
from payments.services.cards import keep_card
from payments.services.credits import add_entry, credit_line
from payments.services.refunds import promise_refund, try_to_send_refund
from payments.services.reviews import open_review
from payments.services.unanswered import answered

# What settling changes of a checkout.
SETTLING = ("status", "user", "made_account", "settled_at", "confirming_since", "decline_code", "password")


def settle(*, intent_id: str, now: datetime, asking: User | None = None) -> Checkout | None:
    """Bring our rows into line with an intent; None when it is none of ours. Whose page is `asking` needn't
    be read again.

    Raises GatewayUnavailable when Stripe doesn't answer, booking's TryAgain when the database keeps us
    waiting: nothing is changed then, and a later call will do.
    """
    return settle_as(intent=gateway().retrieve_intent(intent_id=intent_id), now=now, asking=asking)


def settle_as(*, intent: Intent, now: datetime, asking: User | None = None) -> Checkout | None:
    """`settle` for an intent that was read at Stripe a moment ago."""
    try:
        checkout, refunds = _act_on(intent=intent, now=now, asking=asking)
    except NotEnoughCredits as error:
        checkout, refunds = _hand_over_short(intent_id=intent.id, missing=error, now=now), []
    if checkout is None:
        _look_for_lost_money(intent, now=now)
    _send(refunds, now=now)
    if checkout and checkout.status == Checkout.Status.SETTLED:
        keep_card(checkout=checkout, intent=intent)
    return checkout


def settle_free(*, checkout: Checkout, now: datetime) -> Checkout:
    """Settle a checkout that credits or a coupon pay in full: there is nothing to ask of Stripe.

    Raises NotEnoughCredits and booking's TryAgain; nothing is changed then.
    """
    with booking.claiming():
        checkout = _locked(Q(pk=checkout.pk)) or checkout
        if checkout.status == Checkout.Status.PAYING and not checkout.total_cad:
            _finalise(checkout, now=now)  # what goes back goes back as credits, at once
    return checkout


def settle_anyway(*, intent: Intent, now: datetime) -> Checkout:
    """Settle a checkout that waits for a person, who has decided so, with money that is right to the cent.

    Raises MoneyDiffers, NotEnoughCredits and booking's TryAgain; nothing is changed then.
    """
    with booking.claiming():
        checkout = _locked(Q(intent_id=intent.id))
        if checkout and checkout.status == Checkout.Status.SETTLED:
            return checkout
        if checkout is None or checkout.status != Checkout.Status.REVIEW:
            raise MoneyDiffers
        right = (IntentStatus.SUCCEEDED, to_cents(checkout.total_cad), checkout.currency)
        if (intent.status, intent.amount_received, intent.currency) != right:
            raise MoneyDiffers
        refunds = _finalise(checkout, now=now)
    _send(refunds, now=now)
    return checkout


def release(*, checkout: Checkout, unknown_intent: str | None = None, now: datetime) -> Checkout:
    """Let go of a checkout that Stripe was never asked about: no intent, so nobody could have paid it. Or of
    one whose intent is `unknown_intent`, which Stripe has said a moment ago that it doesn't know.
    """
    with booking.claiming():
        checkout = _locked(Q(pk=checkout.pk)) or checkout
        if checkout.status == Checkout.Status.PAYING and checkout.intent_id == unknown_intent:
            _let_go(checkout, now=now)
    return checkout


def _act_on(*, intent: Intent, now: datetime, asking: User | None) -> tuple[Checkout | None, list[Refund]]:
    """Also gives the refunds that Stripe is to be asked for once this is committed."""
    with booking.claiming():
        checkout = _locked(Q(intent_id=intent.id))
        if checkout is None:
            return None, []
        if checkout.status in Checkout.FINAL:
            return checkout, _left_behind(checkout)
        if intent.status == IntentStatus.SUCCEEDED:
            mismatch = _mismatch(checkout, intent)
            if not mismatch:
                if asking and asking.pk == checkout.user_id:
                    checkout.user = asking
                return checkout, _finalise(checkout, now=now)
            _hand_to_a_person(checkout, mismatch, now=now)
        elif checkout.status == Checkout.Status.CANCELLED:
            pass  # its lines may be in a newer checkout by now
        elif intent.status == IntentStatus.CANCELED:
            _let_go(checkout, now=now)
        elif intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD:
            checkout.decline_code = intent.decline_code or intent.error_code or ""
            checkout.save(update_fields=["decline_code"])
        return checkout, []


def _left_behind(checkout: Checkout) -> list[Refund]:
    """What a process promised that died before it could ask Stripe."""
    return list(
        Refund.objects.filter(order__checkout=checkout, status=Refund.Status.PENDING, stripe_refund_id="")
    )


def _locked(which: Q) -> Checkout | None:
    """The first lock of all: after it come order, order lines, tutors' time and the ledger, always so.

    Without its user: PostgreSQL gives who waited for the row as it is now, but what was joined to it as it
    was before, so that an account which was made meanwhile would seem not to be there.
    """
    with suppress(Checkout.DoesNotExist):
        return Checkout.objects.select_for_update().get(which)
    return None


def _mismatch(checkout: Checkout, intent: Intent) -> str:
    """Why this money can't be this checkout's; empty when it is."""
    if intent.checkout_id != str(checkout.pk):
        return _("Le paiement nomme un autre passage à la caisse : %(other)s.") % {
            "other": intent.checkout_id or "–"
        }
    if intent.currency != checkout.currency:
        return _("Le paiement est en %(currency)s.") % {"currency": intent.currency.upper()}
    if intent.amount_received != to_cents(checkout.total_cad):
        return _("%(received)s reçus; le panier coûtait %(expected)s.") % {
            "received": money(from_cents(intent.amount_received)),
            "expected": money(checkout.total_cad),
        }
    return ""


def _hand_to_a_person(checkout: Checkout, problem: str, *, now: datetime) -> None:
    """The money stays where it is, and so do the slots, until somebody has decided."""
    checkout.status = Checkout.Status.REVIEW
    checkout.problem = problem
    checkout.confirming_since = None
    checkout.save(update_fields=["status", "problem", "confirming_since"])
    answered(checkout=checkout, resolution=_("Payé depuis."), now=now)
    open_review(
        kind=Review.Kind.MISMATCH, subject=str(checkout.pk), detail=problem, checkout=checkout, now=now
    )
    mails.record_payment_held(checkout, now=now)


@transaction.atomic
def _hand_over_short(*, intent_id: str, missing: NotEnoughCredits, now: datetime) -> Checkout | None:
    """The card has paid its part, but the ledger no longer holds the credits that were to pay the rest."""
    checkout = _locked(Q(intent_id=intent_id))
    if checkout and checkout.status not in Checkout.FINAL:
        problem = _("%(credits)s de crédits étaient promis; il n’en reste que %(balance)s.") % {
            "credits": money(checkout.credits_cad),
            "balance": money(missing.balance),
        }
        _hand_to_a_person(checkout, problem, now=now)
    return checkout


def _look_for_lost_money(intent: Intent, *, now: datetime) -> None:
    """Money that names a checkout of ours which doesn't know of it is nobody's until a person looks."""
    if intent.status != IntentStatus.SUCCEEDED or not intent.checkout_id:
        return
    with suppress(ValidationError):
        checkout = Checkout.objects.filter(pk=intent.checkout_id).first()
        if checkout:
            open_review(
                kind=Review.Kind.MISMATCH,
                subject=intent.id,
                detail=_("Un autre paiement que le sien nomme ce passage à la caisse."),
                checkout=checkout,
                now=now,
            )


def _let_go(checkout: Checkout, *, now: datetime) -> None:
    line_ids = [line.cart_line_id for line in checkout.lines.all() if line.cart_line_id]
    booking.end_payment(line_ids=line_ids, now=now)
    coupons.release(checkout=checkout)
    checkout.status = Checkout.Status.CANCELLED
    checkout.confirming_since = None
    checkout.save(update_fields=["status", "confirming_since"])
    answered(checkout=checkout, resolution=_("Annulé depuis."), now=now)
    if now >= checkout.deadline:  # who gave it up before then knows
        mails.record_payment_failed(checkout, now=now)


def _finalise(checkout: Checkout, *, now: datetime) -> list[Refund]:
    """Account, order, lessons, credits, coupon, events: all of them or none. Gives the refunds to be sent."""
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
    frozen = list(checkout.lines.select_related("course", "tutor__user"))
    lines = _book(frozen, order, user, now=now)
    order.booked = [line.appointment is not None for line in lines]  # the page that asked needn't read them
    if checkout.credits_cad:
        add_entry(
            user=user, amount=-checkout.credits_cad, cause=CreditEntry.Cause.SPENT, now=now, order=order
        )
    refunds = _give_back([line for line in lines if line.appointment is None], checkout, order, now=now)
    coupons.redeem(checkout=checkout, now=now)
    # Booked or given back, they leave the cart. What was added to it meanwhile stays.
    booking.leave_cart(line_ids=[line.cart_line_id for line in frozen if line.cart_line_id])

    checkout.status = Checkout.Status.SETTLED
    checkout.user = user
    checkout.made_account = is_new
    checkout.settled_at = now
    checkout.confirming_since = None
    checkout.decline_code = ""
    checkout.password = ""
    checkout.save(update_fields=SETTLING)
    answered(checkout=checkout, resolution=_("Réglé depuis."), now=now)

    told: list[Event | MailTo] = [signup(user)] if is_new else []
    told += [events.booking_created(order, lines), *mails.confirmation_mails(order, lines)]
    record(*told, now=now)
    return refunds


def _book(frozen: Sequence[CheckoutLine], order: Order, user: User, *, now: datetime) -> list[OrderLine]:
    """Each frozen line becomes a lesson, or a line without one whose money goes back. Never neither."""
    lessons = booking.book_lessons(
        paid=[
            booking.Paid(line.course, line.tutor, line.start, line.minutes, line.cart_line_id)
            for line in frozen
        ],
        student=user,
        now=now,
    )
    return OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            appointment=lesson,
            earnings=OrderLine.Earnings.SCHEDULED if lesson else OrderLine.Earnings.CANCELLED,
            **line.frozen(),
        )
        for line, lesson in zip(frozen, lessons, strict=True)
    )


def _give_back(gone: list[OrderLine], checkout: Checkout, order: Order, *, now: datetime) -> list[Refund]:
    """What was paid for lessons whose time is gone: to the card, or as credits for who preferred them."""
    if checkout.prefers_credit:
        for line in gone:
            credit_line(line=line, cause=CreditEntry.Cause.SLOT_TAKEN, now=now)
        return []
    amounts = {line.pk: line.paid_cad for line in gone if line.paid_cad}
    if not amounts:
        return []
    return [
        promise_refund(
            order=order,
            amounts=amounts,
            reason=_("La plage n’était plus libre."),
            source=Refund.Source.SLOT_TAKEN,
            now=now,
        )
    ]


def _send(refunds: Iterable[Refund], *, now: datetime) -> None:
    for refund in refunds:
        try_to_send_refund(refund_id=refund.pk, now=now)


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
    """`2026-00042`: the school's year, and a number that is never given twice; a rolled back order leaves a
    gap.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('payments_order_number')")
        return f"{timezone.localtime(now):%Y}-{cursor.fetchone()[0]:05d}"
