"""The gateway against the sandbox, over real HTTP, in its own process."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
import stripe
from pytest_django import Settings

from payments.gateway import (
    API_VERSION,
    Declined,
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
    Intent,
    IntentStatus,
    RefundResult,
    gateway,
)
from tests.payments.sandbox_process import StripeSandbox

RETURN_URL = "https://fanal.example/paiement/retour/"


def new_intent(amount: int = 6750, **given: Any) -> Intent:
    return gateway().create_intent(
        checkout_id=given.pop("checkout_id", "c0ffee"),
        amount=amount,
        currency="cad",
        idempotency_key=given.pop("key", str(uuid.uuid4())),
        **given,
    )


def confirm(intent: Intent, token: str, key: str = "") -> Intent:
    return gateway().confirm_intent(
        intent_id=intent.id,
        confirmation_token=token,
        return_url=RETURN_URL,
        idempotency_key=key or str(uuid.uuid4()),
    )


def refund(intent: Intent, amount: int, key: str = "") -> RefundResult:
    return gateway().refund(
        intent_id=intent.id,
        amount=amount,
        idempotency_key=key or str(uuid.uuid4()),
        refund_id="5ef1",
        reason="Cours annulé",
    )


def impatient(sandbox: StripeSandbox, retries: int = 0) -> Gateway:
    return Gateway(api_key=sandbox.secret_key, api_base=sandbox.base_url, read_seconds=0.3, retries=retries)


def test_the_version_is_the_one_that_the_library_was_made_for() -> None:
    assert stripe.api_version == API_VERSION


def test_it_calls_through_the_proxy_of_the_environment(
    stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = new_intent()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(GatewayUnavailable):
        impatient(stripe_sandbox).retrieve_intent(intent_id=intent.id)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert impatient(stripe_sandbox).retrieve_intent(intent_id=intent.id) == intent


def test_a_new_intent_waits_for_a_card_and_knows_its_checkout(stripe_sandbox: StripeSandbox) -> None:
    intent = new_intent(6750, checkout_id="4b1d", receipt_email="zoe@exemple.ca", description="Commande")

    assert intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert (intent.amount, intent.amount_received, intent.currency) == (6750, 0, "cad")
    assert intent.checkout_id == "4b1d"
    assert intent.client_secret
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert (intent.charge_id, intent.payment_method_id, intent.error_code, intent.decline_code) == (None,) * 4


@pytest.mark.parametrize("number", ["4242424242424242", "5555555555554444", "4000001240000000"])
def test_a_good_card_pays(stripe_sandbox: StripeSandbox, number: str) -> None:
    intent = confirm(new_intent(4500), stripe_sandbox.token(number))

    assert intent.status == IntentStatus.SUCCEEDED
    assert intent.amount_received == 4500
    assert intent.charge_id
    assert intent.charge_id.startswith("ch_")
    assert gateway().retrieve_intent(intent_id=intent.id) == intent


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000009987", "card_declined", "lost_card"),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4000000000000119", "processing_error", None),
        ("4111111111111111", "card_declined", "test_mode_live_card"),
    ],
)
def test_a_bad_card_is_declined_with_the_banks_reason(
    stripe_sandbox: StripeSandbox, number: str, code: str, decline_code: str | None
) -> None:
    intent = new_intent()

    with pytest.raises(Declined) as declined:
        confirm(intent, stripe_sandbox.token(number))

    assert (declined.value.code, declined.value.decline_code) == (code, decline_code)
    assert declined.value.intent.id == intent.id
    assert declined.value.intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    later = gateway().retrieve_intent(intent_id=intent.id)
    assert (later.error_code, later.decline_code, later.amount_received) == (code, decline_code, 0)


def test_another_card_may_be_tried_after_a_decline(stripe_sandbox: StripeSandbox) -> None:
    intent = new_intent()
    with pytest.raises(Declined):
        confirm(intent, stripe_sandbox.token("4000000000000002"))

    paid = confirm(intent, stripe_sandbox.token())

    assert (paid.status, paid.error_code) == (IntentStatus.SUCCEEDED, None)


def test_3d_secure_asks_and_an_authorised_payment_succeeds(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(), stripe_sandbox.token("4000002500003155"))
    assert (intent.status, intent.amount_received) == (IntentStatus.REQUIRES_ACTION, 0)

    stripe_sandbox.answer_challenge(intent.id, "authorise")

    assert gateway().retrieve_intent(intent_id=intent.id).status == IntentStatus.SUCCEEDED


def test_3d_secure_refused_leaves_the_intent_open_for_another_card(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(), stripe_sandbox.token("4000002500003155"))

    stripe_sandbox.answer_challenge(intent.id, "refuse")

    refused = gateway().retrieve_intent(intent_id=intent.id)
    assert refused.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert refused.error_code == "payment_intent_authentication_failure"
    assert confirm(intent, stripe_sandbox.token()).status == IntentStatus.SUCCEEDED


def test_the_bank_may_decline_what_its_customer_has_authorised(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(), stripe_sandbox.token("4000008260003178"))

    stripe_sandbox.answer_challenge(intent.id, "authorise")

    later = gateway().retrieve_intent(intent_id=intent.id)
    assert (later.status, later.decline_code) == (IntentStatus.REQUIRES_PAYMENT_METHOD, "insufficient_funds")


def test_a_payment_in_processing_ends_when_the_bank_says_so(stripe_sandbox: StripeSandbox) -> None:
    stripe_sandbox.control("processing", n=1)
    intent = confirm(new_intent(), stripe_sandbox.token())
    assert intent.status == IntentStatus.PROCESSING
    assert gateway().cancel_intent(intent_id=intent.id).status == IntentStatus.PROCESSING

    stripe_sandbox.control("intent", intent=intent.id, succeeded=True)

    assert gateway().retrieve_intent(intent_id=intent.id).status == IntentStatus.SUCCEEDED


def test_the_same_key_gives_the_same_intent(stripe_sandbox: StripeSandbox) -> None:
    assert new_intent(key="pi:1:1") == new_intent(key="pi:1:1")
    assert new_intent(key="pi:1:2").id != new_intent(key="pi:1:1").id


def test_the_same_key_with_other_parameters_is_refused(stripe_sandbox: StripeSandbox) -> None:
    new_intent(4500, key="pi:2:1")

    with pytest.raises(GatewayRefused, match="same parameters"):
        new_intent(4600, key="pi:2:1")


def test_a_decline_is_replayed_and_not_tried_again(stripe_sandbox: StripeSandbox) -> None:
    intent = new_intent()
    token = stripe_sandbox.token("4000000000000002")
    for _ in range(2):
        with pytest.raises(Declined):
            confirm(intent, token, key="confirm:1")

    events = stripe_sandbox.http.get(
        "/v1/events?type=payment_intent.payment_failed", headers=stripe_sandbox.as_merchant
    ).json()
    assert len(events["data"]) == 1


def test_a_token_pays_once(stripe_sandbox: StripeSandbox) -> None:
    token = stripe_sandbox.token()
    confirm(new_intent(), token)

    with pytest.raises(GatewayRefused, match="already been used"):
        confirm(new_intent(), token)


def test_a_paid_intent_is_not_confirmed_again(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(), stripe_sandbox.token())

    with pytest.raises(GatewayRefused) as refused:
        confirm(intent, stripe_sandbox.token())

    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.intent
    assert refused.value.intent.status == IntentStatus.SUCCEEDED
    assert refused.value.request_id
    assert refused.value.request_id.startswith("req_")


def test_an_amount_that_stripe_does_not_take_is_refused(stripe_sandbox: StripeSandbox) -> None:
    with pytest.raises(GatewayRefused) as refused:
        new_intent(49)

    assert (refused.value.code, refused.value.param) == ("amount_too_small", "amount")


def test_an_unknown_intent_is_refused(stripe_sandbox: StripeSandbox) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway().retrieve_intent(intent_id="pi_unknown")

    assert refused.value.code == "resource_missing"


def test_a_wrong_key_is_refused(stripe_sandbox: StripeSandbox, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_not_ours"

    with pytest.raises(GatewayRefused, match="Invalid API Key"):
        new_intent()


def test_a_cancelled_intent_takes_no_card(stripe_sandbox: StripeSandbox) -> None:
    intent = new_intent()
    assert gateway().cancel_intent(intent_id=intent.id).status == IntentStatus.CANCELED

    with pytest.raises(GatewayRefused) as refused:
        confirm(intent, stripe_sandbox.token())

    assert refused.value.intent
    assert refused.value.intent.status == IntentStatus.CANCELED


def test_cancelling_again_or_too_late_gives_the_intent_as_it_is(stripe_sandbox: StripeSandbox) -> None:
    cancelled, paid = new_intent(), confirm(new_intent(), stripe_sandbox.token())
    gateway().cancel_intent(intent_id=cancelled.id)

    assert gateway().cancel_intent(intent_id=cancelled.id).status == IntentStatus.CANCELED
    assert gateway().cancel_intent(intent_id=paid.id) == paid


def test_a_cancelled_intent_forgets_the_banks_question(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(), stripe_sandbox.token("4000002500003155"))
    shown = stripe_sandbox.http.get(
        f"/v1/payment_intents/{intent.id}", headers=stripe_sandbox.as_merchant
    ).json()
    page = shown["next_action"]["use_stripe_sdk"]["stripe_js"]
    gateway().cancel_intent(intent_id=intent.id)

    assert stripe_sandbox.http.post(page, data={"answer": "authorise"}).status_code == 410
    assert gateway().retrieve_intent(intent_id=intent.id).status == IntentStatus.CANCELED


def outcome_of(work: Callable[[], Intent]) -> IntentStatus:
    try:
        return work().status
    except GatewayRefused as refused:
        return refused.intent.status if refused.intent else IntentStatus.REQUIRES_PAYMENT_METHOD


@pytest.mark.race
def test_confirm_and_cancel_at_once_agree_on_one_outcome(stripe_sandbox: StripeSandbox) -> None:
    with ThreadPoolExecutor(2) as threads:
        for _ in range(10):
            intent, token = new_intent(), stripe_sandbox.token()
            paid = threads.submit(outcome_of, partial(confirm, intent, token))
            cancelled = threads.submit(outcome_of, partial(gateway().cancel_intent, intent_id=intent.id))

            told = (paid.result(), cancelled.result())

            assert told in [(IntentStatus.SUCCEEDED,) * 2, (IntentStatus.CANCELED,) * 2]
            assert gateway().retrieve_intent(intent_id=intent.id).status == told[0]


def test_no_answer_in_time_is_unavailable_and_asking_again_finds_the_work_done(
    stripe_sandbox: StripeSandbox,
) -> None:
    intent = new_intent()
    token = stripe_sandbox.token()
    stripe_sandbox.control("fail", path="/confirm", seconds=0.6, after=True)

    with pytest.raises(GatewayUnavailable):
        impatient(stripe_sandbox).confirm_intent(
            intent_id=intent.id, confirmation_token=token, return_url=RETURN_URL, idempotency_key="slow:1"
        )

    assert confirm(intent, token, key="slow:1").status == IntentStatus.SUCCEEDED


@pytest.mark.parametrize(
    "failure", [{"status": 500}, {"status": 503}, {"status": 429}, {"lost": True}, {"status": 200}]
)
def test_an_answer_that_says_nothing_is_unavailable(
    stripe_sandbox: StripeSandbox, failure: dict[str, int]
) -> None:
    intent = new_intent()
    stripe_sandbox.control("fail", path=intent.id, **failure)

    with pytest.raises(GatewayUnavailable):
        impatient(stripe_sandbox).retrieve_intent(intent_id=intent.id)


def test_one_lost_answer_is_asked_for_again_by_itself(stripe_sandbox: StripeSandbox) -> None:
    stripe_sandbox.control("fail", path="/v1/payment_intents", lost=True, after=True)

    intent = new_intent()

    created = stripe_sandbox.http.get("/v1/events", headers=stripe_sandbox.as_merchant).json()["data"]
    assert [event["data"]["object"]["id"] for event in created] == [intent.id]


def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(GatewayUnavailable):
        Gateway(api_key="sk_test_x", api_base="http://127.0.0.1:9", retries=0).retrieve_intent(
            intent_id="pi_1"
        )


def test_a_key_in_use_is_waited_for(stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call is still working when the second comes: 409, then the first's answer."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.5)
    stripe_sandbox.control("fail", path="/v1/payment_intents", working=0.9)
    first: list[Intent] = []
    thread = threading.Thread(target=lambda: first.append(new_intent(key="busy:1")))
    thread.start()
    while stripe_sandbox.control("failing")["left"]:
        time.sleep(0.01)
    with pytest.raises(GatewayUnavailable, match="in-progress"):
        impatient(stripe_sandbox).create_intent(
            checkout_id="c0ffee", amount=6750, currency="cad", idempotency_key="busy:1"
        )

    second = new_intent(key="busy:1")

    thread.join()
    assert first == [second]


@pytest.mark.race
def test_one_client_serves_every_thread(stripe_sandbox: StripeSandbox) -> None:
    with ThreadPoolExecutor(20) as threads:
        clients = list(threads.map(lambda _: gateway(), range(20)))
        intents = list(threads.map(new_intent, range(100, 120)))

    assert len(set(map(id, clients))) == 1
    assert len({intent.id for intent in intents}) == 20
