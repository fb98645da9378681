"""Payment intents: Stripe's states and what moves one to the next."""

from __future__ import annotations

import hmac
from typing import Any

from payments.sandbox import cards, customers, disputes, forms, methods, tokens
from payments.sandbox.account import Account, Call, public_view
from payments.sandbox.cards import Decline
from payments.sandbox.charges import new_charge
from payments.sandbox.errors import DOCS, ApiError, bad_parameter, invalid, missing
from payments.sandbox.store import Json, new_id, timestamp, token

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
UPDATABLE = ("requires_payment_method", "requires_confirmation")
CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")
SMALLEST, LARGEST = 50, 99_999_999  # cents of a Canadian dollar
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_SETTABLE = ("description", "receipt_email", "statement_descriptor_suffix")
# What a browser with the client secret gets to see.
_PUBLIC = (
    "id", "object", "allowed_payment_method_types", "amount", "amount_details", "automatic_payment_methods",
    "canceled_at", "cancellation_reason", "capture_method", "client_secret", "confirmation_method", "created",
    "currency", "description", "last_payment_error", "livemode", "next_action", "payment_method",
    "payment_method_configuration_details", "payment_method_types", "processing", "receipt_email",
    "setup_future_usage", "shipping", "source", "status",
)  # fmt: skip


def create_intent(account: Account, call: Call) -> Json:
    params = call.params
    _refuse_method_types(params)
    forms.known(
        params, "amount", "currency", "allowed_payment_method_types", "automatic_payment_methods", "confirm",
        "confirmation_token", "customer", "metadata", "payment_method", "return_url", "setup_future_usage",
        "use_stripe_sdk", *_SETTABLE,
    )  # fmt: skip
    amount = _amount(params)
    currency = str(forms.required(params, "currency")).lower()
    if currency != "cad":
        raise bad_parameter(f"Invalid currency: {currency}", param="currency")
    allowed = params.get("allowed_payment_method_types")
    if allowed is not None and "card" not in forms.strings(allowed, param="allowed_payment_method_types"):
        raise bad_parameter("No valid payment method types", param="allowed_payment_method_types")
    confirm = forms.boolean(params.get("confirm", "false"), param="confirm")
    if not confirm and "confirmation_token" in params:
        raise bad_parameter("confirmation_token needs confirm=true", param="confirmation_token")
    usage = forms.usage(params)
    customer_id = params.get("customer") or None
    if customer_id:
        customers.find(account, customer_id, param="customer", in_path=False)
    intent_id = new_id("pi")
    intent: Json = {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": allowed,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": (None if allowed else {"allow_redirects": "always", "enabled": True}),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{token(25)}",
        "confirmation_method": "automatic",
        "created": timestamp(),
        "currency": currency,
        "customer": customer_id,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": forms.metadata(params),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": usage or None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        "_challenge": None,
    }
    _set(intent, params)
    account.store.put("payment_intent", intent)
    account.emit("payment_intent.created", intent, call)
    if confirm:
        _confirm(account, call, intent)
    return public_view(intent)


def retrieve_intent(account: Account, call: Call, intent_id: str) -> Json:
    if not call.public:
        forms.known(call.params)
        return public_view(_find(account, intent_id))
    forms.known(call.params, "client_secret", "key")
    intent = account.store.get("payment_intent", intent_id)
    given = str(forms.required(call.params, "client_secret"))
    if intent is None or not hmac.compare_digest(given, intent["client_secret"]):
        raise missing("payment_intent", intent_id, param="intent", in_path=True)
    return {name: intent[name] for name in _PUBLIC}


