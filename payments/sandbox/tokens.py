"""Confirmation tokens: the card that somebody typed, on its way from the browser to the merchant's server."""

from __future__ import annotations

from typing import Any

from payments.sandbox import cards, forms
from payments.sandbox.account import Account, Call, public_view
from payments.sandbox.errors import bad_parameter, missing
from payments.sandbox.methods import new_method
from payments.sandbox.store import Json, new_id, timestamp

LIFETIME = 12 * 60 * 60
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def create_token(account: Account, call: Call) -> Json:
    """The number stays here: what is kept is how it ends and, if it is a test card, which one."""
    params = call.params
    forms.known(
        params, "payment_method_data", "return_url", "setup_future_usage", "use_stripe_sdk", "key",
        "client_context",
    )  # fmt: skip
    usage = forms.usage(params)
    data = forms.required(params, "payment_method_data")
    if not isinstance(data, dict) or data.get("type") != "card":
        raise bad_parameter("Invalid type: only card", param="payment_method_data[type]")
    card = data.get("card")
    if not isinstance(card, dict):
        raise bad_parameter("Missing required param: card.", param="payment_method_data[card]")
    number = str(forms.required(card, "number")).replace(" ", "")
    month = forms.integer(forms.required(card, "exp_month"), param="exp_month")
    year = forms.integer(forms.required(card, "exp_year"), param="exp_year")
    year = year + 2000 if year < 100 else year
    cards.check(number, month=month, year=year, cvc=str(card.get("cvc", "")))
    now = timestamp()
    token = {
        "id": new_id("ctoken"),
        "object": "confirmation_token",
        "created": now,
        "expires_at": now + LIFETIME,
        "livemode": False,
        "mandate_data": None,
        "metadata": {},
        "payment_intent": None,
        "payment_method_options": None,
        "payment_method_preview": {
            "billing_details": _billing(data.get("billing_details")),
            "card": {
                "brand": cards.brand(number),
                "checks": {
                    "address_line1_check": None,
                    "address_postal_code_check": None,
                    "cvc_check": None,
                },
                "country": "CA",
                "display_brand": cards.display_brand(number),
                "exp_month": month,
                "exp_year": year,
                "fingerprint": account.store.fingerprint(number),
                "funding": "credit",
                "generated_from": None,
                "last4": number[-4:],
                "networks": {"available": [cards.brand(number)], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "customer": None,
            "type": "card",
        },
        "return_url": params.get("return_url"),
        "setup_future_usage": usage or None,
        "setup_intent": None,
        "shipping": None,
        "use_stripe_sdk": forms.boolean(params.get("use_stripe_sdk", "true"), param="use_stripe_sdk"),
        "_test_card": number if number in cards.BEHAVIOURS else "",
    }
    account.store.put("confirmation_token", token)
    return public_view(token)


def retrieve_token(account: Account, call: Call, token_id: str) -> Json:
    forms.known(call.params)
    token = account.store.get("confirmation_token", token_id)
    if token is None:
        raise missing("confirmation_token", token_id, param="id", in_path=True)
    return public_view(token)


def spend(account: Account, token_id: str, intent: Json, usage: str | None) -> tuple[Json, Json]:
    """Make the payment method of a token, once. Gives the method and the token.

    `usage` is what the call says about setup_future_usage: the page's Elements must have said the same.
    """
    token = account.store.get("confirmation_token", token_id)
    if token is None:
        raise missing("confirmation_token", token_id, param="confirmation_token", in_path=False)
    if token["payment_intent"]:
        raise bad_parameter(
            f"The provided ConfirmationToken ({token_id}) has already been used to confirm "
            f"{token['payment_intent']}. Create a new one.",
            param="confirmation_token",
        )
    if token["expires_at"] <= timestamp():
        raise bad_parameter(
            f"The provided ConfirmationToken ({token_id}) has expired.", param="confirmation_token"
        )
    expected = token["setup_future_usage"]
    provided = (intent["setup_future_usage"] or expected) if usage is None else usage or None
    if provided != expected:
        raise bad_parameter(
            f"The provided setup_future_usage ({provided or 'null'}) does not match the expected "
            f"setup_future_usage ({expected or 'null'}). Try confirming with a Payment Intent that is "
            "configured to use the same parameters as the Stripe Elements.",
            param="setup_future_usage",
        )
    token["payment_intent"] = intent["id"]
    token["expires_at"] = None
    account.store.put("confirmation_token", token)
    return new_method(account, token), token


def _billing(given: Any) -> Json:
    given = given if isinstance(given, dict) else {}
    address = given.get("address")
    address = address if isinstance(address, dict) else {}
    return {
        "address": {part: address.get(part) or None for part in _ADDRESS},
        "email": given.get("email") or None,
        "name": given.get("name") or None,
        "phone": given.get("phone") or None,
        "tax_id": None,
    }
