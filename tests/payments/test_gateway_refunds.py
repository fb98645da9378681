"""Refunds and disputes through the gateway: made by us, in the dashboard, or by the bank."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from payments.gateway import (
    DisputeStatus,
    GatewayRefused,
    IntentStatus,
    RefundStatus,
    gateway,
)
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.test_gateway import confirm, new_intent, refund


def test_refunds_never_exceed_what_was_paid(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(10000), stripe_sandbox.token())

    first = refund(intent, 6000)
    assert (first.status, first.amount, first.intent_id) == (RefundStatus.SUCCEEDED, 6000, intent.id)
    assert first.refund_id == "5ef1"
    with pytest.raises(GatewayRefused) as too_much:
        refund(intent, 4001)
    assert too_much.value.param == "amount"
    refund(intent, 4000)
    with pytest.raises(GatewayRefused) as nothing_left:
        refund(intent, 1)
    assert nothing_left.value.code == "charge_already_refunded"


def test_the_same_refund_asked_twice_is_one_refund(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(10000), stripe_sandbox.token())

    assert refund(intent, 6000, key="refund:1") == refund(intent, 6000, key="refund:1")
    assert refund(intent, 4000).status == RefundStatus.SUCCEEDED


def test_what_was_not_paid_is_not_refunded(stripe_sandbox: StripeSandbox) -> None:
    with pytest.raises(GatewayRefused):
        refund(new_intent(), 100)


def test_a_pending_refund_succeeds_or_fails_later(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(10000), stripe_sandbox.token("4000000000007726"))
    good, bad = refund(intent, 1000), refund(intent, 9000)
    assert (good.status, bad.status) == (RefundStatus.PENDING, RefundStatus.PENDING)

    stripe_sandbox.control("refund", refund=good.id, status="succeeded")
    stripe_sandbox.control("refund", refund=bad.id, status="failed")

    assert gateway().retrieve_refund(stripe_refund_id=good.id).status == RefundStatus.SUCCEEDED
    failed = gateway().retrieve_refund(stripe_refund_id=bad.id)
    assert (failed.status, failed.failure) == (RefundStatus.FAILED, "lost_or_stolen_card")
    assert refund(intent, 9000).amount == 9000  # the money came back to us


def test_a_refund_that_succeeded_may_fail_afterwards(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(10000), stripe_sandbox.token("4000000000005126"))
    given = refund(intent, 10000)
    assert given.status == RefundStatus.SUCCEEDED

    assert stripe_sandbox.control("refunds") == {"refunds": [given.id]}

    assert gateway().retrieve_refund(stripe_refund_id=given.id).status == RefundStatus.FAILED
    assert stripe_sandbox.control("refunds") == {"refunds": []}


@pytest.mark.parametrize("status", list(RefundStatus))
def test_a_refund_is_told_in_each_of_its_states(stripe_sandbox: StripeSandbox, status: RefundStatus) -> None:
    stripe_sandbox.control("refund", status=status)

    given = refund(confirm(new_intent(10000), stripe_sandbox.token()), 2500)

    assert given.status == status
    assert given.failure == ("lost_or_stolen_card" if status == RefundStatus.FAILED else None)
    assert gateway().retrieve_refund(stripe_refund_id=given.id) == given


def test_all_refunds_of_an_intent_are_listed_oldest_first_with_those_of_the_dashboard(
    stripe_sandbox: StripeSandbox,
) -> None:
    intent, other = (confirm(new_intent(20000), stripe_sandbox.token()) for _ in range(2))
    assert gateway().list_refunds(intent_id=intent.id) == []
    first = refund(intent, 1000)
    dashboard = stripe_sandbox.control("dashboard_refund", intent=intent.id, amount=2000)["refund"]
    refund(other, 500)
    last = refund(intent, 3000)
    stripe_sandbox.control("refund", refund=last.id, status="failed")

    refunds = gateway().list_refunds(intent_id=intent.id)

    assert [(each.id, each.amount, each.refund_id, each.status) for each in refunds] == [
        (first.id, 1000, "5ef1", "succeeded"),
        (dashboard, 2000, None, "succeeded"),
        (last.id, 3000, "5ef1", "failed"),
    ]


def test_more_refunds_than_fit_on_a_page_are_all_listed(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(20000), stripe_sandbox.token())
    ids = [
        stripe_sandbox.control("dashboard_refund", intent=intent.id, amount=1)["refund"] for _ in range(101)
    ]

    assert [each.id for each in gateway().list_refunds(intent_id=intent.id)] == ids


def test_refunds_of_an_unknown_intent_are_refused(stripe_sandbox: StripeSandbox) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway().list_refunds(intent_id="pi_unknown")

    assert refused.value.code == "resource_missing"


def test_a_contested_payment_is_told_and_not_refunded_until_it_is_won(stripe_sandbox: StripeSandbox) -> None:
    intent = confirm(new_intent(10000), stripe_sandbox.token())
    dispute_id = stripe_sandbox.control("dispute", intent=intent.id, amount=6000)["dispute"]

    dispute = gateway().retrieve_dispute(dispute_id=dispute_id)

    assert (dispute.status, dispute.amount, dispute.currency) == (DisputeStatus.NEEDS_RESPONSE, 6000, "cad")
    assert (dispute.reason, dispute.intent_id) == ("fraudulent", intent.id)
    assert dispute.due_by
    assert timedelta(days=8) < dispute.due_by - datetime.now(UTC) < timedelta(days=11)
    with pytest.raises(GatewayRefused) as refused:
        refund(intent, 1000)
    assert refused.value.code == "charge_disputed"
    stripe_sandbox.control("dispute", dispute=dispute_id, status="won")
    assert gateway().retrieve_dispute(dispute_id=dispute_id).status == DisputeStatus.WON
    assert refund(intent, 1000).status == RefundStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("number", "reason", "status", "refundable"),
    [
        ("4000000000000259", "fraudulent", DisputeStatus.NEEDS_RESPONSE, False),
        ("4000000000002685", "product_not_received", DisputeStatus.NEEDS_RESPONSE, False),
        ("4000000000001976", "general", DisputeStatus.WARNING_NEEDS_RESPONSE, True),
    ],
)
def test_the_test_cards_for_disputes_pay_and_are_contested(
    stripe_sandbox: StripeSandbox, number: str, reason: str, status: DisputeStatus, refundable: bool
) -> None:
    intent = confirm(new_intent(), stripe_sandbox.token(number))
    assert intent.status == IntentStatus.SUCCEEDED
    (event,) = stripe_sandbox.http.get(
        "/v1/events?type=charge.dispute.created", headers=stripe_sandbox.as_merchant
    ).json()["data"]

    dispute = gateway().retrieve_dispute(dispute_id=event["data"]["object"]["id"])

    assert (dispute.reason, dispute.status, dispute.amount) == (reason, status, 6750)
    if refundable:
        assert refund(intent, 100).status == RefundStatus.SUCCEEDED
    else:
        with pytest.raises(GatewayRefused):
            refund(intent, 100)
