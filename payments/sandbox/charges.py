"""Charges, and the refunds of them."""

from __future__ import annotations

from payments.sandbox import cards, forms
from payments.sandbox.account import Account, Call, public_view
from payments.sandbox.cards import Decline
from payments.sandbox.errors import bad_parameter, invalid, missing
from payments.sandbox.store import Json, new_id, timestamp

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def new_charge(intent: Json, method: Json, decline: Decline | None) -> Json:
    paid = decline is None
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": new_id("txn") if paid else None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "FANAL",
        "captured": paid,
        "created": timestamp(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": {
            "network_status": "approved_by_network" if paid else "declined_by_network",
            "reason": (decline.decline_code or decline.code) if decline else None,
            "risk_level": "normal",
            "seller_message": (
                "Payment complete."
                if paid
                else "The bank did not return any further details with this decline."
            ),
            "type": "authorized" if paid else "issuer_declined",
        },
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": dict(method["card"]), "type": "card"},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def retrieve_charge(account: Account, call: Call, charge_id: str) -> Json:
    forms.known(call.params)
    charge = account.store.get("charge", charge_id)
    if charge is None:
        raise missing("charge", charge_id, param="id", in_path=True)
    return public_view(charge)


def create_refund(account: Account, call: Call) -> Json:
    params = call.params
    forms.known(params, "amount", "charge", "metadata", "payment_intent", "reason")
    reason = params.get("reason")
    if reason is not None and reason not in REASONS:
        raise bad_parameter(f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    charge = _charge_of(account, params)
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
    method = account.store.get("payment_method", charge["payment_method"])
    assert method is not None  # noqa: S101
    status = account.refund_status or cards.behaviour(method["_test_card"]).refund
    refund = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn"),
        "charge": charge["id"],
        "created": timestamp(),
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": forms.metadata(params),
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
    }
    account.store.put("refund", refund)
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.store.put("charge", charge)
    account.emit("refund.created", refund, call)
    account.emit("charge.refunded", charge, call, before)
    return public_view(refund)


def retrieve_refund(account: Account, call: Call, refund_id: str) -> Json:
    forms.known(call.params)
    refund = account.store.get("refund", refund_id)
    if refund is None:
        raise missing("refund", refund_id, param="id", in_path=True)
    return public_view(refund)


def move_refund(account: Account, refund_id: str, status: str) -> Json:
    """The bank's later word on a refund: succeeded, or failed and the money is the merchant's again."""
    refund = account.store.get("refund", refund_id)
    if refund is None:
        raise missing("refund", refund_id, param="id", in_path=True)
    if status not in ("succeeded", "failed") or refund["status"] == "failed":
        raise invalid(f"A refund can't go from {refund['status']} to {status}.")
    before = {"status": refund["status"]}
    refund["status"] = status
    if status == "failed":
        refund["failure_reason"] = "lost_or_stolen_card"
        refund["failure_balance_transaction"] = new_id("txn")
        charge = account.store.get("charge", refund["charge"])
        assert charge is not None  # noqa: S101
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        account.store.put("charge", charge)
    account.store.put("refund", refund)
    account.emit("refund.updated", refund, Call(), before)
    if status == "failed":
        account.emit("refund.failed", refund, Call())
    return refund


def _charge_of(account: Account, params: Json) -> Json:
    if "charge" in params:
        charge = account.store.get("charge", params["charge"])
        if charge is None:
            raise missing("charge", params["charge"], param="charge", in_path=False)
    else:
        intent_id = str(forms.required(params, "payment_intent"))
        intent = account.store.get("payment_intent", intent_id)
        if intent is None:
            raise missing("payment_intent", intent_id, param="payment_intent", in_path=False)
        charge = account.store.get("charge", intent["latest_charge"] or "")
    if charge is None or not charge["paid"]:
        raise invalid("This PaymentIntent does not have a successful charge to refund.")
    return charge
