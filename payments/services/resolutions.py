"""What a person can do about what waits in "À traiter".

Every function may be repeated, by a second click or a second admin: money moves once, by keys and locks, and
the one who comes second is told. Stripe is asked outside transactions; its answer is written down, the case
closed and logged in one. Locks: checkout or order first, then the review.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log as audit

from accounts.models import User
from booking import services as booking
from courses.money import from_cents
from home.formats import money
from payments import mails
from payments.errors import MoneyDiffers, NoteMissing, RefundNotTaken, ReviewClosed, StillOpen
from payments.gateway import GatewayRefused, RefundResult, RefundStatus, gateway
from payments.models import Checkout, Order, Refund, Review
from payments.services import coupons, webhooks
from payments.services.checkout import cancel_checkout
from payments.services.refunds import promise_refund, send_refund
from payments.services.reviews import close_reviews
from payments.services.settlement import release, settle, settle_anyway, settle_as
from payments.services.unanswered import is_unknown, show_unanswered

log = logging.getLogger(__name__)

RESOLVED = "payments.review.resolved"
LOOKED_INTO = "payments.review.looked_into"
NO_MONEY_BACK = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})
Kind = Review.Kind


def refund_everything(*, review: Review, by: User, now: datetime) -> str:
    """Give all that is left of a payment back to its card, at Stripe: it has no order here.

    Raises ReviewClosed, RefundNotTaken, GatewayUnavailable, GatewayRefused.
    """
    checkout = _checkout_of(_open(review))
    intent_id = stray_intent(review)
    if not intent_id:
        intent_id = checkout.intent_id or ""
        _close_checkout(checkout, review, now=now)
    intent = gateway().retrieve_intent(intent_id=intent_id)
    refunds = gateway().list_refunds(intent_id=intent_id)
    left = intent.amount_received - _returned(refunds)
    if left:
        result = gateway().refund(
            intent_id=intent_id,
            amount=left,
            # Whoever asks at the same time has seen the same refunds, and so asks by the same key.
            idempotency_key=f"review:{review.pk}:{left}:{len(refunds)}",
            refund_id=str(review.pk),
            reason=_("Paiement sans réservation."),
        )
        if result.status in NO_MONEY_BACK:
            raise RefundNotTaken(result.failure or result.status)
    amount = from_cents(intent.amount_received)
    resolution = _("%(amount)s remboursés sur la carte.") % {"amount": money(amount)}
    with transaction.atomic():
        review = _open(review, lock=True)
        mails.record_payment_returned(checkout, amount, now=now)
        _resolve(review, resolution, by=by, now=now)
    return resolution


def book_anyway(*, review: Review, by: User, now: datetime) -> str:
    """Settle a checkout whose money is right to the cent after all, as if nothing had been wrong.

    Raises ReviewClosed, MoneyDiffers, NotEnoughCredits, booking's TryAgain, GatewayUnavailable.
    """
    checkout = _checkout_of(_open(review))
    if stray_intent(review):
        raise MoneyDiffers
    intent = gateway().retrieve_intent(intent_id=checkout.intent_id or "")
    if _returned(gateway().list_refunds(intent_id=intent.id)):
        raise MoneyDiffers
    checkout = settle_anyway(intent=intent, now=now)
    resolution = _("Réservé quand même : commande %(number)s.") % {"number": checkout.order.number}
    with transaction.atomic():
        review = _open(review, lock=True)
        review.order = checkout.order
        _resolve(review, resolution, by=by, now=now)
    return resolution


@transaction.atomic
def settle_by_hand(*, review: Review, note: str, by: User, now: datetime) -> str:
    """A person has seen to it by other means, and says how; a payment's slots are free again.

    Raises ReviewClosed, NoteMissing.
    """
    if not note.strip():
        raise NoteMissing
    if review.kind == Kind.MISMATCH and review.checkout and not stray_intent(review):
        _close_checkout(review.checkout, review, now=now)
    _resolve(_open(review, lock=True), note.strip(), by=by, now=now)
    return note.strip()


def ask_stripe(*, review: Review, by: User, now: datetime) -> str:
    """Look at Stripe now; what moved there has closed the review. Raises ReviewClosed, StillOpen,
    GatewayUnavailable, GatewayRefused, booking's TryAgain.
    """
    review = _open(review)
    if review.refund:
        said = send_refund(refund_id=review.refund.pk, now=now).get_status_display()
        moved = not Refund.objects.filter(pk=review.refund.pk, status=Refund.Status.PENDING).exists()
    else:
        checkout = _checkout_of(review)
        if checkout.intent_id:
            try:
                checkout = settle(intent_id=checkout.intent_id, now=now) or checkout
            except GatewayRefused as refused:
                return _say_unknown(review, checkout, refused, by=by, now=now)
            show_unanswered(checkout=checkout, known=True, now=now)
        said = checkout.get_status_display()
        moved = checkout.status != Checkout.Status.PAYING
    return _say(review, said, moved=moved, by=by, now=now)


def cancel_at_stripe(*, review: Review, by: User, now: datetime) -> str:
    """Give a payment up: at Stripe first, only then are its slots free. One that turns out to be paid is
    settled. Raises as `ask_stripe`.
    """
    checkout = _checkout_of(_open(review))
    if checkout.intent_id:
        try:
            checkout = cancel_checkout(checkout=checkout, now=now)
        except GatewayRefused as refused:
            return _say_unknown(review, checkout, refused, by=by, now=now)
    else:
        checkout = release(checkout=checkout, now=now)
    moved = checkout.status != Checkout.Status.PAYING
    return _say(review, checkout.get_status_display(), moved=moved, by=by, now=now)


def free_unknown(*, review: Review, note: str, by: User, now: datetime) -> str:
    """Free the slots of a payment that Stripe, asked again now, doesn't know; `note` says how one is sure
    that nothing was paid. One that it knows after all is settled as it is. Were it found paid later, under
    other keys, it would be booked or refunded as any that was given up. Raises NoteMissing, and as
    `ask_stripe`.
    """
    if not note.strip():
        raise NoteMissing
    checkout = _checkout_of(_open(review))
    try:
        intent = gateway().retrieve_intent(intent_id=checkout.intent_id or "")
    except GatewayRefused as refused:
        if not is_unknown(refused):
            raise
    else:
        checkout = settle_as(intent=intent, now=now) or checkout
        show_unanswered(checkout=checkout, known=True, now=now)
        moved = checkout.status != Checkout.Status.PAYING
        return _say(review, checkout.get_status_display(), moved=moved, by=by, now=now)
    with booking.claiming():
        Checkout.objects.select_for_update(of=["self"]).get(pk=checkout.pk)
        _resolve(_open(review, lock=True), note.strip(), by=by, now=now)
        release(checkout=checkout, unknown_intent=checkout.intent_id, now=now)
    return _("Les plages sont libérées.")


def refund_again(*, review: Review, by: User, now: datetime) -> str:
    """Promise what failed once more, as a refund of its own. Raises ReviewClosed, RefundTooMuch,
    NothingToRefund; when Stripe can't be asked now, reconciliation will.
    """
    refund = _promise_again(review, as_credits=False, by=by, now=now)
    # GatewayUnavailable is for the caller to tell: the promise is kept all the same.
    refund = send_refund(refund_id=refund.pk, now=now)
    return _("Nouveau remboursement de %(amount)s : %(status)s.") % {
        "amount": money(refund.amount_cad),
        "status": refund.get_status_display(),
    }


def give_as_credit(*, review: Review, by: User, now: datetime) -> str:
    """Give what the card didn't take as credits. Raises ReviewClosed, RefundTooMuch, NothingToRefund."""
    refund = _promise_again(review, as_credits=True, by=by, now=now)
    return _("%(amount)s donnés en crédits.") % {"amount": money(refund.credits_cad)}


