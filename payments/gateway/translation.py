"""From Stripe's objects and exceptions to our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import stripe

from payments.gateway.words import (
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


def to_intent(data: dict[str, Any]) -> Intent:
    failed = data.get("last_payment_error") or {}
    return Intent(
        id=data["id"],
        status=IntentStatus(data["status"]),
        amount=data["amount"],
        currency=data["currency"],
        client_secret=data.get("client_secret"),
        checkout_id=(data.get("metadata") or {}).get("checkout"),
        charge_id=id_of(data.get("latest_charge")),
        error_code=failed.get("code"),
        decline_code=failed.get("decline_code"),
        payment_method_id=id_of(data.get("payment_method")),
        amount_received=data.get("amount_received") or 0,
        customer_id=id_of(data.get("customer")),
        saves_card=data.get("setup_future_usage") is not None,
        redirect_url=((data.get("next_action") or {}).get("redirect_to_url") or {}).get("url"),
    )


def to_card(data: dict[str, Any]) -> Card:
    card = data["card"]
    return Card(
        id=data["id"],
        brand=card["brand"],
        last4=card["last4"],
        exp_month=card["exp_month"],
        exp_year=card["exp_year"],
        customer_id=id_of(data.get("customer")),
        fingerprint=card.get("fingerprint") or "",
    )


def to_refund(data: dict[str, Any]) -> RefundResult:
    return RefundResult(
        id=data["id"],
        status=RefundStatus(data["status"]),
        failure=data.get("failure_reason"),
        amount=data["amount"],
        currency=data["currency"],
        intent_id=id_of(data.get("payment_intent")),
        refund_id=(data.get("metadata") or {}).get("refund"),
    )


def to_dispute(data: dict[str, Any]) -> Dispute:
    due_by = (data.get("evidence_details") or {}).get("due_by")
    return Dispute(
        id=data["id"],
        status=DisputeStatus(data["status"]),
        amount=data["amount"],
        currency=data["currency"],
        reason=data["reason"],
        intent_id=id_of(data.get("payment_intent")),
        due_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
    )


def read_event(payload: dict[str, Any]) -> WebhookEvent:
    """An event's envelope, from a webhook that checked out or from the list of undelivered ones."""
    thing = payload["data"]["object"]
    # A refund, a charge and a dispute each name the intent that they belong to.
    intent = thing if thing.get("object") == "payment_intent" else thing.get("payment_intent")
    return WebhookEvent(
        id=payload["id"],
        type=payload["type"],
        livemode=payload["livemode"],
        api_version=payload.get("api_version") or "",
        payload=payload,
        object_id=thing.get("id"),
        intent_id=id_of(intent),
    )


def id_of(reference: str | dict[str, Any] | None) -> str | None:
    """Stripe names another object by its id, or puts it there whole when asked to expand it."""
    return reference["id"] if isinstance(reference, dict) else reference


@contextmanager
def our_errors() -> Iterator[None]:
    try:
        yield
    except stripe.CardError as error:
        told = _told(error)
        intent = told.get("payment_intent")
        if intent is None:
            raise _refused(error) from error
        raise Declined(
            error.user_message or "",
            intent=to_intent(intent),
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
        intent=to_intent(intent) if intent else None,
    )


def _told(error: stripe.StripeError) -> dict[str, Any]:
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    return told if isinstance(told, dict) else {}