def update_intent(account: Account, call: Call, intent_id: str) -> Json:
    params = call.params
    _refuse_method_types(params)
    forms.known(params, "amount", "customer", "metadata", "setup_future_usage", *_SETTABLE)
    intent = _find(account, intent_id)
    usage = forms.usage(params)
    for name in ("customer", "setup_future_usage"):
        if name in params and intent["status"] not in UPDATABLE:
            raise _unexpected(
                intent,
                f"This PaymentIntent's {name} could not be updated because it has a status of "
                f"{intent['status']}. You may only update the {name} of a PaymentIntent with one of the "
                f"following statuses: {', '.join(UPDATABLE)}.",
            )
    if "customer" in params:
        customers.find(account, params["customer"], param="customer", in_path=False)
        if intent["customer"] not in (None, params["customer"]):
            raise bad_parameter(
                "The customer of a PaymentIntent cannot be changed after it has been set.", param="customer"
            )
        intent["customer"] = params["customer"]
    if usage is not None:
        intent["setup_future_usage"] = usage or None
    if "amount" in params:
        if intent["status"] not in UPDATABLE:
            raise _unexpected(
                intent, f"This PaymentIntent's amount could not be updated because it has a status of "
                f"{intent['status']}. You may only update the amount of a PaymentIntent with one of the "
                f"following statuses: requires_payment_method, requires_confirmation.",
            )  # fmt: skip
        intent["amount"] = _amount(params)
    intent["metadata"] = forms.metadata(params, intent["metadata"])
    _set(intent, params)
    account.store.put("payment_intent", intent)
    return public_view(intent)


def confirm_intent(account: Account, call: Call, intent_id: str) -> Json:
    _refuse_method_types(call.params)
    forms.known(
        call.params, "confirmation_token", "payment_method", "return_url", "receipt_email",
        "setup_future_usage", "use_stripe_sdk",
    )  # fmt: skip
    intent = _find(account, intent_id)
    _confirm(account, call, intent)
    return public_view(intent)


def cancel_intent(account: Account, call: Call, intent_id: str) -> Json:
    forms.known(call.params, "cancellation_reason")
    reason = call.params.get("cancellation_reason")
    if reason is not None and reason not in REASONS:
        raise bad_parameter(f"Invalid cancellation_reason: {reason}", param="cancellation_reason")
    intent = _find(account, intent_id)
    if intent["status"] not in CANCELABLE:
        raise _wrong_status(intent, "cancel", "canceled", CANCELABLE)
    intent.update(
        status="canceled",
        canceled_at=timestamp(),
        cancellation_reason=reason,
        next_action=None,
        _challenge=None,
    )
    account.store.put("payment_intent", intent)
    account.emit("payment_intent.canceled", intent, call)
    return public_view(intent)


def answer_challenge(account: Account, intent_id: str, challenge: str, authorised: bool) -> Json | None:
    """What somebody answered to the bank. None when that question is no longer open."""
    intent = account.store.get("payment_intent", intent_id)
    if intent is None or intent["_challenge"] is None or intent["_challenge"] != challenge:
        return None
    intent.update(next_action=None, _challenge=None)
    method = account.store.get("payment_method", intent["payment_method"])
    assert method is not None  # noqa: S101
    if authorised:
        _pay(account, Call(), intent, method)
    else:
        code = "payment_intent_authentication_failure"
        _fail(
            account, Call(), intent, charge=None, error={
                "code": code,
                "doc_url": f"{DOCS}/{code.replace('_', '-')}",
                "message": "We are unable to authenticate your payment method. Please choose a different "
                "payment method and try again.",
                "payment_method": public_view(method),
                "type": "invalid_request_error",
            },
        )  # fmt: skip
    return intent


def finish_processing(account: Account, intent_id: str, succeeded: bool) -> Json:
    """The bank's late answer to a payment that was left in processing."""
    intent = _find(account, intent_id)
    if intent["status"] != "processing":
        raise _unexpected(intent, f"It has a status of {intent['status']}.")
    method = account.store.get("payment_method", intent["payment_method"])
    assert method is not None  # noqa: S101
    intent["processing"] = None
    _charge(account, Call(), intent, method, None if succeeded else cards.GENERIC)
    return intent


def _confirm(account: Account, call: Call, intent: Json) -> None:
    if intent["status"] == "succeeded":
        raise _unexpected(
            intent,
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously "
            "confirmed.",
        )
    if intent["status"] not in CONFIRMABLE:
        raise _wrong_status(intent, "confirm", "confirmed", CONFIRMABLE)
    usage = forms.usage(call.params)
    sdk = forms.boolean(call.params.get("use_stripe_sdk", "false"), param="use_stripe_sdk")
    if method_id := call.params.get("payment_method"):
        method = methods.reusable(account, method_id, intent)
    elif token_id := call.params.get("confirmation_token"):
        method, spent = tokens.spend(account, token_id, intent, usage)
        usage = spent["setup_future_usage"] or ""
        sdk = spent["use_stripe_sdk"]
    else:
        raise _unexpected(
            intent,
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either "
            "update the PaymentIntent with a payment method and then confirm it again, or confirm it again "
            "directly with a payment method or ConfirmationToken.",
        )
    _set(intent, call.params)
    if usage is not None:
        intent["setup_future_usage"] = usage or None
    intent.update(payment_method=method["id"], last_payment_error=None, next_action=None, _challenge=None)
    if cards.behaviour(method["_test_card"]).challenge:
        return_url = call.params.get("return_url") or method["_return_url"]
        _ask(account, call, intent, return_url=return_url, sdk=sdk)
        return
    declined = _pay(account, call, intent, method)
    if declined:
        raise ApiError(402, {**declined, "payment_intent": public_view(intent)})


