"""Charges: one for each time that a bank was asked for money."""

from __future__ import annotations

from payments.sandbox import forms, lists
from payments.sandbox.account import Account, Call, public_view
from payments.sandbox.cards import Decline
from payments.sandbox.errors import invalid, missing
from payments.sandbox.store import Json, new_id, timestamp, token


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
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network" if paid else "declined_by_network",
            "reason": (decline.decline_code or decline.code) if decline else None,
            "risk_level": "normal",
            "risk_score": 32,
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
        "payment_method_details": {"card": _card_details(intent, method, paid=paid), "type": "card"},
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


def list_charges(account: Account, call: Call) -> Json:
    params = call.params
    forms.known(params, "created", "payment_intent", *lists.PAGING)
    if "payment_intent" in params and account.store.get("payment_intent", params["payment_intent"]) is None:
        raise missing("payment_intent", params["payment_intent"], param="payment_intent", in_path=False)
    charges = [
        charge
        for charge in account.store.all("charge")
        if params.get("payment_intent", charge["payment_intent"]) == charge["payment_intent"]
        and lists.created(charge["created"], params)
    ]
    return lists.page(charges, params, what="charge", url="/v1/charges")


def retrieve_charge(account: Account, call: Call, charge_id: str) -> Json:
    forms.known(call.params)
    charge = account.store.get("charge", charge_id)
    if charge is None:
        raise missing("charge", charge_id, param="id", in_path=True)
    return public_view(charge)


def _card_details(intent: Json, method: Json, *, paid: bool) -> Json:
    card = method["card"]
    return {
        "amount_authorized": intent["amount"] if paid else None,
        "authorization_code": "123456" if paid else None,
        "brand": card["brand"],
        "checks": card["checks"],
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": token(15) if paid else None,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": card["regulated_status"],
        "three_d_secure": None,
        "wallet": None,
    }


def succeeded(account: Account, params: Json) -> Json:
    """The charge that a call is about, by `charge` or `payment_intent`; it must have brought money."""
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
