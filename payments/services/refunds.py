"""Money on its way back: promised in our rows first, then asked of Stripe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from accounts.models import User
from courses.money import to_cents
from payments.errors import RefundTooMuch
from payments.gateway import GatewayRefused, RefundStatus, gateway
from payments.models import CreditEntry, Order, OrderLine, Refund, RefundShare
from payments.pricing import NOTHING
from payments.services.credits import add_entry

OUTCOMES = {
    RefundStatus.SUCCEEDED: Refund.Status.SUCCEEDED,
    RefundStatus.FAILED: Refund.Status.FAILED,
    RefundStatus.CANCELED: Refund.Status.FAILED,
}


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
) -> Refund:
    """Write down what goes back, for which of the order's lines (by id, in CAD), before Stripe is asked.

    What came from the card goes back first, and to it; the rest as credits, at once. The same `token` again
    gives the same refund. Raises RefundTooMuch.
    """
    order = Order.objects.select_for_update(of=["self"]).select_related("user").get(pk=order.pk)
    if token:
        known = Refund.objects.filter(token=token).first()
        if known:
            return known
    lines = list(order.lines.select_for_update(of=["self"]).filter(pk__in=amounts))
    shares = [_share(line, amounts[line.pk]) for line in lines if amounts[line.pk]]
    card = sum((share.card_cad for share in shares), NOTHING)
    refund = Refund.objects.create(
        order=order,
        amount_cad=card,
        credits_cad=sum((share.credits_cad for share in shares), NOTHING),
        reason=reason,
        source=source,
        processed_by=by,
        token=token,
        status=Refund.Status.PENDING if card else Refund.Status.SUCCEEDED,
    )
    for share in shares:
        share.refund = refund
    RefundShare.objects.bulk_create(shares)
    OrderLine.objects.bulk_update([share.line for share in shares], ["returned_cad"])
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
    order.status = _status_after_refunds(order)
    order.save(update_fields=["status"])
    return refund


def _share(line: OrderLine, amount: Decimal) -> RefundShare:
    if amount > line.left_cad:
        raise RefundTooMuch(line.left_cad)
    on_card = line.refund_shares.filter(refund__status__in=Refund.RETURNED).aggregate(sum=Sum("card_cad"))
    card = min(amount, line.card_cad - (on_card["sum"] or NOTHING))
    line.returned_cad += amount
    return RefundShare(line=line, card_cad=card, credits_cad=amount - card)


def send_refund(*, refund_id: UUID) -> Refund:
    """Ask Stripe for a refund that our rows promise; safe to repeat, by its idempotency key.

    Raises GatewayUnavailable: the refund stays pending and reconciliation asks again.
    """
    refund = Refund.objects.select_related("order").get(pk=refund_id)
    if refund.status != Refund.Status.PENDING:
        return refund
    try:
        result = gateway().refund(
            intent_id=refund.order.intent_id,
            amount=to_cents(refund.amount_cad),
            idempotency_key=f"refund:{refund.pk}",
            refund_id=str(refund.pk),
            reason="requested_by_customer",
        )
    except GatewayRefused as error:
        return _record(refund_id=refund_id, status=Refund.Status.FAILED, error=str(error))
    status = OUTCOMES.get(result.status, Refund.Status.PENDING)
    return _record(refund_id=refund_id, status=status, stripe_id=result.id, error=result.failure or "")


@transaction.atomic
def _record(*, refund_id: UUID, status: str, stripe_id: str = "", error: str = "") -> Refund:
    order = Order.objects.select_for_update().get(refunds=refund_id)
    refund = order.refunds.get(pk=refund_id)
    if status == Refund.Status.FAILED and refund.status in Refund.RETURNED:
        _take_back(refund)
    refund.status = status
    refund.stripe_refund_id = stripe_id or refund.stripe_refund_id
    refund.last_error = error
    refund.save(update_fields=["status", "stripe_refund_id", "last_error"])
    order.status = _status_after_refunds(order)
    order.save(update_fields=["status"])
    return refund


def _take_back(refund: Refund) -> None:
    """The card got nothing: that part of each line may be given back another way."""
    for share in refund.shares.select_related("line"):
        share.line.returned_cad -= share.card_cad
        share.line.save(update_fields=["returned_cad"])


def _status_after_refunds(order: Order) -> str:
    returned = sum(
        (refund.total_cad for refund in order.refunds.all() if refund.status == Refund.Status.SUCCEEDED),
        NOTHING,
    )
    if not returned:
        return Order.Status.PAID
    return Order.Status.REFUNDED if returned >= order.paid_cad else Order.Status.PARTIALLY_REFUNDED
