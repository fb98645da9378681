"""Money on its way back: promised in our rows first, then asked of Stripe, then followed to its end.

Who asks, retries or hears of it ends in the same place: `_follow`, under the lock of the order, brings a row
into line with what the refund is at Stripe. A promise is kept once, because Stripe is asked by a key written
before; once Stripe has forgotten keys of that age, its list of refunds is asked for our own id.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from courses.money import from_cents, to_cents
from home.formats import money
from payments import events, mails
from payments.errors import NothingToRefund
from payments.gateway import GatewayRefused, GatewayUnavailable, RefundResult, RefundStatus, gateway
from payments.models import CreditEntry, Order, OrderLine, Refund, RefundShare, Review
from payments.pricing import NOTHING, spread
from payments.services.credits import add_entry
from payments.services.returning import left_of
from payments.services.reviews import close_reviews, open_review

log = logging.getLogger(__name__)

OUTCOMES = {
    RefundStatus.SUCCEEDED: Refund.Status.SUCCEEDED,
    RefundStatus.FAILED: Refund.Status.FAILED,
    RefundStatus.CANCELED: Refund.Status.FAILED,
}
# Stripe forgets an idempotency key after 24 hours; a call that is on its way then must not be the first.
KEY_LIVES = timedelta(hours=23)


@transaction.atomic
def promise_refund(
    *,
    order: Order,
    amounts: Mapping[UUID, Decimal],
    reason: str,
    source: Refund.Source,
    now: datetime,
    by: User | None = None,
    token: UUID | None = None,
    as_credits: bool = False,
) -> Refund:
    """Write down what goes back, for which of the order's lines (by id, in CAD), before Stripe is asked.

    What came from the card goes back first, and to it; the rest as credits, at once; all of it where
    `as_credits`. The same `token` again gives the same refund. Raises RefundTooMuch, NothingToRefund.
    """
    order = _lock(order.pk)
    if token:
        known = order.refunds.filter(token=token).first()
        if known:
            return known
    left = {each.line.pk: each for each in left_of(order.lines.all())}
    shares = []
    for line_id, amount in amounts.items():
        if amount:
            card, rest = left[line_id].split(amount, as_credits=as_credits)
            shares.append(RefundShare(line=left[line_id].line, card_cad=card, credits_cad=rest))
    if not shares:
        raise NothingToRefund
    refund = Refund.objects.create(
        order=order,
        amount_cad=sum((share.card_cad for share in shares), NOTHING),
        credits_cad=sum((share.credits_cad for share in shares), NOTHING),
        reason=reason,
        source=source,
        processed_by=by,
        token=token,
    )
    for share in shares:
        share.refund = refund
        _return(share.line, share.card_cad + share.credits_cad)
    RefundShare.objects.bulk_create(shares)
    if refund.credits_cad:
        add_entry(
            user=order.user,
            amount=refund.credits_cad,
            cause=CreditEntry.Cause.REFUND,
            now=now,
            order=order,
            refund=refund,
            by=by,
        )
    if not refund.amount_cad:
        _go_through(refund, now=now)
    _close_what_went_back_otherwise(order, now=now)
    _show_status(order)
    return refund


def send_refund(*, refund_id: UUID, now: datetime) -> Refund:
    """Ask Stripe for a refund that our rows promise, or what became of it; safe to repeat.

    A refusal makes it a failed one, in the list "À traiter". Raises GatewayUnavailable: the refund stays
    pending and reconciliation asks again.
    """
    refund = Refund.objects.select_related("order").get(pk=refund_id)
    if refund.status != Refund.Status.PENDING:
        return refund
    intent_id = refund.order.intent_id
    if refund.stripe_refund_id:
        # By its key Stripe would only repeat its first answer.
        return _record(refund, gateway().retrieve_refund(stripe_refund_id=refund.stripe_refund_id), now=now)
    if now - refund.created_at > KEY_LIVES:
        found = _ours(refund, gateway().list_refunds(intent_id=intent_id))
        if found:
            return _record(refund, found, now=now)
    try:
        result = gateway().refund(
            intent_id=intent_id,
            amount=to_cents(refund.amount_cad),
            idempotency_key=f"refund:{refund.pk}",
            refund_id=str(refund.pk),
            reason=refund.reason,
        )
    except GatewayRefused as refused:
        return _give_up(refund, refused, now=now)
    return _record(refund, result, now=now)


def try_to_send_refund(*, refund_id: UUID, now: datetime) -> Refund | None:
    """`send_refund`, or None where Stripe doesn't answer: reconciliation asks again."""
    try:
        return send_refund(refund_id=refund_id, now=now)
    except GatewayUnavailable:
        log.warning("Refund %s waits for reconciliation", refund_id)
        return None


