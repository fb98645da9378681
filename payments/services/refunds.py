"""Money on its way back to a card."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from courses.money import to_cents
from payments.gateway import GatewayRefused, RefundStatus, gateway
from payments.models import Order, Refund

OUTCOMES = {
    RefundStatus.SUCCEEDED: Refund.Status.SUCCEEDED,
    RefundStatus.FAILED: Refund.Status.FAILED,
    RefundStatus.CANCELED: Refund.Status.FAILED,
}


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
    refund.status = status
    refund.stripe_refund_id = stripe_id or refund.stripe_refund_id
    refund.last_error = error
    refund.save(update_fields=["status", "stripe_refund_id", "last_error"])
    order.status = _status_after_refunds(order)
    order.save(update_fields=["status"])
    return refund


def _status_after_refunds(order: Order) -> str:
    returned = sum(
        refund.amount_cad for refund in order.refunds.all() if refund.status == Refund.Status.SUCCEEDED
    )
    if not returned:
        return order.status
    return Order.Status.REFUNDED if returned >= order.total_cad else Order.Status.PARTIALLY_REFUNDED
