"""Stripe's events through the gateway: signatures, and the list of what no webhook brought."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from payments.gateway import BadSignature, gateway, read_event
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.test_gateway import confirm, new_intent, refund

SECRET = "whsec_first"
EVENT = b"""{"id": "evt_1", "object": "event", "type": "charge.refunded", "livemode": false,
 "api_version": "2026-10-28.endive", "data": {"object": {"id": "ch_1", "object": "charge",
 "payment_intent": "pi_1"}}}"""


def test_undelivered_events_are_listed_oldest_first_over_every_page(stripe_sandbox: StripeSandbox) -> None:
    stripe_sandbox.send_webhooks_to(f"{stripe_sandbox.receiver_url}/stripe")
    new_intent()
    assert stripe_sandbox.idle()
    stripe_sandbox.control("drop")
    ids = [new_intent(100 + number).id for number in range(101)]

    now = datetime.now(UTC)
    events = gateway().undelivered_events(since=now - timedelta(minutes=5))

    assert [event["data"]["object"]["id"] for event in events] == ids
    assert type(events[0]["data"]["object"]) is dict
    assert gateway().retrieve_event(event_id=events[0]["id"]) == events[0]
    assert gateway().undelivered_events(since=now + timedelta(minutes=5)) == []


def test_a_signed_webhook_is_read(stripe_sandbox: StripeSandbox) -> None:
    stripe_sandbox.send_webhooks_to(f"{stripe_sandbox.receiver_url}/stripe")
    intent = new_intent(checkout_id="4b1d")
    assert stripe_sandbox.idle()
    (call,) = stripe_sandbox.received("stripe")

    event = gateway().read_webhook(
        body=call["body"].encode(),
        signature=call["headers"]["stripe-signature"],
        secrets=[stripe_sandbox.webhook_secret],
    )

    assert (event.type, event.object_id, event.intent_id) == ("payment_intent.created", intent.id, intent.id)
    assert (event.livemode, event.api_version) == (False, "2026-10-28.endive")
    assert event.payload["data"]["object"]["metadata"] == {"checkout": "4b1d"}
    assert event.id.startswith("evt_")


def signature(secret: str, *, body: bytes = EVENT, seconds_ago: int = 0) -> str:
    return stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, timestamp=int(time.time()) - seconds_ago
    )


def test_an_event_about_something_else_names_its_intent(stripe_sandbox: StripeSandbox) -> None:
    event = gateway().read_webhook(body=EVENT, signature=signature(SECRET), secrets=[SECRET])

    assert (event.object_id, event.intent_id) == ("ch_1", "pi_1")


def test_every_kind_of_event_names_its_object_and_its_intent(stripe_sandbox: StripeSandbox) -> None:
    paid = confirm(new_intent(), stripe_sandbox.token("4000000000005126"))
    given = refund(paid, 6750)
    stripe_sandbox.control("refunds")
    contested = confirm(new_intent(), stripe_sandbox.token())
    dispute = stripe_sandbox.control("dispute", intent=contested.id)["dispute"]
    stripe_sandbox.control("dispute", dispute=dispute, status="lost")

    listed = stripe_sandbox.http.get("/v1/events?limit=100", headers=stripe_sandbox.as_merchant).json()[
        "data"
    ]
    events = [read_event(event) for event in listed[::-1]]

    assert [(event.type, event.object_id, event.intent_id) for event in events] == [
        ("payment_intent.created", paid.id, paid.id),
        ("charge.succeeded", paid.charge_id, paid.id),
        ("payment_intent.succeeded", paid.id, paid.id),
        ("refund.created", given.id, paid.id),
        ("charge.refunded", paid.charge_id, paid.id),
        ("refund.updated", given.id, paid.id),
        ("refund.failed", given.id, paid.id),
        ("payment_intent.created", contested.id, contested.id),
        ("charge.succeeded", contested.charge_id, contested.id),
        ("payment_intent.succeeded", contested.id, contested.id),
        ("charge.dispute.created", dispute, contested.id),
        ("charge.dispute.funds_withdrawn", dispute, contested.id),
        ("charge.dispute.closed", dispute, contested.id),
    ]


def test_an_event_about_no_payment_has_no_intent(stripe_sandbox: StripeSandbox) -> None:
    customer = gateway().create_customer(
        user_id="7", email="zoe@exemple.ca", name="Zoé Roy", idempotency_key="customer:7"
    )
    (listed,) = stripe_sandbox.http.get("/v1/events", headers=stripe_sandbox.as_merchant).json()["data"]

    event = read_event(listed)

    assert (event.type, event.object_id, event.intent_id) == ("customer.created", customer, None)


def test_events_that_are_still_tried_are_undelivered_too(stripe_sandbox: StripeSandbox) -> None:
    """Stripe lists what is pending beside what it gave up."""
    stripe_sandbox.send_webhooks_to(f"{stripe_sandbox.receiver_url}/stripe")
    stripe_sandbox.control("pause")
    intent = new_intent()

    (event,) = gateway().undelivered_events(since=datetime.now(UTC) - timedelta(minutes=5))

    assert read_event(event).intent_id == intent.id
    stripe_sandbox.control("resume")
    assert stripe_sandbox.idle()
    assert gateway().undelivered_events(since=datetime.now(UTC) - timedelta(minutes=5)) == []


@pytest.mark.parametrize("seconds_ago", [299, 0, -299])
def test_while_a_secret_is_rolled_both_are_good(stripe_sandbox: StripeSandbox, seconds_ago: int) -> None:
    for secret in ("whsec_old", "whsec_new"):
        event = gateway().read_webhook(
            body=EVENT,
            signature=signature(secret, seconds_ago=seconds_ago),
            secrets=["whsec_old", "whsec_new"],
        )
        assert event.id == "evt_1"


@pytest.mark.parametrize(
    ("body", "sign"),
    [
        (EVENT, lambda: ""),
        (EVENT, lambda: "nonsense"),
        (EVENT, lambda: "t=soon,v1=abc"),
        (EVENT, lambda: signature("whsec_somebody_elses")),
        (EVENT.replace(b"pi_1", b"pi_2"), lambda: signature(SECRET)),
        (EVENT, lambda: signature(SECRET, seconds_ago=400)),
        (EVENT, lambda: signature(SECRET, seconds_ago=-400)),
        (b"\xff\xfe", lambda: signature(SECRET)),
    ],
    ids=["none", "nonsense", "no time", "other secret", "changed", "old", "future", "not text"],
)
def test_a_bad_signature_is_refused(
    stripe_sandbox: StripeSandbox, body: bytes, sign: Callable[[], str]
) -> None:
    with pytest.raises(BadSignature):
        gateway().read_webhook(body=body, signature=sign(), secrets=[SECRET])


def test_without_a_secret_nothing_is_read(stripe_sandbox: StripeSandbox) -> None:
    for secrets in ([], [""]):
        with pytest.raises(BadSignature):
            gateway().read_webhook(body=EVENT, signature=signature("x"), secrets=secrets)
