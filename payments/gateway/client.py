"""The calls that we make to Stripe, one method each."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import requests
import stripe
from django.conf import settings

from payments.gateway.translation import our_errors, read_event, to_card, to_dispute, to_intent, to_refund
from payments.gateway.words import (
    BadSignature,
    Card,
    Dispute,
    GatewayRefused,
    Intent,
    RefundResult,
    WebhookEvent,
)

# What stripe 16.1 speaks. Webhook endpoints carry a version of their own: create them with this same one.
API_VERSION = "2026-10-28.endive"
TOLERANCE_SECONDS = 300
# Of each attempt: a call that Stripe is still working on is found by the next one, by its idempotency key.
CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
RETRIES = 2
# Stripe's largest page.
PAGE = 100

# It would write an identifier into the home directory of whoever runs us.
stripe.enable_telemetry = False


class Gateway:
    """One Stripe account. Safe to share between threads.

    Every method may raise GatewayUnavailable, and GatewayRefused for an id that Stripe doesn't know.
    """

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
            http_client=stripe.RequestsClient(
                timeout=(connect_seconds, read_seconds), session=_session(api_base)
            ),
        )

    def create_customer(self, *, user_id: str, email: str, name: str, idempotency_key: str) -> str:
        """Somebody who may have cards kept. Gives Stripe's id, to be remembered: Stripe makes a new one for
        each key, even for the same person.
        """
        with our_errors():
            return self._client.v1.customers.create(
                {"email": email, "name": name, "metadata": {"user": user_id}},
                {"idempotency_key": idempotency_key},
            ).id

    def create_intent(
        self,
        *,
        checkout_id: str,
        amount: int,
        currency: str,
        idempotency_key: str,
        receipt_email: str | None = None,
        description: str | None = None,
        customer_id: str | None = None,
    ) -> Intent:
        """An unconfirmed intent over `amount` cents that remembers its checkout. Charges nothing.

        `customer_id` is needed to pay with a kept card, and to keep the one that pays.
        """
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
        if customer_id:
            params["customer"] = customer_id
        with our_errors():
            return to_intent(
                self._client.v1.payment_intents.create(params, {"idempotency_key": idempotency_key}).to_dict()
            )

    def update_intent(self, *, intent_id: str, customer_id: str) -> Intent:
        """Give a customer to an intent that has none yet and is not confirmed. Naming the same one again
        changes nothing. Raises GatewayRefused, with `intent` set, when it moved on meanwhile.
        """
        with our_errors():
            return to_intent(
                self._client.v1.payment_intents.update(intent_id, {"customer": customer_id}).to_dict()
            )

    def confirm_intent(
        self,
        *,
        intent_id: str,
        return_url: str,
        idempotency_key: str,
        confirmation_token: str | None = None,
        payment_method_id: str | None = None,
        save_card: bool = False,
        in_page: bool = True,
    ) -> Intent:
        """Try the card behind the browser's token, or one that the intent's customer had kept: give one of
        the two. What comes back is succeeded, processing or requires_action (3-D Secure). Raises Declined;
        GatewayRefused, with `intent` set, when it was already paid or cancelled.

        `save_card` keeps the token's card for the intent's customer once it has paid. Stripe wants page and
        server to agree on that: the page calls `elements.update({setupFutureUsage: "on_session"})` (null when
        it is not to be kept) before `elements.submit()`, else the confirmation is refused. The answer of an
        earlier try on the same intent is overwritten.

        A kept card needs no script: without `in_page` the bank's question is asked at `Intent.redirect_url`.
        """
        params: stripe.params.PaymentIntentConfirmParams = {
            "return_url": return_url,
            "setup_future_usage": "on_session" if save_card else "",
        }
        if confirmation_token is not None:
            params["confirmation_token"] = confirmation_token
        if payment_method_id is not None:
            params["payment_method"] = payment_method_id
            # What a token says by itself: the bank's question is asked in the page, by handleNextAction.
            params["use_stripe_sdk"] = in_page
        with our_errors():
            return to_intent(
                self._client.v1.payment_intents.confirm(
                    intent_id, params, {"idempotency_key": idempotency_key}
                ).to_dict()
            )

    def retrieve_intent(self, *, intent_id: str) -> Intent:
        with our_errors():
            return to_intent(self._client.v1.payment_intents.retrieve(intent_id).to_dict())

    def cancel_intent(self, *, intent_id: str) -> Intent:
        """Cancel it if that is still possible, else give it as it is (succeeded, canceled already,
        processing). Only a status of canceled says that it can't be paid any more.
        """
        try:
            with our_errors():
                return to_intent(self._client.v1.payment_intents.cancel(intent_id).to_dict())
        except GatewayRefused as refused:
            if refused.code != "payment_intent_unexpected_state":
                raise
            return refused.intent or self.retrieve_intent(intent_id=intent_id)

    def card_of(self, *, payment_method_id: str) -> Card:
        with our_errors():
            return to_card(self._client.v1.payment_methods.retrieve(payment_method_id).to_dict())

    def detach_card(self, *, payment_method_id: str) -> Card:
        """Forget a kept card for good: nobody can pay with it any more. One already forgotten is fine."""
        try:
            with our_errors():
                return to_card(self._client.v1.payment_methods.detach(payment_method_id).to_dict())
        except GatewayRefused:
            card = self.card_of(payment_method_id=payment_method_id)
            if card.customer_id is not None:
                raise
            return card

    def refund(
        self, *, intent_id: str, amount: int, idempotency_key: str, refund_id: str, reason: str
    ) -> RefundResult:
        """Give `amount` cents of the intent back. Raises GatewayRefused when that is more than what is left
        (code `charge_already_refunded` when nothing is). `reason` is our own words, kept beside our id.
        """
        with our_errors():
            return to_refund(
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
        with our_errors():
            return to_refund(self._client.v1.refunds.retrieve(stripe_refund_id).to_dict())

    def list_refunds(self, *, intent_id: str) -> list[RefundResult]:
        """Every refund of an intent, failed ones too and those made in Stripe's dashboard, oldest first."""
        with our_errors():
            page = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": PAGE})
            refunds = [to_refund(refund.to_dict()) for refund in page.auto_paging_iter()]
        return refunds[::-1]

    def retrieve_dispute(self, *, dispute_id: str) -> Dispute:
        with our_errors():
            return to_dispute(self._client.v1.disputes.retrieve(dispute_id).to_dict())

    def undelivered_events(self, *, since: datetime) -> list[dict[str, Any]]:
        """Events that no webhook of ours has acknowledged, oldest first. Stripe keeps events for 30 days."""
        with our_errors():
            page = self._client.v1.events.list(
                {"delivery_success": False, "created": {"gte": int(since.timestamp())}, "limit": PAGE}
            )
            events = [event.to_dict(for_json=True) for event in page.auto_paging_iter()]
        return events[::-1]

    def retrieve_event(self, *, event_id: str) -> dict[str, Any]:
        with our_errors():
            return self._client.v1.events.retrieve(event_id).to_dict(for_json=True)

    def read_webhook(self, *, body: bytes, signature: str, secrets: Iterable[str]) -> WebhookEvent:
        """The event in `body`, if one of `secrets` (several while one is being rolled) signed it within the
        last five minutes. Raises BadSignature.
        """
        _check_signature(body=body, signature=signature, secrets=secrets)
        return read_event(json.loads(body))


def _session(api_base: str) -> requests.Session:
    """It takes proxies from the environment once. Left to itself, it reads all of it for each call."""
    session = requests.Session()
    session.proxies = dict(requests.utils.get_environ_proxies(api_base))
    session.trust_env = False
    return session


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
