"""What the rest of the product knows of Stripe: a few frozen values, and three things that can go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models


class IntentStatus(models.TextChoices):
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


class RefundStatus(models.TextChoices):
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class DisputeStatus(models.TextChoices):
    """`warning_…` is an inquiry by the bank: no money has moved yet."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    APPEAL_NEEDS_RESPONSE = "appeal_needs_response"
    APPEAL_UNDER_REVIEW = "appeal_under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent as Stripe sees it now. `error_code` and `decline_code` tell its last failed attempt.

    `payment_method_id` is the card that is being tried or has paid. With `saves_card` it is `customer_id`'s
    to be used again, once the intent has succeeded.
    """

    id: str
    status: IntentStatus
    amount: int
    currency: str
    client_secret: str | None
    checkout_id: str | None
    charge_id: str | None
    error_code: str | None
    decline_code: str | None
    payment_method_id: str | None
    amount_received: int
    customer_id: str | None = None
    saves_card: bool = False
    redirect_url: str | None = None
    """Where the bank asks its question (3-D Secure), for a browser that can't be asked in the page."""


@dataclass(frozen=True)
class Card:
    """A card that Stripe keeps; `customer_id` is None for one that nobody kept, or that was removed.

    `fingerprint` is the same for the same number, however often it was typed; empty where Stripe says none.
    """

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    customer_id: str | None
    fingerprint: str = ""


@dataclass(frozen=True)
class RefundResult:
    """A refund as Stripe sees it. `refund_id` is our own id, None for one made in Stripe's dashboard."""

    id: str
    status: RefundStatus
    failure: str | None
    amount: int
    currency: str
    intent_id: str | None
    refund_id: str | None


@dataclass(frozen=True)
class Dispute:
    """A payment that its cardholder contests at the bank. `due_by`: the last moment for our evidence.

    `reason` is Stripe's word for the bank's: fraudulent, product_not_received, duplicate, general…
    """

    id: str
    status: DisputeStatus
    amount: int
    currency: str
    reason: str
    intent_id: str | None
    due_by: datetime | None


@dataclass(frozen=True)
class WebhookEvent:
    """A webhook whose signature checked out. `payload` is the whole event, as Stripe sent it.

    `object_id` is what it is about (pi_, re_, ch_, dp_…), `intent_id` the intent behind it, if there is one.
    """

    id: str
    type: str
    livemode: bool
    api_version: str
    payload: dict[str, Any]
    object_id: str | None
    intent_id: str | None


class Declined(Exception):
    """The bank said no. `code` is Stripe's word (card_declined, expired_card…), `decline_code` the bank's."""

    def __init__(self, message: str, *, intent: Intent, code: str, decline_code: str | None) -> None:
        super().__init__(message)
        self.intent = intent
        self.code = code
        self.decline_code = decline_code


class GatewayUnavailable(Exception):
    """Stripe didn't answer, or only that it can't just now. What became of the call is unknown."""


class GatewayRefused(Exception):
    """Stripe refused the call: our mistake, or the state of `intent` (if Stripe told it) forbids it."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None,
        param: str | None,
        request_id: str | None,
        intent: Intent | None,
    ) -> None:
        super().__init__(f"{message} ({request_id})" if request_id else message)
        self.code = code
        self.param = param
        self.request_id = request_id
        self.intent = intent


class BadSignature(Exception):
    """A call to the webhook's address that Stripe can't be shown to have made just now."""
