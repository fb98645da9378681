"""The sandbox's webhooks: signed and tried again like Stripe's, misbehaving on request; its receiver."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import stripe
from standardwebhooks import Webhook

from tests.payments.sandbox_process import StripeSandbox
from tests.payments.test_sandbox import Merchant

CREATED, SUCCEEDED = "payment_intent.created", "payment_intent.succeeded"


@pytest.fixture
def merchant(stripe_sandbox: StripeSandbox) -> Merchant:
    """Whose webhooks go to the sandbox's own receiver."""
    stripe_sandbox.send_webhooks_to(f"{stripe_sandbox.receiver_url}/stripe")
    return Merchant(stripe_sandbox)


def bodies(sandbox: StripeSandbox) -> list[dict[str, Any]]:
    """What the receiver took (with 2xx), in order."""
    return [json.loads(call["body"]) for call in sandbox.received("stripe") if call["status"] == 200]


def told(sandbox: StripeSandbox) -> list[str]:
    return [body["type"] for body in bodies(sandbox)]


@pytest.mark.parametrize(
    ("number", "types"),
    [
        ("4242424242424242", [CREATED, SUCCEEDED]),
        ("4000000000000002", [CREATED, "payment_intent.payment_failed"]),
        ("4000002500003155", [CREATED, "payment_intent.requires_action"]),
    ],
)
def test_each_outcome_is_told_in_order(merchant: Merchant, number: str, types: list[str]) -> None:
    merchant.paid_intent(number)

    assert merchant.sandbox.idle()
    assert told(merchant.sandbox) == types


def test_cancelling_processing_and_refunds_are_told(merchant: Merchant) -> None:
    cancelled = merchant.new_intent()
    merchant.post(f"payment_intents/{cancelled['id']}/cancel", {"cancellation_reason": "abandoned"})
    merchant.sandbox.control("processing", n=1)
    late = merchant.paid_intent()
    merchant.sandbox.control("intent", intent=late["id"], succeeded=False)
    paid = merchant.paid_intent("4000000000007726")
    refund = merchant.post("refunds", {"payment_intent": paid["id"], "amount": "1000"}).json()
    merchant.sandbox.control("refund", refund=refund["id"], status="failed")

    assert merchant.sandbox.idle()
    assert told(merchant.sandbox) == [
        CREATED,
        "payment_intent.canceled",
        CREATED,
        "payment_intent.processing",
        "payment_intent.payment_failed",
        CREATED,
        SUCCEEDED,
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "refund.failed",
    ]
    assert bodies(merchant.sandbox)[-2]["data"]["previous_attributes"] == {"status": "pending"}


def test_a_refund_made_in_the_dashboard_is_told_as_well(merchant: Merchant) -> None:
    """No metadata of ours, no key of ours: only Stripe knows."""
    paid = merchant.paid_intent()
    merchant.post("refunds", {"charge": paid["latest_charge"]})

    assert merchant.sandbox.idle()
    refund, charge = (body["data"]["object"] for body in bodies(merchant.sandbox)[-2:])
    assert (refund["object"], refund["amount"], refund["metadata"]) == ("refund", 6750, {})
    assert (charge["object"], charge["amount_refunded"], charge["refunded"]) == ("charge", 6750, True)


def test_stripes_own_library_accepts_the_signature_by_every_secret(merchant: Merchant) -> None:
    merchant.sandbox.send_webhooks_to(f"{merchant.sandbox.receiver_url}/stripe", ["whsec_old", "whsec_new"])
    intent = merchant.new_intent()
    assert merchant.sandbox.idle()
    (call,) = merchant.sandbox.received("stripe")
    header = call["headers"]["stripe-signature"]

    for secret in ("whsec_old", "whsec_new"):
        event = stripe.Webhook.construct_event(call["body"], header, secret)
        assert (event.type, event.data.object["id"]) == (CREATED, intent["id"])
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(call["body"], header, "whsec_other")


def test_a_webhook_is_tried_again_until_it_is_taken(merchant: Merchant) -> None:
    merchant.sandbox.control("receiver", status=503, n=2)
    merchant.new_intent()

    assert merchant.sandbox.idle()
    assert [(each["attempt"], each["status"]) for each in merchant.sandbox.sent()] == [
        (1, 503),
        (2, 503),
        (3, 200),
    ]
    ids = {json.loads(call["body"])["id"] for call in merchant.sandbox.received("stripe")}
    assert len(ids) == 1


