"""The sandbox answers as Stripe does: shapes, errors, keys, versions, and a crowd at once."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import stripe

from tests.payments.sandbox_process import StripeSandbox

NEW = {"amount": "6750", "currency": "cad"}


class Merchant:
    """Stripe's API without any library in between."""

    def __init__(self, sandbox: StripeSandbox) -> None:
        self.sandbox = sandbox

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.sandbox.http.get(f"/v1/{path}", headers=self.sandbox.as_merchant | headers)

    def post(self, path: str, data: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.sandbox.http.post(
            f"/v1/{path}", data=data or {}, headers=self.sandbox.as_merchant | names
        )

    def new_intent(self, **given: str) -> dict[str, Any]:
        answer = self.post("payment_intents", NEW | given)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def paid_intent(self, number: str = "4242424242424242") -> dict[str, Any]:
        answer = self.post(
            "payment_intents", NEW | {"confirm": "true", "confirmation_token": self.sandbox.token(number)}
        )
        return dict(answer.json())


@pytest.fixture
def merchant(stripe_sandbox: StripeSandbox) -> Merchant:
    return Merchant(stripe_sandbox)


def error_of(answer: httpx.Response) -> tuple[int, str, str | None, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["type"], error.get("code"), error.get("param")


@pytest.fixture
def library(stripe_sandbox: StripeSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        stripe_sandbox.secret_key, base_addresses={"api": stripe_sandbox.base_url}, max_network_retries=0
    )


def test_stripes_own_library_reads_every_object(
    stripe_sandbox: StripeSandbox, merchant: Merchant, library: stripe.StripeClient
) -> None:
    paid = merchant.paid_intent()

    intent = library.v1.payment_intents.retrieve(paid["id"])
    assert (intent.object, intent.status, intent.latest_charge) == (
        "payment_intent",
        "succeeded",
        paid["latest_charge"],
    )
    assert intent.payment_method_types == ["card"]
    charge = library.v1.charges.retrieve(paid["latest_charge"])
    assert (charge.paid, charge.captured, charge.amount_captured, charge.refunded) == (
        True,
        True,
        6750,
        False,
    )
    assert charge.payment_method_details
    assert charge.payment_method_details.card
    assert charge.payment_method_details.card.last4 == "4242"
    refund = library.v1.refunds.create({"charge": charge.id, "reason": "duplicate"})
    assert (refund.amount, refund.status, refund.payment_intent) == (6750, "succeeded", paid["id"])
    assert library.v1.charges.retrieve(charge.id).refunded is True
    token = library.v1.confirmation_tokens.retrieve(stripe_sandbox.token())
    assert (token.object, token.payment_intent) == ("confirmation_token", None)
    events = library.v1.events.list({"limit": 100})
    assert [event.type for event in events.data] == [
        "charge.refunded",
        "refund.created",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]
    assert isinstance(events.data[0].data.object, dict | stripe.StripeObject)
    assert library.v1.events.retrieve(events.data[0].id).type == "charge.refunded"


def test_the_library_raises_its_own_card_error(merchant: Merchant, library: stripe.StripeClient) -> None:
    intent = merchant.new_intent()

    with pytest.raises(stripe.CardError) as declined:
        library.v1.payment_intents.confirm(
            intent["id"], {"confirmation_token": merchant.sandbox.token("4000000000000069")}
        )

    assert (declined.value.code, declined.value.param, declined.value.http_status) == (
        "expired_card",
        "exp_month",
        402,
    )
    assert declined.value.error
    assert declined.value.error.payment_intent
    assert declined.value.error.payment_intent.status == "requires_payment_method"
    assert declined.value.error.charge


def test_every_answer_bears_its_request_and_the_pinned_version(merchant: Merchant) -> None:
    answer = merchant.get("events")

    assert answer.headers["stripe-version"] == "2026-10-28.endive"
    assert answer.headers["request-id"].startswith("req_")
    old = merchant.get("events", **{"Stripe-Version": "2020-08-27"})
    assert (old.status_code, old.json()["error"]["message"]) == (
        400,
        "Invalid Stripe API version: 2020-08-27",
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, (400, "invalid_request_error", "parameter_missing", "amount")),
        ({"amount": "45.00"}, (400, "invalid_request_error", "parameter_invalid_integer", "amount")),
        ({"amount": "-5"}, (400, "invalid_request_error", "parameter_invalid_integer", "amount")),
        ({"amount": "49"}, (400, "invalid_request_error", "amount_too_small", "amount")),
        ({"amount": "100000000"}, (400, "invalid_request_error", "amount_too_large", "amount")),
        ({"amount": "100"}, (400, "invalid_request_error", "parameter_missing", "currency")),
        ({**NEW, "colour": "red"}, (400, "invalid_request_error", "parameter_unknown", "colour")),
        (
            {**NEW, "payment_method_types[]": "card"},
            (
                400,
                "invalid_request_error",
                "payment_method_types_no_longer_supported",
                "payment_method_types",
            ),
        ),
        (
            {**NEW, "confirm": "true", "confirmation_token": "ctoken_no"},
            (400, "invalid_request_error", "resource_missing", "confirmation_token"),
        ),
        (
            {**NEW, "metadata[checkout]": "x" * 501},
            (400, "invalid_request_error", None, "metadata[checkout]"),
        ),
    ],
)
def test_bad_parameters_are_named(
    merchant: Merchant, data: dict[str, str], expected: tuple[Any, ...]
) -> None:
    assert error_of(merchant.post("payment_intents", data)) == expected


