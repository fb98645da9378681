"""Refunds as services make them, and what our rows, Stripe and the people concerned know of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from notifications.composing import Mail
from notifications.models import OutboxMessage
from payments.gateway import GatewayUnavailable, gateway
from payments.models import Order, Refund, Review
from payments.services.refunds import promise_refund, send_refund, take_in_refunds
from tests.notifications.support import written
from tests.payments.sandbox_process import StripeSandbox

ORDER, PAID, PARTLY, REFUNDED = "order.refunded", "paid", "partially_refunded", "refunded"


def promise(order: Order, *amounts: str, **more: Any) -> Refund:
    lines = order.lines.all()
    return promise_refund(
        order=order,
        amounts={line.pk: Decimal(amount) for line, amount in zip(lines, amounts, strict=True)},
        reason="Le cours ne convenait pas.",
        source=Refund.Source.ADMIN,
        now=timezone.now(),
        **more,
    )


def send(refund: Refund, *, later: timedelta = timedelta(0)) -> Refund:
    return send_refund(refund_id=refund.pk, now=timezone.now() + later)


def take_in(order: Order) -> None:
    assert take_in_refunds(intent_id=order.intent_id, now=timezone.now())


def refund_in_dashboard(sandbox: StripeSandbox, order: Order, cents: int) -> str:
    answer = sandbox.http.post(
        "/v1/refunds",
        headers=sandbox.as_merchant,
        data={"payment_intent": order.intent_id, "amount": str(cents)},
    )
    answer.raise_for_status()
    return str(answer.json()["id"])


def lose_the_answer(sandbox: StripeSandbox, refund: Refund) -> None:
    """Stripe refunds, and nobody hears of it: once, and at each of the client's own tries."""
    sandbox.control("fail", path="/v1/refunds", method="POST", n=3, lost=True, after=True)
    with pytest.raises(GatewayUnavailable):
        send(refund)


def on_stripe(order: Order) -> list[tuple[int, str]]:
    return [(each.amount, each.status) for each in gateway().list_refunds(intent_id=order.intent_id)]


def status_of(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def left(order: Order) -> list[str]:
    return [str(line.left_cad) for line in order.lines.all()]


def shares(refund: Refund) -> list[tuple[str, str]]:
    return [(str(share.card_cad), str(share.credits_cad)) for share in refund.shares.order_by("line__start")]


def events() -> list[dict[str, Any]]:
    told = OutboxMessage.objects.filter(type=ORDER).order_by("created_at")
    return [message.payload for message in told]


def mails() -> list[Mail]:
    return written(*OutboxMessage.objects.filter(type="order.refund").order_by("created_at"))


def open_reviews() -> list[str]:
    return [review.kind for review in Review.objects.open()]
