"""The sandbox's idempotency keys, and its calls that fail when a test wants them to."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.payments.sandbox_process import StripeSandbox
from tests.payments.test_sandbox import NEW, Merchant, error_of


@pytest.fixture
def merchant(stripe_sandbox: StripeSandbox) -> Merchant:
    return Merchant(stripe_sandbox)


def test_a_replay_says_that_it_is_one(merchant: Merchant) -> None:
    first = merchant.post("payment_intents", NEW, Idempotency_Key="pi:1")
    again = merchant.post("payment_intents", NEW, Idempotency_Key="pi:1")
    other = merchant.post("payment_intents", NEW | {"amount": "6751"}, Idempotency_Key="pi:1")

    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert error_of(other)[:2] == (400, "idempotency_error")


def test_a_key_belongs_to_the_address_that_it_was_first_used_for(merchant: Merchant) -> None:
    intent = merchant.post("payment_intents", NEW, Idempotency_Key="pi:1").json()

    other = merchant.post(f"payment_intents/{intent['id']}/cancel", Idempotency_Key="pi:1")

    assert error_of(other)[:2] == (400, "idempotency_error")
    assert "same endpoint they were first used for" in other.json()["error"]["message"]
    assert merchant.get(f"payment_intents/{intent['id']}").json() == intent


def test_a_key_has_its_longest_length(merchant: Merchant) -> None:
    assert merchant.post("payment_intents", NEW, Idempotency_Key="k" * 255).status_code == 200
    assert (
        error_of(merchant.post("payment_intents", NEW, Idempotency_Key="k" * 256))[1] == "idempotency_error"
    )


@pytest.mark.race
def test_one_key_used_by_many_at_once_works_once(merchant: Merchant) -> None:
    """Those who come while the first is working are told so; those who come later get its answer."""
    merchant.sandbox.control("fail", path="/v1/refunds", method="POST", working=0.3)
    paid = merchant.paid_intent()
    with ThreadPoolExecutor(20) as threads:
        answers = list(
            threads.map(
                lambda _: merchant.post(
                    "refunds", {"payment_intent": paid["id"], "amount": "100"}, Idempotency_Key="refund:1"
                ),
                range(20),
            )
        )

    assert {answer.status_code for answer in answers} == {200, 409}
    assert {error_of(answer)[2] for answer in answers if answer.status_code == 409} == {
        "idempotency_key_in_use"
    }
    ids = {answer.json()["id"] for answer in answers if answer.status_code == 200}
    listed = merchant.get(f"refunds?payment_intent={paid['id']}").json()["data"]
    assert {refund["id"] for refund in listed} == ids
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("how", "kind", "code"),
    [
        ({"status": 500}, "api_error", None),
        ({"status": 503}, "api_error", None),
        ({"status": 429}, "invalid_request_error", "rate_limit"),
        ({"status": 409}, "invalid_request_error", "lock_timeout"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_call_may_fail_before_it_is_carried_out_or_after(
    merchant: Merchant, how: dict[str, int], kind: str, code: str | None, after: bool
) -> None:
    merchant.sandbox.control("fail", path="/v1/customers", method="POST", n=2, after=after, **how)

    failed = [merchant.post("customers", {"name": "Zoé"}, Idempotency_Key="customer:7") for _ in range(2)]

    assert {error_of(answer)[:3] for answer in failed} == {(how["status"], kind, code)}
    made = merchant.get("events?type=customer.created").json()["data"]
    assert len(made) == (1 if after else 0)
    answer = merchant.post("customers", {"name": "Zoé"}, Idempotency_Key="customer:7")
    assert ("idempotent-replayed" in answer.headers) == after


def test_a_connection_may_break_after_the_work_was_done(merchant: Merchant) -> None:
    merchant.sandbox.control("fail", path="/v1/payment_intents", lost=True, after=True)

    with pytest.raises(httpx.RemoteProtocolError):
        merchant.post("payment_intents", NEW, Idempotency_Key="pi:lost")

    assert len(merchant.get("events?type=payment_intent.created").json()["data"]) == 1
    again = merchant.post("payment_intents", NEW, Idempotency_Key="pi:lost")
    assert again.headers["idempotent-replayed"] == "true"


def test_every_call_may_be_made_to_take_longer(merchant: Merchant) -> None:
    merchant.sandbox.control("latency", seconds=0.25)

    def seconds() -> float:
        begun = time.monotonic()
        merchant.get("events")
        return time.monotonic() - begun

    assert seconds() >= 0.25
    merchant.sandbox.control("reset")
    assert min(seconds() for _call in range(5)) < 0.25  # not each, on a busy machine


def test_a_key_does_not_remember_a_call_with_bad_parameters(merchant: Merchant) -> None:
    assert merchant.post("payment_intents", {"amount": "4500"}, Idempotency_Key="pi:2").status_code == 400

    assert merchant.post("payment_intents", NEW, Idempotency_Key="pi:2").status_code == 200


def test_a_key_remembers_that_the_state_forbade_it(merchant: Merchant) -> None:
    intent = merchant.paid_intent()
    path = f"payment_intents/{intent['id']}/cancel"

    answers = [merchant.post(path, Idempotency_Key="cancel:1") for _ in range(2)]

    assert [error_of(answer)[2] for answer in answers] == ["payment_intent_unexpected_state"] * 2
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert answers[0].json()["error"]["payment_intent"]["status"] == "succeeded"