@pytest.mark.parametrize(
    "path",
    [
        "payment_intents/pi_no",
        "refunds/re_no",
        "charges/ch_no",
        "events/evt_no",
        "confirmation_tokens/ctoken_no",
        "customers/cus_no",
        "customers/cus_no/payment_methods",
        "payment_methods/pm_no",
        "disputes/dp_no",
    ],
)
def test_what_does_not_exist_is_404(merchant: Merchant, path: str) -> None:
    assert error_of(merchant.get(path))[:3] == (404, "invalid_request_error", "resource_missing")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer sk_live_123"}, 401),
        ({"Authorization": "Bearer pk_test_123"}, 401),
        ({"Authorization": "Basic c2tfdGVzdF8xMjM6"}, 200),  # sk_test_123:
        ({"Authorization": "Basic !"}, 401),
        ({"Authorization": "Bearer sk_test_123"}, 200),
    ],
)
def test_only_a_secret_test_key_opens_the_account(
    stripe_sandbox: StripeSandbox, headers: dict[str, str], status: int
) -> None:
    assert stripe_sandbox.http.get("/v1/events", headers=headers).status_code == status


def test_a_browser_sees_an_intent_only_by_its_secret(
    stripe_sandbox: StripeSandbox, merchant: Merchant
) -> None:
    intent = merchant.new_intent(**{"metadata[checkout]": "4b1d"})

    def ask(secret: str) -> httpx.Response:
        query = {"key": stripe_sandbox.publishable_key, "client_secret": secret}
        return stripe_sandbox.http.get(f"/v1/payment_intents/{intent['id']}", params=query)

    assert ask(intent["client_secret"]).json()["status"] == "requires_payment_method"
    assert "metadata" not in ask(intent["client_secret"]).json()
    assert ask(f"{intent['id']}_secret_guessed").status_code == 404


def test_a_page_of_another_origin_may_make_tokens_but_pull_no_controls(stripe_sandbox: StripeSandbox) -> None:
    asked = stripe_sandbox.http.options(
        "/v1/confirmation_tokens",
        headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"},
    )
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")

    pulled = stripe_sandbox.http.post("/_control/drop", content=b"{}", headers={"Content-Type": "text/plain"})
    assert pulled.status_code == 415


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"number": "4242"}, "incorrect_number"),
        ({"exp_month": "13"}, "invalid_expiry_month"),
        ({"exp_year": "2020"}, "invalid_expiry_year"),
        ({"cvc": "12"}, "invalid_cvc"),
    ],
)
def test_a_card_that_cannot_be_makes_no_token(
    stripe_sandbox: StripeSandbox, card: dict[str, Any], code: str
) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        stripe_sandbox.token(**{"number": "4242424242424242"} | card)

    assert error_of(refused.value.response)[:3] == (402, "card_error", code)


def test_an_intent_is_updated_until_it_is_paid(merchant: Merchant) -> None:
    intent = merchant.new_intent(**{"metadata[checkout]": "4b1d", "metadata[order]": "1"})
    path = f"payment_intents/{intent['id']}"

    changed = merchant.post(
        path, {"amount": "9000", "metadata[order]": "", "description": "Commande F-1"}
    ).json()

    assert (changed["amount"], changed["description"]) == (9000, "Commande F-1")
    assert changed["metadata"] == {"checkout": "4b1d"}
    merchant.post(f"{path}/confirm", {"confirmation_token": merchant.sandbox.token()})
    assert error_of(merchant.post(path, {"amount": "100"}))[2] == "payment_intent_unexpected_state"
    assert merchant.post(path, {"metadata[note]": "payé"}).json()["metadata"]["note"] == "payé"