def test_an_event_is_undelivered_until_somebody_takes_it(merchant: Merchant) -> None:
    merchant.sandbox.send_webhooks_to("http://127.0.0.1:9/nobody")
    merchant.new_intent()
    (event,) = merchant.get("events?delivery_success=false").json()["data"]
    assert event["pending_webhooks"] == 1
    while not merchant.sandbox.sent():
        time.sleep(0.01)
    assert "Refused" in merchant.sandbox.sent()[0]["error"]

    merchant.sandbox.send_webhooks_to(f"{merchant.sandbox.receiver_url}/stripe")

    assert merchant.sandbox.idle()
    assert merchant.get(f"events/{event['id']}").json()["pending_webhooks"] == 0
    assert merchant.get("events?delivery_success=false").json()["data"] == []


def test_dropped_events_never_come_but_can_be_asked_for_and_sent_again(merchant: Merchant) -> None:
    merchant.sandbox.control("drop", n=1)
    lost, kept = merchant.new_intent(), merchant.new_intent()
    assert merchant.sandbox.idle()
    assert [body["data"]["object"]["id"] for body in bodies(merchant.sandbox)] == [kept["id"]]
    (event,) = merchant.get("events?delivery_success=false").json()["data"]
    assert event["data"]["object"]["id"] == lost["id"]

    merchant.sandbox.control("resend", event=event["id"])

    assert merchant.sandbox.idle()
    assert [body["data"]["object"]["id"] for body in bodies(merchant.sandbox)] == [kept["id"], lost["id"]]


def test_all_events_can_be_dropped(merchant: Merchant) -> None:
    merchant.sandbox.control("drop")
    merchant.paid_intent()

    assert merchant.sandbox.idle()
    assert merchant.sandbox.received("stripe") == []
    assert {each["error"] for each in merchant.sandbox.sent()} == {"dropped"}


def test_a_doubled_event_comes_twice_with_one_id(merchant: Merchant) -> None:
    merchant.sandbox.control("double", n=1)
    merchant.paid_intent()

    assert merchant.sandbox.idle()
    created = [body["id"] for body in bodies(merchant.sandbox) if body["type"] == CREATED]
    assert len(created) == 2
    assert len(set(created)) == 1
    assert told(merchant.sandbox).count(SUCCEEDED) == 1


def test_an_event_may_come_many_times_at_once(merchant: Merchant) -> None:
    merchant.sandbox.control("double", n=1, times=50)
    merchant.new_intent()

    assert merchant.sandbox.idle()
    assert told(merchant.sandbox) == [CREATED] * 50
    assert len({body["id"] for body in bodies(merchant.sandbox)}) == 1


def test_several_senders_bring_every_event_once_and_in_no_order(merchant: Merchant) -> None:
    merchant.sandbox.control("senders", n=8)
    ids = {merchant.new_intent()["id"] for _ in range(40)}

    assert merchant.sandbox.idle()
    came = [body["data"]["object"]["id"] for body in bodies(merchant.sandbox)]
    assert sorted(came) == sorted(ids)
    merchant.sandbox.control("reset")
    merchant.paid_intent()
    assert merchant.sandbox.idle()
    assert told(merchant.sandbox)[-2:] == [CREATED, SUCCEEDED]


def test_what_the_dashboard_and_the_bank_do_is_told(merchant: Merchant) -> None:
    """Behind the merchant's back: no key of ours, no metadata of ours."""
    paid = merchant.paid_intent()
    refund = merchant.sandbox.control("dashboard_refund", intent=paid["id"], amount=1000)["refund"]
    dispute = merchant.sandbox.control("dispute", intent=paid["id"], reason="duplicate")["dispute"]
    merchant.sandbox.control("dispute", dispute=dispute, status="under_review")
    merchant.sandbox.control("dispute", dispute=dispute, status="lost")

    assert merchant.sandbox.idle()
    heard = [(body["type"], body["data"]["object"]["id"]) for body in bodies(merchant.sandbox)[2:]]
    assert heard == [
        ("refund.created", refund),
        ("charge.refunded", paid["latest_charge"]),
        ("charge.dispute.created", dispute),
        ("charge.dispute.updated", dispute),
        ("charge.dispute.closed", dispute),
    ]
    assert bodies(merchant.sandbox)[2]["request"] == {"id": None, "idempotency_key": None}
    assert bodies(merchant.sandbox)[2]["data"]["object"]["metadata"] == {}
    assert bodies(merchant.sandbox)[-1]["data"]["previous_attributes"] == {"status": "under_review"}


def test_shuffled_events_come_last_one_first(merchant: Merchant) -> None:
    merchant.sandbox.control("shuffle", n=4)
    merchant.paid_intent()
    assert merchant.sandbox.received("stripe") == []
    merchant.paid_intent()

    assert merchant.sandbox.idle()
    assert told(merchant.sandbox) == [SUCCEEDED, CREATED, SUCCEEDED, CREATED]