def take_in_refunds(*, intent_id: str, now: datetime) -> Order | None:
    """Bring our refunds of an intent into line with Stripe's, those made in its dashboard too; None when no
    order of ours was paid by it. Raises GatewayUnavailable, GatewayRefused: nothing was changed.
    """
    order = Order.objects.filter(intent_id=intent_id).exclude(intent_id="").first()
    if order is None:
        return None
    return _take_in(order, gateway().list_refunds(intent_id=intent_id), now=now)


@transaction.atomic
def _take_in(order: Order, results: Sequence[RefundResult], *, now: datetime) -> Order:
    order = _lock(order.pk)
    known = list(order.refunds.all())
    # What came to nothing first: it makes room for the rest.
    for result in sorted(results, key=lambda result: OUTCOMES.get(result.status) != Refund.Status.FAILED):
        refund = next((each for each in known if _is(each, result)), None)
        if refund is None:
            refund = _made_in_stripe(order, result, now=now)
            known.append(refund)
        _follow(refund, result, now=now)
    return order


@transaction.atomic
def _record(refund: Refund, result: RefundResult, *, now: datetime) -> Refund:
    order = _lock(refund.order_id)
    refund = order.refunds.get(pk=refund.pk)
    _follow(refund, result, now=now)
    return refund


def _give_up(refund: Refund, refused: GatewayRefused, *, now: datetime) -> Refund:
    """Stripe refused: unless it holds this very refund all the same, it failed; what stands in its way there
    (somebody refunded in the dashboard) is taken in.
    """
    try:
        results = gateway().list_refunds(intent_id=refund.order.intent_id)
    except GatewayRefused as error:  # it refuses us, not the refund
        raise GatewayUnavailable(str(error)) from error
    found = _ours(refund, results)
    with transaction.atomic():
        order = _lock(refund.order_id)
        refund = order.refunds.get(pk=refund.pk)
        if not found and refund.status == Refund.Status.PENDING:
            _fail(refund, str(refused), now=now)
        _take_in(order, results, now=now)
        return order.refunds.get(pk=refund.pk)


def _ours(refund: Refund, results: Sequence[RefundResult]) -> RefundResult | None:
    return next((result for result in results if _is(refund, result)), None)


def _is(refund: Refund, result: RefundResult) -> bool:
    if refund.stripe_refund_id:
        return refund.stripe_refund_id == result.id
    return result.refund_id == str(refund.pk) and result.amount == to_cents(refund.amount_cad)


def _made_in_stripe(order: Order, result: RefundResult, *, now: datetime) -> Refund:
    refund = Refund.objects.create(
        order=order,
        amount_cad=from_cents(result.amount),
        excess_cad=from_cents(result.amount),
        reason=_("Remboursé dans le tableau de bord de Stripe."),
        source=Refund.Source.STRIPE,
        stripe_refund_id=result.id,
    )
    _place_excess(order, now=now)
    refund.refresh_from_db()
    return refund


def _follow(refund: Refund, result: RefundResult, *, now: datetime) -> None:
    """Make of a refund what it is at Stripe. Its order is locked.

    What was read before somebody else wrote a later truth is ignored: at Stripe a refund that succeeded
    never waits again, and one that failed has failed for good.
    """
    status = OUTCOMES.get(result.status, Refund.Status.PENDING)
    was, was_refused = refund.status, not refund.stripe_refund_id
    refund.stripe_refund_id = result.id
    refund.save(update_fields=["stripe_refund_id"])
    if status == was or (was == Refund.Status.SUCCEEDED and status == Refund.Status.PENDING):
        return
    if was == Refund.Status.FAILED:
        if not was_refused:
            return
        _reinstate(refund, now=now)
    if status == Refund.Status.FAILED:
        _fail(refund, result.failure or result.status, now=now)
    elif status == Refund.Status.SUCCEEDED:
        _go_through(refund, now=now, was_failed=was == Refund.Status.FAILED)
    _show_status(refund.order)


def _go_through(refund: Refund, *, now: datetime, was_failed: bool = False) -> None:
    refund.status = Refund.Status.SUCCEEDED
    refund.last_error = ""
    refund.save(update_fields=["status", "last_error"])
    # The credits of one that was taken for failed were told of then.
    _tell(refund, card=refund.amount_cad, credited=NOTHING if was_failed else refund.credits_cad, now=now)
    close_reviews(
        kind=Review.Kind.REFUND_FAILED,
        subject=str(refund.pk),
        resolution=_("Le remboursement est passé."),
        now=now,
    )


