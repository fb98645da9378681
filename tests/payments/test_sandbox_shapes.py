"""Every object and error of the sandbox has the shape that Stripe's own library declares for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import pytest
import stripe
from stripe._stripe_object import UntypedStripeObject

from tests.payments.sandbox_process import StripeSandbox
from tests.payments.test_sandbox import Merchant

# The library writes Optional for two things: null when there is nothing to say, and not there at all. These
# are the second, in Stripe's published description of each object; all others are always there.
LEFT_OUT = {
    "payment_intent": {
        "hooks", "managed_payments", "payment_details", "payment_record", "presentment_details",
    },
    "charge": {"authorization_code", "level3", "presentment_details", "radar_options", "refunds", "transfer"},
    "refund": {
        "description", "failure_balance_transaction", "failure_reason", "instructions_email", "next_action",
        "pending_reason", "presentment_details",
    },
    "customer": {
        "cash_balance", "deleted", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids",
    },
    "dispute": {"intended_submission_method"},
    "event": {"account", "context"},
    "confirmation_token": set(),
}  # fmt: skip
CLASSES: dict[str, type[stripe.StripeObject]] = {
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "customer": stripe.Customer,
    "payment_method": stripe.PaymentMethod,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "confirmation_token": stripe.ConfirmationToken,
}


def fields_of(kind: type) -> dict[str, Any]:
    declared = vars(kind).get("__annotations__", {})
    return {name: hint for name, hint in declared.items() if name != "OBJECT_NAME"}


def may_be_none(hint: Any) -> bool:
    return get_origin(hint) is Union and type(None) in get_args(hint)


def mistakes(value: Any, hint: Any, where: str) -> list[str]:
    """What is wrong with `value` for one who reads the library's annotations."""
    if isinstance(hint, ForwardRef | str):  # another object of Stripe's, whole
        name = hint.__forward_arg__ if isinstance(hint, ForwardRef) else hint
        known = getattr(stripe, name, None)
        return [f"{where}: {name} is no object"] if known is None else mistakes(value, known, where)
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return []
    if origin is Union:
        found = [mistakes(value, each, where) for each in inner]
        return [] if [] in found else max(found, key=len)
    if origin is Literal:
        return [] if value in inner else [f"{where}: {value!r} is none of Stripe's values"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no list"]
        return [it for at, each in enumerate(value) for it in mistakes(each, inner[0], f"{where}[{at}]")]
    if origin is UntypedStripeObject or hint is UntypedStripeObject:
        if not isinstance(value, dict):
            return [f"{where}: {value!r} is no object"]
        return [
            it for name, each in value.items() for it in mistakes(each, (*inner, Any)[0], f"{where}.{name}")
        ]
    if isinstance(hint, type) and issubclass(hint, stripe.StripeObject):
        return misshapen(value, hint, where)
    right = type(value) is hint if hint in (int, bool) else isinstance(value, hint)
    return [] if right else [f"{where}: {value!r} is no {getattr(hint, '__name__', hint)}"]


def misshapen(value: Any, kind: type, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no object"]
    fields = fields_of(kind)
    found = [f"{where}.{name}: Stripe has no such key" for name in value.keys() - fields.keys()]
    found += [
        f"{where}.{name}: missing"
        for name, hint in fields.items()
        if name not in value and not may_be_none(hint)
    ]
    for name in value.keys() & fields.keys():
        found += mistakes(value[name], fields[name], f"{where}.{name}")
    return found


def judge(thing: dict[str, Any]) -> list[str]:
    name = thing["object"]
    kind = CLASSES[name]
    if name == "payment_method":  # one key for each type of method, of which a card has its own
        expected = {"allow_redisplay", "card", "customer", "customer_account", "metadata"}
    else:
        expected = fields_of(kind).keys() - LEFT_OUT[name]
    missing = [f"{name}.{key}: left out" for key in sorted(expected - thing.keys())]
    return missing + misshapen(thing, kind, name)


@pytest.fixture
def merchant(stripe_sandbox: StripeSandbox) -> Merchant:
    return Merchant(stripe_sandbox)


def cancelled(merchant: Merchant) -> dict[str, Any]:
    intent = merchant.new_intent()
    return dict(merchant.post(f"payment_intents/{intent['id']}/cancel").json())


def processing(merchant: Merchant) -> dict[str, Any]:
    merchant.sandbox.control("processing", n=1)
    return merchant.paid_intent()


def after_trying(number: str) -> Callable[[Merchant], dict[str, Any]]:
    def make(merchant: Merchant) -> dict[str, Any]:
        intent = merchant.new_intent()
        path = f"payment_intents/{intent['id']}"
        merchant.post(f"{path}/confirm", {"confirmation_token": merchant.sandbox.token(number)})
        return dict(merchant.get(path).json())

    return make


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda merchant: merchant.new_intent(), "requires_payment_method"),
        (lambda merchant: merchant.paid_intent(), "succeeded"),
        (after_trying("4000000000000002"), "requires_payment_method"),
        (after_trying("4000002500003155"), "requires_action"),
        (processing, "processing"),
        (cancelled, "canceled"),
    ],
    ids=["new", "paid", "declined", "3-D Secure", "processing", "cancelled"],
)
def test_an_intent_in_each_state(
    merchant: Merchant, make: Callable[[Merchant], dict[str, Any]], status: str
) -> None:
    intent = make(merchant)

    assert intent["status"] == status
    assert judge(intent) == []