def handle_again(*, review: Review, by: User, now: datetime) -> str:
    """Handle an event now. Raises ReviewClosed, and StillOpen with the error when it fails again."""
    review = _open(review)
    if review.event is None:
        raise StillOpen(review.detail)
    try:
        event = webhooks.handle(event_id=review.event.pk, now=now, at_once=True)
    except Exception as error:  # written on the event, and in the log
        log.exception("Stripe event %s failed again", review.event.pk)
        raise StillOpen(repr(error)) from error
    return _say(review, event.last_error or _("Traité."), moved=bool(event.handled_at), by=by, now=now)


def stray_intent(review: Review) -> str:
    """The payment that a mismatch is about when it is not its checkout's own."""
    return review.subject if review.kind == Kind.MISMATCH and review.subject.startswith("pi_") else ""


@transaction.atomic
def _promise_again(review: Review, *, as_credits: bool, by: User, now: datetime) -> Refund:
    failed = _open(review).refund
    if failed is None:
        raise ReviewClosed(review)
    order = Order.objects.select_for_update(of=["self"]).get(pk=failed.order_id)
    review = _open(review, lock=True)
    amounts = {share.line_id: share.card_cad for share in failed.shares.all() if share.card_cad}
    resolution = _("Rendu en crédits.") if as_credits else _("Remboursé de nouveau.")
    _resolve(review, resolution, by=by, now=now)
    return promise_refund(
        order=order,
        amounts=amounts,
        reason=failed.reason,
        source=Refund.Source.ADMIN,
        by=by,
        token=uuid.uuid5(review.pk, "again"),
        as_credits=as_credits,
        now=now,
    )