def test_a_token_without_the_script_sends_the_browser_to_the_bank_and_back(
    stripe_sandbox: StripeSandbox, merchant: Merchant
) -> None:
    made = stripe_sandbox.http.post(
        "/v1/confirmation_tokens",
        headers={"Authorization": f"Bearer {stripe_sandbox.publishable_key}"},
        data={
            "payment_method_data[type]": "card",
            "payment_method_data[card][number]": "4000002500003155",
            "payment_method_data[card][exp_month]": "12",
            "payment_method_data[card][exp_year]": "40",
            "payment_method_data[card][cvc]": "123",
            "use_stripe_sdk": "false",
        },
    ).json()
    intent = merchant.new_intent()
    asked = merchant.post(
        f"payment_intents/{intent['id']}/confirm",
        {"confirmation_token": made["id"], "return_url": "https://fanal.example/retour/?x=1"},
    ).json()

    action = asked["next_action"]["redirect_to_url"]
    back = stripe_sandbox.http.post(action["url"], data={"answer": "refuse"})

    assert back.status_code == 303
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert (query["x"], query["redirect_status"], query["payment_intent"]) == (
        ["1"],
        ["failed"],
        [intent["id"]],
    )
    assert query["payment_intent_client_secret"] == [intent["client_secret"]]


def test_kept_cards_are_listed_newest_first_for_their_customer_alone(merchant: Merchant) -> None:
    def keep(customer: str) -> str:
        paid = merchant.post(
            "payment_intents",
            NEW
            | {
                "customer": customer,
                "setup_future_usage": "on_session",
                "confirm": "true",
                "confirmation_token": merchant.sandbox.token(save=True),
            },
        )
        return str(paid.json()["payment_method"])

    zoe, leo = (merchant.post("customers", {"name": name}).json()["id"] for name in ("Zoé", "Léo"))
    first, second, _other = keep(zoe), keep(zoe), keep(leo)

    def listed(query: str = "") -> list[str]:
        answer = merchant.get(f"payment_methods?customer={zoe}{query}").json()
        return [method["id"] for method in answer["data"]]

    assert listed() == listed("&type=card") == [second, first]
    assert listed(f"&starting_after={second}") == [first]
    assert listed("&type=link") == []
    assert error_of(merchant.get("payment_methods"))[2:] == ("parameter_missing", "customer")
    assert error_of(merchant.get("payment_methods?customer=cus_no"))[:3] == (
        400,
        "invalid_request_error",
        "resource_missing",
    )
    assert merchant.post(f"payment_methods/{second}/detach").json()["customer"] is None
    assert error_of(merchant.post(f"payment_methods/{second}/detach"))[0] == 400
    assert listed() == [first]
    told = merchant.get("events?type=payment_method.*").json()["data"]
    assert [event["type"] for event in told] == ["payment_method.detached"] + ["payment_method.attached"] * 3
    assert told[0]["data"]["previous_attributes"] == {"customer": zoe}


def test_only_a_refund_that_waits_for_somebody_is_cancelled(merchant: Merchant) -> None:
    paid = merchant.paid_intent()
    merchant.sandbox.control("refund", status="requires_action")
    refund = merchant.post("refunds", {"payment_intent": paid["id"]}).json()
    path = f"refunds/{refund['id']}/cancel"

    assert merchant.post(path).json()["status"] == "canceled"

    assert error_of(merchant.post(path))[0] == 400
    assert merchant.get(f"charges/{paid['latest_charge']}").json()["amount_refunded"] == 0


def test_events_are_filtered_and_paged(merchant: Merchant) -> None:
    merchant.paid_intent()
    merchant.new_intent()
    now = int(time.time())

    def types(query: str) -> list[str]:
        return [event["type"] for event in merchant.get(f"events?{query}").json()["data"]]

    created, succeeded = "payment_intent.created", "payment_intent.succeeded"
    assert types("type=payment_intent.*") == [created, succeeded, created]
    assert types(f"types[]={succeeded}&types[]=charge.succeeded") == [succeeded, "charge.succeeded"]
    assert types(f"created[gte]={now - 60}&created[lt]={now + 60}&limit=2") == [created, succeeded]
    assert types(f"created[gt]={now + 60}") == []
    first = merchant.get("events?limit=1").json()
    assert (first["has_more"], first["url"]) == (True, "/v1/events")
    after = first["data"][0]["id"]
    assert types(f"starting_after={after}&limit=1") == [succeeded]
    assert types(f"starting_after={after}") == [succeeded, "charge.succeeded", created]
    middle = merchant.get("events?limit=3").json()["data"][1]["id"]
    assert types(f"ending_before={middle}") == [created]
    assert error_of(merchant.get("events?limit=101"))[3] == "limit"
    assert error_of(merchant.get("events?starting_after=evt_no"))[2:] == (
        "resource_missing",
        "starting_after",
    )
    assert error_of(merchant.get("events?type=x&types[]=y"))[0] == 400
