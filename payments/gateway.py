"""Stripe in our words. The only module that imports stripe.

Amounts are integer cents. Nothing of stripe's leaves this module: what comes out are the small dataclasses
below, what goes wrong is one of three errors, and they differ in what the caller knows afterwards:

* `Declined`: the bank said no. Nothing was paid; the buyer may try again on the same intent.
* `GatewayRefused`: Stripe understood us and refused. Nothing was done; asking again gets the same answer.
* `GatewayUnavailable`: we don't know. The call may have been carried out; ask again with the same idempotency
  key, or retrieve the intent.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe
from django.conf import settings
from django.db import models

# What stripe 16.1 speaks. Webhook endpoints carry a version of their own: create them with this same one.
API_VERSION = "2026-10-28.endive"
TOLERANCE_SECONDS = 300
# Of each attempt: a call that Stripe is still working on is found by the next one, by its idempotency key.
CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
RETRIES = 2

# It would write an identifier into the home directory of whoever runs us.
stripe.enable_telemetry = False


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


@dataclass(frozen=True)
class Intent:
    """A PaymentIntent as Stripe sees it now. `error_code` and `decline_code` tell its last failed attempt."""

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
class WebhookEvent:
    """A webhook whose signature checked out. `payload` is the whole event, as Stripe sent it."""

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


class Gateway:
    """One Stripe account. Safe to share between threads: each gets connections of its own."""

    def __init__(
        self,
        *,
        api_key: str,
        api_base: str,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        retries: int = RETRIES,
    ) -> None:
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": api_base},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=(connect_seconds, read_seconds)),
        )

    def create_intent(
        self,
        *,
        checkout_id: str,
        amount: int,
        currency: str,
        idempotency_key: str,
        receipt_email: str | None = None,
        description: str | None = None,
    ) -> Intent:
        """An unconfirmed intent over `amount` cents that remembers its checkout. Charges nothing."""
        params: stripe.params.PaymentIntentCreateParams = {
            "amount": amount,
            "currency": currency,
            # The page's elements() says the same: since Stripe's version "endive" neither side takes
            # payment_method_types any more.
            "allowed_payment_method_types": ["card"],
            "metadata": {"checkout": checkout_id},
        }
        if receipt_email:
            params["receipt_email"] = receipt_email
        if description:
            params["description"] = description
        with _our_errors():
            return _intent(
                self._client.v1.payment_intents.create(params, {"idempotency_key": idempotency_key}).to_dict()
            )

    def confirm_intent(
        self, *, intent_id: str, confirmation_token: str, return_url: str, idempotency_key: str
    ) -> Intent:
        """Try the card behind the browser's token. What comes back is succeeded, processing or
        requires_action (3-D Secure). Raises Declined; GatewayRefused, with `intent` set, when it was already
        paid or cancelled.
        """
        with _our_errors():
            return _intent(
                self._client.v1.payment_intents.confirm(
                    intent_id,
                    {"confirmation_token": confirmation_token, "return_url": return_url},
                    {"idempotency_key": idempotency_key},
                ).to_dict()
            )

    def retrieve_intent(self, *, intent_id: str) -> Intent:
        with _our_errors():
            return _intent(self._client.v1.payment_intents.retrieve(intent_id).to_dict())

    def cancel_intent(self, *, intent_id: str) -> Intent:
        """Cancel it if that is still possible, else give it as it is (succeeded, canceled already,
        processing). Only a status of canceled says that it can't be paid any more.
        """
        try:
            with _our_errors():
                return _intent(self._client.v1.payment_intents.cancel(intent_id).to_dict())
        except GatewayRefused as refused:
            if refused.code != "payment_intent_unexpected_state":
                raise
            return refused.intent or self.retrieve_intent(intent_id=intent_id)

    def refund(
        self, *, intent_id: str, amount: int, idempotency_key: str, refund_id: str, reason: str
    ) -> RefundResult:
        """Give `amount` cents of the intent back. Raises GatewayRefused when that is more than what is left
        (code `charge_already_refunded` when nothing is). `reason` is our own words, kept beside our id.
        """
        with _our_errors():
            return _refund(
                self._client.v1.refunds.create(
                    {
                        "payment_intent": intent_id,
                        "amount": amount,
                        "reason": "requested_by_customer",
                        "metadata": {"refund": refund_id, "reason": reason[:500]},
                    },
                    {"idempotency_key": idempotency_key},
                ).to_dict()
            )

    def retrieve_refund(self, *, stripe_refund_id: str) -> RefundResult:
        with _our_errors():
            return _refund(self._client.v1.refunds.retrieve(stripe_refund_id).to_dict())

    def undelivered_events(self, *, since: datetime) -> list[dict[str, Any]]:
        """Events that no webhook of ours has acknowledged, oldest first. Stripe keeps events for 30 days."""
        with _our_errors():
            page = self._client.v1.events.list(
                {"delivery_success": False, "created": {"gte": int(since.timestamp())}, "limit": 100}
            )
            events = [event.to_dict(for_json=True) for event in page.auto_paging_iter()]
        return events[::-1]

    def retrieve_event(self, *, event_id: str) -> dict[str, Any]:
        with _our_errors():
            return self._client.v1.events.retrieve(event_id).to_dict(for_json=True)

    def read_webhook(self, *, body: bytes, signature: str, secrets: Iterable[str]) -> WebhookEvent:
        """The event in `body`, if one of `secrets` (several while one is being rolled) signed it within the
        last five minutes. Raises BadSignature.
        """
        _check_signature(body=body, signature=signature, secrets=secrets)
        return read_event(json.loads(body))


def read_event(payload: dict[str, Any]) -> WebhookEvent:
    """An event's envelope, from a webhook that checked out or from the list of undelivered ones."""
    thing = payload["data"]["object"]
    intent = thing["id"] if thing.get("object") == "payment_intent" else thing.get("payment_intent")
    return WebhookEvent(
        id=payload["id"],
        type=payload["type"],
        livemode=payload["livemode"],
        api_version=payload.get("api_version") or "",
        payload=payload,
        object_id=thing.get("id"),
        intent_id=_id(intent),
    )


