"""Stripe in our words. The only package that imports stripe.

Amounts are integer cents. Nothing of stripe's leaves it: what comes out are the small values of `words`, what
goes wrong is one of three errors, and they differ in what the caller knows afterwards:

* `Declined`: the bank said no. Nothing was paid; the buyer may try again on the same intent.
* `GatewayRefused`: Stripe understood us and refused. Nothing was done; asking again gets the same answer.
* `GatewayUnavailable`: we don't know. The call may have been carried out; ask again with the same idempotency
  key, or retrieve the intent.
"""

from payments.gateway.client import API_VERSION, Gateway, gateway
from payments.gateway.translation import read_event
from payments.gateway.words import (
    BadSignature,
    Card,
    Declined,
    Dispute,
    DisputeStatus,
    GatewayRefused,
    GatewayUnavailable,
    Intent,
    IntentStatus,
    RefundResult,
    RefundStatus,
    WebhookEvent,
)

__all__ = [
    "API_VERSION",
    "BadSignature",
    "Card",
    "Declined",
    "Dispute",
    "DisputeStatus",
    "Gateway",
    "GatewayRefused",
    "GatewayUnavailable",
    "Intent",
    "IntentStatus",
    "RefundResult",
    "RefundStatus",
    "WebhookEvent",
    "gateway",
    "read_event",
]