def _ask(account: Account, call: Call, intent: Json, *, return_url: str | None, sdk: bool) -> None:
    challenge = token(24)
    page = f"{account.origin}/3d_secure/{intent['id']}/{challenge}"
    action: Json = {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page, "source": new_id("payatt")},
    }
    if not sdk:
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": page}}
    intent.update(status="requires_action", next_action=action, _challenge=challenge)
    account.store.put("payment_intent", intent)
    account.emit("payment_intent.requires_action", intent, call)


def _pay(account: Account, call: Call, intent: Json, method: Json) -> dict[str, Any] | None:
    """Ask the bank. Gives the card error when it says no."""
    if account.processing:
        account.processing -= 1
        intent.update(status="processing", processing={"type": "card", "card": {}})
        account.store.put("payment_intent", intent)
        account.emit("payment_intent.processing", intent, call)
        return None
    return _charge(account, call, intent, method, cards.behaviour(method["_test_card"]).decline)


def _charge(
    account: Account, call: Call, intent: Json, method: Json, decline: Decline | None
) -> dict[str, Any] | None:
    charge = new_charge(intent, method, decline)
    account.store.put("charge", charge)
    if decline:
        account.emit("charge.failed", charge, call)
        error = {**decline.error(), "charge": charge["id"], "payment_method": public_view(method)}
        _fail(account, call, intent, charge=charge["id"], error=error)
        return error
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
        next_action=None,
    )
    account.store.put("payment_intent", intent)
    methods.keep(account, call, intent, method)
    account.emit("charge.succeeded", charge, call)
    account.emit("payment_intent.succeeded", intent, call)
    card = cards.behaviour(method["_test_card"])
    if card.dispute:
        status = "warning_needs_response" if card.inquiry else "needs_response"
        disputes.open_dispute(account, charge, reason=card.dispute, status=status)
    return None


def _fail(account: Account, call: Call, intent: Json, *, charge: str | None, error: Json) -> None:
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge,
        last_payment_error={key: value for key, value in error.items() if value is not None},
    )
    account.store.put("payment_intent", intent)
    account.emit("payment_intent.payment_failed", intent, call)


def _find(account: Account, intent_id: str) -> Json:
    intent = account.store.get("payment_intent", intent_id)
    if intent is None:
        raise missing("payment_intent", intent_id, param="intent", in_path=True)
    return intent


def _unexpected(intent: Json, message: str) -> ApiError:
    return invalid(message, code="payment_intent_unexpected_state", payment_intent=public_view(intent))


def _wrong_status(intent: Json, verb: str, past: str, statuses: tuple[str, ...]) -> ApiError:
    return _unexpected(
        intent,
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. Only a "
        f"PaymentIntent with one of the following statuses may be {past}: {', '.join(statuses)}.",
    )


def _amount(params: Json) -> int:
    amount = forms.integer(forms.required(params, "amount"), param="amount")
    if amount < SMALLEST:
        raise bad_parameter(
            "Amount must be at least $0.50 cad"
            if amount > 0
            else "This value must be greater than or equal to 1.",
            param="amount",
            code="amount_too_small" if amount > 0 else "parameter_invalid_integer",
        )
    if amount > LARGEST:
        raise bad_parameter(
            "Amount must be no more than $999,999.99 cad", param="amount", code="amount_too_large"
        )
    return amount


def _set(intent: Json, params: Json) -> None:
    for name in _SETTABLE:
        if name in params:
            intent[name] = params[name] or None


def _refuse_method_types(params: Json) -> None:
    if "payment_method_types" in params:
        raise bad_parameter(
            "payment_method_types is no longer supported. Use allowed_payment_method_types instead.",
            param="payment_method_types",
            code="payment_method_types_no_longer_supported",
        )