_gateways: dict[tuple[str, str], Gateway] = {}
_gateways_lock = threading.Lock()


def gateway() -> Gateway:
    """The account of the settings: one client per process, so that its connections are kept open."""
    key = (settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)
    with _gateways_lock:
        if key not in _gateways:
            _gateways[key] = Gateway(api_key=key[0], api_base=key[1])
        return _gateways[key]


def _check_signature(*, body: bytes, signature: str, secrets: Iterable[str]) -> None:
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
        # stripe refuses what is too old, but would take a timestamp of next year.
        signed_at = int(next(part for part in signature.split(",") if part.startswith("t="))[2:])
        if signed_at > time.time() + TOLERANCE_SECONDS:
            raise BadSignature("Timestamp in the future")
        return
    raise BadSignature("No secret of ours made this signature just now")


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except stripe.CardError as error:
        told = _told(error)
        intent = told.get("payment_intent")
        if intent is None:
            raise _refused(error) from error
        raise Declined(
            error.user_message or "",
            intent=_intent(intent),
            code=error.code or "card_declined",
            decline_code=told.get("decline_code"),
        ) from error
    except (
        stripe.InvalidRequestError,
        stripe.IdempotencyError,
        stripe.AuthenticationError,
        stripe.PermissionError,
    ) as error:
        raise _refused(error) from error
    except stripe.StripeError as error:
        # No connection, no time left, a rate limit, 5xx, a key still in use (409), an answer that isn't JSON.
        raise GatewayUnavailable(str(error)) from error


def _refused(error: stripe.StripeError) -> GatewayRefused:
    told = _told(error)
    intent = told.get("payment_intent")
    return GatewayRefused(
        error.user_message or type(error).__name__,
        code=told.get("code"),
        param=told.get("param"),
        request_id=error.request_id,
        intent=_intent(intent) if intent else None,
    )


def _told(error: stripe.StripeError) -> dict[str, Any]:
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    return told if isinstance(told, dict) else {}


def _intent(data: dict[str, Any]) -> Intent:
    failed = data.get("last_payment_error") or {}
    return Intent(
        id=data["id"],
        status=IntentStatus(data["status"]),
        amount=data["amount"],
        currency=data["currency"],
        client_secret=data.get("client_secret"),
        checkout_id=(data.get("metadata") or {}).get("checkout"),
        charge_id=_id(data.get("latest_charge")),
        error_code=failed.get("code"),
        decline_code=failed.get("decline_code"),
        payment_method_id=_id(data.get("payment_method")),
        amount_received=data.get("amount_received") or 0,
    )


def _refund(data: dict[str, Any]) -> RefundResult:
    return RefundResult(
        id=data["id"],
        status=RefundStatus(data["status"]),
        failure=data.get("failure_reason"),
        amount=data["amount"],
        currency=data["currency"],
        intent_id=_id(data.get("payment_intent")),
        refund_id=(data.get("metadata") or {}).get("refund"),
    )


def _id(reference: str | dict[str, Any] | None) -> str | None:
    """Stripe names another object by its id, or puts it there whole when asked to expand it."""
    return reference["id"] if isinstance(reference, dict) else reference