@pytest.mark.parametrize("number", ["4242424242424242", "4000000000000002", "4000000000000259"])
def test_a_charge_that_succeeds_fails_or_is_contested(merchant: Merchant, number: str) -> None:
    intent = after_trying(number)(merchant)

    assert judge(merchant.get(f"charges/{intent['latest_charge']}").json()) == []


def test_charges_are_listed_newest_first_for_all_payments_or_one(merchant: Merchant) -> None:
    first, second = merchant.paid_intent(), merchant.paid_intent()

    listed = merchant.get("charges").json()
    of_the_first = merchant.get(f"charges?payment_intent={first['id']}").json()

    assert [charge["payment_intent"] for charge in listed["data"]] == [second["id"], first["id"]]
    assert [charge["id"] for charge in of_the_first["data"]] == [first["latest_charge"]]
    assert [judge(charge) for charge in listed["data"]] == [[], []]
    assert merchant.get("charges?payment_intent=pi_unknown").status_code == 400


@pytest.mark.parametrize("status", ["succeeded", "pending", "requires_action", "failed", "canceled"])
def test_a_refund_in_each_state(merchant: Merchant, status: str) -> None:
    paid = merchant.paid_intent()
    merchant.sandbox.control("refund", status=status)

    refund = merchant.post("refunds", {"payment_intent": paid["id"], "amount": "1000"}).json()

    assert refund["status"] == status
    assert ("failure_reason" in refund, "pending_reason" in refund) == (
        status == "failed",
        status == "pending",
    )
    assert judge(refund) == []


def test_a_customer_a_kept_card_and_its_token(merchant: Merchant) -> None:
    customer = merchant.post("customers", {"email": "zoe@exemple.ca", "name": "Zoé"}).json()
    token = merchant.sandbox.token(save=True)
    paid = merchant.post(
        "payment_intents",
        {
            "amount": "4500",
            "currency": "cad",
            "customer": customer["id"],
            "setup_future_usage": "on_session",
            "confirm": "true",
            "confirmation_token": token,
        },
    ).json()
    kept = merchant.get(f"customers/{customer['id']}/payment_methods").json()["data"]

    assert [method["id"] for method in kept] == [paid["payment_method"]]
    assert judge(merchant.get(f"customers/{customer['id']}").json()) == []
    assert judge(kept[0]) == []
    assert judge(merchant.get(f"confirmation_tokens/{token}").json()) == []


@pytest.mark.parametrize("status", ["needs_response", "warning_needs_response", "won", "lost"])
def test_a_dispute_in_each_state(merchant: Merchant, status: str) -> None:
    paid = merchant.paid_intent()
    dispute = merchant.sandbox.control("dispute", intent=paid["id"])["dispute"]
    if status == "warning_needs_response":
        dispute = merchant.sandbox.control("dispute", intent=paid["id"], status=status)["dispute"]
    elif status != "needs_response":
        merchant.sandbox.control("dispute", dispute=dispute, status=status)

    shown = merchant.get(f"disputes/{dispute}").json()

    assert shown["status"] == status
    assert judge(shown) == []


def test_every_event_and_what_it_is_about(merchant: Merchant) -> None:
    merchant.paid_intent("4000000000000259")
    after_trying("4000000000000002")(merchant)
    cancelled(merchant)
    paid = merchant.paid_intent("4000000000005126")
    merchant.post("refunds", {"payment_intent": paid["id"]})
    merchant.sandbox.control("refunds")

    events = merchant.get("events?limit=100").json()["data"]

    assert {event["type"] for event in events} == {
        "payment_intent.created", "payment_intent.succeeded", "payment_intent.payment_failed",
        "payment_intent.canceled", "charge.succeeded", "charge.failed", "charge.refunded", "refund.created",
        "refund.updated", "refund.failed", "charge.dispute.created", "charge.dispute.funds_withdrawn",
    }  # fmt: skip
    for event in events:
        assert judge(event) == []
        assert judge(event["data"]["object"]) == []


@pytest.mark.parametrize(
    ("path", "data", "kind"),
    [
        ("payment_intents", {"amount": "100"}, "invalid_request_error"),
        ("payment_intents", {"amount": "1", "currency": "cad"}, "invalid_request_error"),
        ("refunds", {"payment_intent": "pi_no"}, "invalid_request_error"),
    ],
)
def test_an_error(merchant: Merchant, path: str, data: dict[str, str], kind: str) -> None:
    answer = merchant.post(path, data)

    error = answer.json()["error"]
    assert error["type"] == kind
    assert error["request_log_url"].endswith(answer.headers["request-id"])
    assert misshapen(error, stripe.ErrorObject, "error") == []


def test_a_card_error_carries_the_intent(merchant: Merchant) -> None:
    intent = merchant.new_intent()

    error = merchant.post(
        f"payment_intents/{intent['id']}/confirm",
        {"confirmation_token": merchant.sandbox.token("4000000000000069")},
    ).json()["error"]

    assert misshapen(error, stripe.ErrorObject, "error") == []
    assert judge(error["payment_intent"]) == []
    assert judge(error["payment_method"]) == []


def test_a_wrong_shape_is_found() -> None:
    """What this file's other tests rely on."""
    refund = {"id": "re_1", "object": "refund", "amount": "10", "created": 1, "currency": "cad", "colour": 1}

    found = misshapen(refund, stripe.Refund, "refund")

    assert sorted(found) == ["refund.amount: '10' is no int", "refund.colour: Stripe has no such key"]
    assert "refund.charge: left out" in judge(refund)
    assert misshapen({"data": {}, "object": "event"}, stripe.Event, "event")[:2] == [
        "event.created: missing",
        "event.id: missing",
    ]
