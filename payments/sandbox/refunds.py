"""Refunds: made by the API or in the dashboard, and what their banks say later."""

from __future__ import annotations

import math
import threading

from payments.sandbox import cards, charges, disputes, forms, lists
from payments.sandbox.account import Account, Call, public_view
from payments.sandbox.errors import bad_parameter, invalid, missing
from payments.sandbox.store import Json, new_id, timestamp

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
# What may become of a refund. The money of the last two is the merchant's again.
MOVES = {
    "pending": ("succeeded", "requires_action", "failed", "canceled"),
    "requires_action": ("pending", "succeeded", "failed", "canceled"),
    "succeeded": ("failed", "canceled"),
}
UNDONE = ("failed", "canceled")


def create_refund(account: Account, call: Call) -> Json:
    params = call.params
    forms.known(params, "amount", "charge", "metadata", "payment_intent", "reason")
    reason = params.get("reason")
    if reason is not None and reason not in REASONS:
        raise bad_parameter(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    charge = charges.succeeded(account, params)
    if disputes.forbids_refund(account, charge):
        raise invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = forms.integer(params.get("amount") or str(left), param="amount")
    if amount < 1:
        raise bad_parameter(
            "This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer"
        )
    if amount > left:
        raise invalid(
            f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge "
            f"(${left / 100:.2f})",
            param="amount",
        )
    refund = _new_refund(account, charge, amount, reason=reason, metadata=forms.metadata(params))
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.store.put("charge", charge)
    account.emit("refund.created", refund, call)
    account.emit("charge.refunded", charge, call, before)
    if refund["status"] in UNDONE:
        _undo(account, refund)
        account.store.put("refund", refund)
    if refund["status"] == "failed":
        account.emit("refund.failed", refund, call)
    _await_bank(account, refund)
    return public_view(refund)


def _new_refund(
    account: Account, charge: Json, amount: int, *, reason: str | None, metadata: dict[str, str]
) -> Json:
    method = account.store.get("payment_method", charge["payment_method"])
    assert method is not None  # noqa: S101
    card = cards.behaviour(method["_test_card"])
    status = account.refund_status or card.refund
    refund = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn"),
        "charge": charge["id"],
        "created": timestamp(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "transfer_reversal": None,
        "_later": "" if account.refund_status else card.refund_later,
    }
    _become(refund, status)
    account.store.put("refund", refund)
    return refund


def retrieve_refund(account: Account, call: Call, refund_id: str) -> Json:
    forms.known(call.params)
    return public_view(_find(account, refund_id))


def list_refunds(account: Account, call: Call) -> Json:
    params = call.params
    forms.known(params, "charge", "created", "payment_intent", *lists.PAGING)
    for kind in ("charge", "payment_intent"):
        if kind in params and account.store.get(kind, params[kind]) is None:
            raise missing(kind, params[kind], param=kind, in_path=False)
    refunds = [
        refund
        for refund in account.store.all("refund")
        if all(params.get(kind, refund[kind]) == refund[kind] for kind in ("charge", "payment_intent"))
        and lists.created(refund["created"], params)
    ]
    return lists.page(refunds, params, what="refund", url="/v1/refunds")


def cancel_refund(account: Account, call: Call, refund_id: str) -> Json:
    forms.known(call.params)
    refund = _find(account, refund_id)
    if refund["status"] != "requires_action":
        raise invalid(f"You can't cancel a refund with a status of {refund['status']}.")
    return public_view(move_refund(account, refund_id, "canceled", call))


def move_refund(account: Account, refund_id: str, status: str, call: Call | None = None) -> Json:
    """What becomes of a refund afterwards: by its bank's later word, or cancelled in the dashboard."""
    refund = _find(account, refund_id)
    call = call or Call()
    if status not in MOVES.get(refund["status"], ()):
        raise invalid(f"A refund can't go from {refund['status']} to {status}.")
    before = {"status": refund["status"]}
    refund["_later"] = ""
    _become(refund, status)
    if status in UNDONE:
        _undo(account, refund)
    account.store.put("refund", refund)
    account.emit("refund.updated", refund, call, before)
    if status == "failed":
        account.emit("refund.failed", refund, call)
    return refund


def hear_banks(account: Account) -> list[str]:
    """The later word on every refund that waits for one, now. Gives their ids."""
    waiting = [refund["id"] for refund in account.store.all("refund") if refund.get("_later")]
    for refund_id in waiting:
        _hear_bank(account, refund_id)
    return waiting


def resume(account: Account) -> None:
    """After a restart: the banks have not forgotten."""
    for refund in account.store.all("refund"):
        _await_bank(account, refund)


def _await_bank(account: Account, refund: Json) -> None:
    if refund.get("_later") and math.isfinite(account.refund_seconds):
        timer = threading.Timer(account.refund_seconds, _hear_bank, (account, refund["id"]))
        timer.daemon = True
        timer.start()


def _hear_bank(account: Account, refund_id: str) -> None:
    with account.store.lock:
        refund = account.store.get("refund", refund_id)
        if refund and refund.get("_later"):
            move_refund(account, refund_id, refund["_later"])


def _become(refund: Json, status: str) -> None:
    refund["status"] = status
    refund.pop("pending_reason", None)
    if status == "pending":
        refund["pending_reason"] = "processing"
    if status == "failed":
        refund["failure_reason"] = "lost_or_stolen_card"


def _undo(account: Account, refund: Json) -> None:
    refund["failure_balance_transaction"] = new_id("txn")
    charge = account.store.get("charge", refund["charge"])
    assert charge is not None  # noqa: S101
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    account.store.put("charge", charge)


def _find(account: Account, refund_id: str) -> Json:
    refund = account.store.get("refund", refund_id)
    if refund is None:
        raise missing("refund", refund_id, param="id", in_path=True)
    return refund
