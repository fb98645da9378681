"""Disputes: payments that their cardholders contest at the bank."""

from __future__ import annotations

from payments.sandbox import forms
from payments.sandbox.account import Account, Call, public_view
from payments.sandbox.errors import invalid, missing
from payments.sandbox.store import Json, new_id, timestamp

DAY = 24 * 60 * 60
FEE = 2000
# An inquiry moves no money; a dispute does, until it is won.
STATUSES = (
    "warning_needs_response", "warning_under_review", "warning_closed", "needs_response", "under_review",
    "appeal_needs_response", "appeal_under_review", "won", "lost", "prevented",
)  # fmt: skip
CLOSED = ("warning_closed", "won", "lost", "prevented")
_EVIDENCE = (
    "access_activity_log", "appeal", "billing_address", "cancellation_policy",
    "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
    "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
    "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation",
    "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def open_dispute(
    account: Account, charge: Json, *, reason: str, status: str = "needs_response", amount: int | None = None
) -> Json:
    """What a bank does, never the merchant."""
    if status not in STATUSES:
        raise invalid(f"Unknown status of a dispute: {status}", param="status")
    dispute: Json = {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": amount or charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": timestamp(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            # Banks count in days: until the end of the ninth.
            "due_by": (timestamp() // DAY + 10) * DAY - 1,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": status.startswith("warning_"),
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4" if reason == "fraudulent" else "13.1",
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "inquiry" if status.startswith("warning_") else "chargeback",
                "network": charge["payment_method_details"]["card"]["network"],
                "network_reason_code": "10.4" if reason == "fraudulent" else "13.1",
            },
            "type": "card",
        },
        "reason": reason,
        "status": status,
    }
    charge["disputed"] = True
    account.store.put("charge", charge)
    if not dispute["is_charge_refundable"]:
        dispute["balance_transactions"].append(_balance(dispute, -dispute["amount"], fee=FEE))
    account.store.put("dispute", dispute)
    account.emit("charge.dispute.created", dispute, Call())
    if dispute["balance_transactions"]:
        account.emit("charge.dispute.funds_withdrawn", dispute, Call())
    return dispute


def retrieve_dispute(account: Account, call: Call, dispute_id: str) -> Json:
    forms.known(call.params)
    return public_view(_find(account, dispute_id))


def move_dispute(account: Account, dispute_id: str, status: str) -> Json:
    dispute = _find(account, dispute_id)
    if status not in STATUSES or dispute["status"] in CLOSED:
        raise invalid(f"A dispute can't go from {dispute['status']} to {status}.")
    before = {"status": dispute["status"]}
    dispute["status"] = status
    if status == "won":
        dispute["is_charge_refundable"] = True
        dispute["balance_transactions"].append(_balance(dispute, dispute["amount"], fee=-FEE))
    account.store.put("dispute", dispute)
    if status in CLOSED:
        account.emit("charge.dispute.closed", dispute, Call(), before)
        if status == "won":
            account.emit("charge.dispute.funds_reinstated", dispute, Call())
    else:
        account.emit("charge.dispute.updated", dispute, Call(), before)
    return dispute


def forbids_refund(account: Account, charge: Json) -> bool:
    return charge["disputed"] and any(
        dispute["charge"] == charge["id"] and not dispute["is_charge_refundable"]
        for dispute in account.store.all("dispute")
    )


def _balance(dispute: Json, amount: int, *, fee: int) -> Json:
    now = timestamp()
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": dispute["currency"],
        "description": f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": dispute["currency"],
                "description": "Dispute fee",
                "type": "stripe_fee",
            }
        ],
        "net": amount - fee,
        "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
        "source": dispute["id"],
        "status": "available",
        "type": "adjustment",
    }


def _find(account: Account, dispute_id: str) -> Json:
    dispute = account.store.get("dispute", dispute_id)
    if dispute is None:
        raise missing("dispute", dispute_id, param="id", in_path=True)
    return dispute