def _fail(refund: Refund, error: str, *, now: datetime) -> None:
    """The card gets nothing: that part of each line may be given back another way."""
    was = refund.status
    refund.status = Refund.Status.FAILED
    refund.last_error = error
    refund.save(update_fields=["status", "last_error"])
    for share in refund.shares.select_related("line"):
        _return(share.line, -share.card_cad)
    if refund.credits_cad and was == Refund.Status.PENDING:
        _tell(refund, card=NOTHING, credited=refund.credits_cad, now=now)
    open_review(
        kind=Review.Kind.REFUND_FAILED,
        subject=str(refund.pk),
        detail=_("%(amount)s ne sont pas retournés sur la carte : %(error)s")
        % {"amount": money(refund.amount_cad), "error": refund.failure},
        order=refund.order,
        refund=refund,
        now=now,
    )
    _place_excess(refund.order, now=now)
    _show_status(refund.order)


def _reinstate(refund: Refund, *, now: datetime) -> None:
    """One that we took for refused is at Stripe all the same: it counts again, on whatever is left."""
    refund.shares.update(card_cad=NOTHING)
    refund.status = Refund.Status.PENDING
    refund.excess_cad = refund.amount_cad
    refund.save(update_fields=["status", "excess_cad"])
    _place_excess(refund.order, now=now)
    refund.refresh_from_db()


def _place_excess(order: Order, *, now: datetime) -> None:
    """Say for which lessons went back what went back at Stripe without us, as far as they have any left;
    the rest is too much, and a person's to look at.
    """
    for refund in order.refunds.filter(excess_cad__gt=0, status__in=Refund.RETURNED):
        left = left_of(order.lines.all())
        placed = min(refund.excess_cad, sum((each.card for each in left), NOTHING))
        for each, amount in zip(left, spread(placed, [each.card for each in left]), strict=True):
            if amount:
                share, _is_new = RefundShare.objects.get_or_create(refund=refund, line=each.line)
                share.card_cad += amount
                share.save(update_fields=["card_cad"])
                _return(each.line, amount)
        refund.excess_cad -= placed
        refund.save(update_fields=["excess_cad"])
        if refund.excess_cad:
            open_review(
                kind=Review.Kind.OVER_REFUNDED,
                subject=str(refund.pk),
                detail=_("%(excess)s sont retournés sur la carte en plus de ce qui restait à rendre.")
                % {"excess": money(refund.excess_cad)},
                order=order,
                refund=refund,
                now=now,
            )
    settled = order.refunds.exclude(excess_cad__gt=0, status__in=Refund.RETURNED)
    for review in Review.objects.open().filter(kind=Review.Kind.OVER_REFUNDED, refund__in=settled):
        close_reviews(
            kind=Review.Kind.OVER_REFUNDED,
            subject=review.subject,
            resolution=_("Plus rien n’est de trop."),
            now=now,
        )


def _close_what_went_back_otherwise(order: Order, *, now: datetime) -> None:
    """A failed refund needs nobody any more once its lessons have nothing left to give back."""
    failed = Review.objects.open().filter(kind=Review.Kind.REFUND_FAILED, order=order)
    for review in failed.select_related("refund"):
        if review.refund and not any(
            share.line.left_cad for share in review.refund.shares.select_related("line")
        ):
            close_reviews(
                kind=Review.Kind.REFUND_FAILED,
                subject=review.subject,
                resolution=_("Rendu autrement."),
                now=now,
            )


def _tell(refund: Refund, *, card: Decimal, credited: Decimal, now: datetime) -> None:
    """Say what went through of a refund: each part once."""
    events.record_order_refunded(refund, card + credited, now=now)
    if refund.source != Refund.Source.SLOT_TAKEN:  # the confirmation of the order says it
        mails.record_refund(refund, card=card, credited=credited, now=now)


def _lock(order_id: UUID) -> Order:
    """The order and its lines: a credit for a lesson takes the line's lock only."""
    order = Order.objects.select_for_update(of=["self"]).select_related("user").get(pk=order_id)
    list(order.lines.select_for_update(of=["self"]).values_list("pk"))
    return order


def _return(line: OrderLine, amount: Decimal) -> None:
    line.returned_cad += amount
    line.save(update_fields=["returned_cad"])


def _show_status(order: Order) -> None:
    """By what has really gone back: credits at once, a card once Stripe says so."""
    returned = sum(
        (
            refund.total_cad if refund.status == Refund.Status.SUCCEEDED else refund.credits_cad
            for refund in order.refunds.all()
        ),
        NOTHING,
    )
    if not returned:
        order.status = Order.Status.PAID
    elif returned >= order.paid_cad:
        order.status = Order.Status.REFUNDED
    else:
        order.status = Order.Status.PARTIALLY_REFUNDED
    order.save(update_fields=["status"])