def _say_unknown(
    review: Review, checkout: Checkout, refused: GatewayRefused, *, by: User, now: datetime
) -> str:
    if not is_unknown(refused):
        raise refused
    show_unanswered(checkout=checkout, known=False, now=now)
    return _say(review, _("Stripe ne connaît pas ce paiement."), moved=False, by=by, now=now)


def _say(review: Review, said: str, *, moved: bool, by: User, now: datetime) -> str:
    """Log who looked and what Stripe said; if it moved, nobody needs to any more."""
    with transaction.atomic():
        audit(instance=review, action=LOOKED_INTO, user=by, data={"said": said})
        if moved:
            close_reviews(kind=Kind(review.kind), subject=review.subject, resolution=said, now=now, by=by)
    if not moved:
        raise StillOpen(said)
    return said


def _open(review: Review, *, lock: bool = False) -> Review:
    rows = Review.objects.select_for_update(of=["self"]) if lock else Review.objects
    fresh = rows.select_related("checkout", "order", "refund", "event", "resolved_by").get(pk=review.pk)
    if fresh.resolved_at:
        raise ReviewClosed(fresh)
    return fresh


def _resolve(review: Review, resolution: str, *, by: User, now: datetime) -> None:
    review.resolved_at, review.resolved_by, review.resolution = now, by, resolution[:500]
    review.save(update_fields=["order", "resolved_at", "resolved_by", "resolution"])
    audit(instance=review, action=RESOLVED, user=by, data={"resolution": resolution})


def _checkout_of(review: Review) -> Checkout:
    if review.checkout is None:
        raise ReviewClosed(review)
    return review.checkout


def _close_checkout(checkout: Checkout, review: Review, *, now: datetime) -> None:
    """From here on its money is a person's business, and nothing is booked for it; its slots and its use of a
    coupon are free again. Decided before Stripe is asked: else another could book what goes back. Raises
    ReviewClosed where it was booked.
    """
    with booking.claiming():
        checkout = Checkout.objects.select_for_update(of=["self"]).get(pk=checkout.pk)
        if checkout.status == Checkout.Status.SETTLED:
            raise ReviewClosed(review)
        if checkout.status != Checkout.Status.REVIEW:
            return
        line_ids = [line.cart_line_id for line in checkout.lines.all() if line.cart_line_id]
        booking.end_payment(line_ids=line_ids, now=now)
        coupons.release(checkout=checkout)
        checkout.status = Checkout.Status.CLOSED
        checkout.save(update_fields=["status"])


def _returned(refunds: list[RefundResult]) -> int:
    """Cents that went back, or are on their way."""
    return sum(refund.amount for refund in refunds if refund.status not in NO_MONEY_BACK)
