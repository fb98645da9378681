"""Every event fifty times at once, at the site's own processes: one order, ledger line, mail and event."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx
import pytest

from booking.models import Appointment
from notifications.models import OutboxMessage
from payments.models import CreditEntry, Order, Refund, Review, StripeEvent
from payments.sandbox.webhooks import sign
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.test_webhook_events import (
    DISPUTE_EVENTS,
    PAYMENT_EVENTS,
    REFUND_EVENTS,
    refunded_and_disputed,
    thing_of,
)
from tests.stack import Stack

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
TIMES = 50
KINDS = [*PAYMENT_EVENTS, *REFUND_EVENTS, *DISPUTE_EVENTS]


def test_each_event_fifty_times_at_once(processes: Stack, stripe_sandbox: StripeSandbox) -> None:
    processes.forget()
    checkout, dispute_id = refunded_and_disputed(stripe_sandbox)

    with ThreadPoolExecutor(TIMES) as senders, httpx.Client(timeout=60, limits=httpx.Limits()) as client:
        for kind in KINDS:
            about = thing_of(kind, checkout)
            if "dispute" in kind:
                about["id"] = dispute_id
            event = {"id": f"evt_{kind}", "type": kind, "livemode": False, "data": {"object": about}}
            body = json.dumps(event)
            headers = {"Stripe-Signature": sign(body, [stripe_sandbox.webhook_secret], int(time.time()))}

            def send(_time: int, body: str = body, headers: dict[str, str] = headers) -> int:
                return client.post(
                    f"{processes.url}/stripe/webhook/", content=body, headers=headers
                ).status_code

            assert list(senders.map(send, range(TIMES))) == [200] * TIMES, kind

    stop = time.monotonic() + 60
    while StripeEvent.objects.waiting().exists() and time.monotonic() < stop:
        time.sleep(0.1)
    assert dict(StripeEvent.objects.values_list("type", "outcome")) == dict.fromkeys(KINDS, "done")
    order = Order.objects.get()
    assert (order.status, order.total_cad) == ("partially_refunded", Decimal(45))
    assert Appointment.objects.count() == 1
    assert Refund.objects.get().amount_cad == Decimal(10)
    assert CreditEntry.objects.get(cause=CreditEntry.Cause.SPENT).balance_cad == 0
    assert Review.objects.get().subject == dispute_id
    sent = sorted(OutboxMessage.objects.values_list("type", flat=True))
    assert sent == [
        "booking.created",
        "order.confirmation",
        "order.refund",
        "order.refunded",
        "tutor.new_lessons",
    ]
