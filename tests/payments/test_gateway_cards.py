"""Kept cards through the gateway: kept by a payment, used again, removed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from payments.gateway import Card, Declined, GatewayRefused, Intent, IntentStatus, gateway
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.test_gateway import RETURN_URL, confirm, new_intent


def new_customer(key: str = "") -> str:
    return gateway().create_customer(
        user_id="7", email="zoe@exemple.ca", name="Zoé Roy", idempotency_key=key or str(uuid.uuid4())
    )


def confirm_with(intent: Intent, **given: Any) -> Intent:
    return gateway().confirm_intent(
        intent_id=intent.id, return_url=RETURN_URL, idempotency_key=str(uuid.uuid4()), **given
    )


def keep_card(sandbox: StripeSandbox, customer_id: str, number: str = "4242424242424242") -> str:
    """Pay, and have the card kept. Gives its id."""
    paid = confirm_with(
        new_intent(customer_id=customer_id),
        confirmation_token=sandbox.token(number, save=True),
        save_card=True,
    )
    if paid.status == IntentStatus.REQUIRES_ACTION:
        sandbox.answer_challenge(paid.id)
    assert paid.payment_method_id
    return paid.payment_method_id


def test_a_customer_knows_who_it_is_and_the_same_key_gives_the_same_one(
    stripe_sandbox: StripeSandbox,
) -> None:
    first = new_customer("customer:7")

    assert new_customer("customer:7") == first
    assert new_customer("customer:8") != first
    shown = stripe_sandbox.http.get(f"/v1/customers/{first}", headers=stripe_sandbox.as_merchant).json()
    assert (shown["email"], shown["name"], shown["metadata"]) == ("zoe@exemple.ca", "Zoé Roy", {"user": "7"})


def test_a_card_is_kept_once_it_has_paid(stripe_sandbox: StripeSandbox) -> None:
    customer = new_customer()
    intent = new_intent(customer_id=customer)
    assert (intent.customer_id, intent.saves_card) == (customer, False)

    paid = confirm_with(
        intent,
        confirmation_token=stripe_sandbox.token("5555555555554444", save=True),
        save_card=True,
    )

    assert (paid.status, paid.customer_id, paid.saves_card) == (IntentStatus.SUCCEEDED, customer, True)
    assert paid.payment_method_id
    card = gateway().card_of(payment_method_id=paid.payment_method_id)
    assert card.fingerprint
    assert replace(card, fingerprint="") == Card(
        id=paid.payment_method_id,
        brand="mastercard",
        last4="4444",
        exp_month=12,
        exp_year=2040,
        customer_id=customer,
    )


def test_a_card_is_not_kept_unless_asked(stripe_sandbox: StripeSandbox) -> None:
    paid = confirm(new_intent(customer_id=new_customer()), stripe_sandbox.token())

    assert paid.saves_card is False
    assert paid.payment_method_id
    assert gateway().card_of(payment_method_id=paid.payment_method_id).customer_id is None
    with pytest.raises(GatewayRefused, match="may not be used again"):
        confirm_with(new_intent(customer_id=paid.customer_id), payment_method_id=paid.payment_method_id)


def test_a_declined_card_is_not_kept(stripe_sandbox: StripeSandbox) -> None:
    customer = new_customer()
    with pytest.raises(Declined):
        confirm_with(
            new_intent(customer_id=customer),
            confirmation_token=stripe_sandbox.token("4000000000000002", save=True),
            save_card=True,
        )

    kept = stripe_sandbox.http.get(
        f"/v1/customers/{customer}/payment_methods", headers=stripe_sandbox.as_merchant
    ).json()
    assert kept["data"] == []


def test_a_second_try_may_change_its_mind_about_keeping_the_card(stripe_sandbox: StripeSandbox) -> None:
    intent = new_intent(customer_id=new_customer())
    with pytest.raises(Declined) as declined:
        confirm_with(
            intent, confirmation_token=stripe_sandbox.token("4000000000000002", save=True), save_card=True
        )
    assert declined.value.intent.saves_card is True

    paid = confirm_with(intent, confirmation_token=stripe_sandbox.token())

    assert (paid.status, paid.saves_card) == (IntentStatus.SUCCEEDED, False)
    assert paid.payment_method_id
    assert gateway().card_of(payment_method_id=paid.payment_method_id).customer_id is None


@pytest.mark.parametrize(("page", "server"), [(True, False), (False, True)])
def test_page_and_server_must_agree_on_keeping_the_card(
    stripe_sandbox: StripeSandbox, page: bool, server: bool
) -> None:
    intent = new_intent(customer_id=new_customer())
    token = stripe_sandbox.token(save=page)

    with pytest.raises(GatewayRefused, match="does not match the expected setup_future_usage") as refused:
        confirm_with(intent, confirmation_token=token, save_card=server)

    assert refused.value.param == "setup_future_usage"
    assert confirm_with(intent, confirmation_token=token, save_card=page).status == IntentStatus.SUCCEEDED


def test_a_kept_card_pays_again_and_stays_kept(stripe_sandbox: StripeSandbox) -> None:
    customer = new_customer()
    card = keep_card(stripe_sandbox, customer)

    paid = confirm_with(new_intent(4500, customer_id=customer), payment_method_id=card)

    assert (paid.status, paid.payment_method_id, paid.amount_received) == (IntentStatus.SUCCEEDED, card, 4500)
    assert paid.saves_card is False
    assert gateway().card_of(payment_method_id=card).customer_id == customer


def test_a_kept_card_may_ask_for_3d_secure_and_is_kept_after_it(stripe_sandbox: StripeSandbox) -> None:
    customer = new_customer()
    asked = confirm_with(
        new_intent(customer_id=customer),
        confirmation_token=stripe_sandbox.token("4000002500003155", save=True),
        save_card=True,
    )
    assert asked.status == IntentStatus.REQUIRES_ACTION
    assert asked.payment_method_id
    assert gateway().card_of(payment_method_id=asked.payment_method_id).customer_id is None
    stripe_sandbox.answer_challenge(asked.id)
    assert gateway().card_of(payment_method_id=asked.payment_method_id).customer_id == customer

    again = confirm_with(new_intent(customer_id=customer), payment_method_id=asked.payment_method_id)
    assert again.status == IntentStatus.REQUIRES_ACTION
    stripe_sandbox.answer_challenge(again.id)

    assert gateway().retrieve_intent(intent_id=again.id).status == IntentStatus.SUCCEEDED


def test_a_kept_card_pays_for_its_customer_only(stripe_sandbox: StripeSandbox) -> None:
    card = keep_card(stripe_sandbox, new_customer())

    with pytest.raises(GatewayRefused, match="include the Customer"):
        confirm_with(new_intent(), payment_method_id=card)
    with pytest.raises(GatewayRefused, match="does not belong to the Customer"):
        confirm_with(new_intent(customer_id=new_customer()), payment_method_id=card)


def test_an_intent_may_get_its_customer_later_but_no_other_one(stripe_sandbox: StripeSandbox) -> None:
    intent, customer = new_intent(), new_customer()

    for _ in range(2):
        assert gateway().update_intent(intent_id=intent.id, customer_id=customer).customer_id == customer
    with pytest.raises(GatewayRefused, match="cannot be changed"):
        gateway().update_intent(intent_id=intent.id, customer_id=new_customer())

    paid = confirm(intent, stripe_sandbox.token())
    with pytest.raises(GatewayRefused) as too_late:
        gateway().update_intent(intent_id=intent.id, customer_id=customer)
    assert too_late.value.intent == paid


def test_an_unknown_customer_has_no_intent(stripe_sandbox: StripeSandbox) -> None:
    with pytest.raises(GatewayRefused) as refused:
        new_intent(customer_id="cus_unknown")

    assert (refused.value.code, refused.value.param) == ("resource_missing", "customer")


def test_a_removed_card_pays_no_more_and_removing_it_again_is_fine(stripe_sandbox: StripeSandbox) -> None:
    customer = new_customer()
    card = keep_card(stripe_sandbox, customer)

    for _ in range(2):
        assert gateway().detach_card(payment_method_id=card).customer_id is None

    with pytest.raises(GatewayRefused, match="may not be used again"):
        confirm_with(new_intent(customer_id=customer), payment_method_id=card)


def test_a_kept_card_may_be_declined_later_and_stays_kept(stripe_sandbox: StripeSandbox) -> None:
    customer = new_customer()
    card = keep_card(stripe_sandbox, customer)
    stripe_sandbox.control("card", payment_method=card, number="4000000000009995")
    intent = new_intent(customer_id=customer)

    with pytest.raises(Declined) as declined:
        confirm_with(intent, payment_method_id=card)

    assert declined.value.decline_code == "insufficient_funds"
    assert gateway().card_of(payment_method_id=card).customer_id == customer
    assert confirm(intent, stripe_sandbox.token()).status == IntentStatus.SUCCEEDED


def test_an_unknown_card_is_refused(stripe_sandbox: StripeSandbox) -> None:
    for work in (gateway().card_of, gateway().detach_card):
        with pytest.raises(GatewayRefused) as refused:
            work(payment_method_id="pm_unknown")
        assert refused.value.code == "resource_missing"