def test_collected_events_are_let_go_by_shuffling_none(merchant: Merchant) -> None:
    merchant.sandbox.control("shuffle", n=10)
    merchant.paid_intent()

    merchant.sandbox.control("shuffle", n=0)

    assert merchant.sandbox.idle()
    assert told(merchant.sandbox) == [SUCCEEDED, CREATED]


def test_delayed_events_come_late(merchant: Merchant) -> None:
    merchant.sandbox.control("delay", seconds=1.5)
    merchant.new_intent()

    assert not merchant.sandbox.idle(0.1)
    assert merchant.sandbox.received("stripe") == []
    assert merchant.sandbox.idle()
    assert told(merchant.sandbox) == [CREATED]


def test_paused_events_wait_until_they_may_go(merchant: Merchant) -> None:
    merchant.sandbox.control("pause")
    merchant.new_intent()
    assert not merchant.sandbox.idle(0.2)
    assert merchant.sandbox.sent() == []

    merchant.sandbox.control("resume")

    assert merchant.sandbox.idle()
    assert told(merchant.sandbox) == [CREATED]


def test_without_an_address_nothing_is_owed(stripe_sandbox: StripeSandbox) -> None:
    merchant = Merchant(stripe_sandbox)
    merchant.new_intent()

    assert merchant.get("events?delivery_success=false").json()["data"] == []
    assert len(merchant.get("events").json()["data"]) == 1


def test_a_reset_switches_every_control_off(merchant: Merchant) -> None:
    for name, wanted in (("drop", {}), ("delay", {"seconds": 60}), ("pause", {}), ("shuffle", {"n": 9})):
        merchant.sandbox.control(name, **wanted)
    merchant.sandbox.control("fail", status=500)
    merchant.sandbox.control("receiver", status=500)

    merchant.sandbox.control("reset")

    merchant.paid_intent()
    assert merchant.sandbox.idle()
    assert told(merchant.sandbox) == [CREATED, SUCCEEDED]


def test_an_unknown_control_is_said_to_be_one(stripe_sandbox: StripeSandbox) -> None:
    assert stripe_sandbox.http.post("/_control/explode", json={}).status_code == 404
    assert stripe_sandbox.http.post("/_control/delay", json={"minutes": 1}).status_code == 400


BODY = '{"type": "booking.created", "event_id": "1", "payload": {"name": "Zoé <b>"}}'


def signed(secret: str, *, minutes_ago: int = 0) -> dict[str, str]:
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {
        "webhook-id": "1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("1", at, BODY),
    }


@pytest.mark.parametrize(
    ("sign", "verdict"),
    [
        (lambda: signed(StripeSandbox.make_secret), "valid"),
        (lambda: signed("whsec_c29tZWJvZHkgZWxzZQ=="), "invalid"),
        (lambda: signed(StripeSandbox.make_secret, minutes_ago=6), "invalid"),
        (
            lambda: {"webhook-id": "1", "webhook-timestamp": "soon", "webhook-signature": "v1,x"},
            "invalid",
        ),
        (dict, "absent"),
    ],
    ids=["valid", "other secret", "old", "nonsense", "none"],
)
def test_the_receiver_keeps_a_call_and_judges_its_signature(
    stripe_sandbox: StripeSandbox, sign: Callable[[], dict[str, str]], verdict: str
) -> None:
    headers = sign()
    answer = httpx.post(f"{stripe_sandbox.receiver_url}/reservation", content=BODY.encode(), headers=headers)

    assert answer.status_code == 200
    (call,) = stripe_sandbox.received("reservation")
    assert (call["name"], call["body"], call["status"], call["signature"]) == (
        "reservation",
        BODY,
        200,
        verdict,
    )
    assert headers.items() <= call["headers"].items()
    assert stripe_sandbox.received("autre") == []


def test_the_receiver_answers_what_it_is_told(stripe_sandbox: StripeSandbox) -> None:
    stripe_sandbox.control("receiver", status=503, n=1)

    statuses = [httpx.post(f"{stripe_sandbox.receiver_url}/x", content=b"{}").status_code for _ in range(2)]

    assert statuses == [503, 200]
    assert [call["status"] for call in stripe_sandbox.received()] == [503, 200]


def test_the_receiver_shows_people_a_page_in_french(stripe_sandbox: StripeSandbox) -> None:
    httpx.post(
        f"{stripe_sandbox.receiver_url}/x", content=BODY.encode(), headers=signed(StripeSandbox.make_secret)
    )

    page = httpx.get(f"{stripe_sandbox.receiver_url}/", headers={"Accept": "text/html"}).text

    assert "Appels reçus" in page
    assert "booking.created" in page
    assert "signature valide" in page
    assert "Zoé &lt;b&gt;" in page
    assert "<b>&" not in page
