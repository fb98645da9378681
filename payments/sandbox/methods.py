"""Payment methods: cards that have paid, some of them kept for a customer."""

from __future__ import annotations

from payments.sandbox import forms, lists
from payments.sandbox.account import Account, Call, public_view
from payments.sandbox.errors import bad_parameter, invalid, missing
from payments.sandbox.store import Json, new_id, timestamp

USED_UP = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
    "with a connected account without Customer attachment, or was detached from a Customer. It may not be "
    "used again. To use a PaymentMethod multiple times, you must attach it to a Customer first."
)


def new_method(account: Account, token: Json) -> Json:
    method = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "created": timestamp(),
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        **token["payment_method_preview"],
        "_test_card": token["_test_card"],
        "_return_url": token["return_url"],
    }
    account.store.put("payment_method", method)
    return method


def retrieve_method(account: Account, call: Call, method_id: str) -> Json:
    forms.known(call.params)
    return public_view(find(account, method_id, param="payment_method", in_path=True))


def list_methods(account: Account, call: Call) -> Json:
    customer_id = str(forms.required(call.params, "customer"))
    if account.store.get("customer", customer_id) is None:
        raise missing("customer", customer_id, param="customer", in_path=False)
    return of_customer(account, call, customer_id, url="/v1/payment_methods")


def of_customer(account: Account, call: Call, customer_id: str, *, url: str) -> Json:
    forms.known(call.params, "allow_redisplay", "customer", "type", *lists.PAGING)
    kept = [
        method
        for method in account.store.all("payment_method")
        if method["customer"] == customer_id
        and call.params.get("type", "card") == "card"
        and call.params.get("allow_redisplay", method["allow_redisplay"]) == method["allow_redisplay"]
    ]
    return lists.page(kept, call.params, what="payment_method", url=url)


def keep(account: Account, call: Call, intent: Json, method: Json) -> None:
    """What setup_future_usage asks for, once the payment has succeeded."""
    if intent["setup_future_usage"] and intent["customer"] and method["customer"] is None:
        method["customer"] = intent["customer"]
        account.store.put("payment_method", method)
        account.emit("payment_method.attached", method, call)


def detach_method(account: Account, call: Call, method_id: str) -> Json:
    forms.known(call.params)
    method = find(account, method_id, param="payment_method", in_path=True)
    if method["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    before = {"customer": method["customer"]}
    method["customer"] = None
    account.store.put("payment_method", method)
    account.emit("payment_method.detached", method, call, before)
    return public_view(method)


def reusable(account: Account, method_id: str, intent: Json) -> Json:
    """A kept method, for another payment by the customer who kept it."""
    method = find(account, method_id, param="payment_method", in_path=False)
    owner = method["customer"]
    if owner is None:
        raise bad_parameter(USED_UP, param="payment_method")
    if intent["customer"] is None:
        raise bad_parameter(
            f"The `payment_method` parameter supplied {method_id} belongs to the Customer {owner}. Please "
            "include the Customer in the `customer` parameter on the PaymentIntent.",
            param="payment_method",
        )
    if intent["customer"] != owner:
        raise bad_parameter(
            f"The `payment_method` parameter supplied {method_id} does not belong to the Customer "
            f"{intent['customer']} you supplied. Please use this payment method with the Customer that it "
            "belongs to instead.",
            param="payment_method",
        )
    return method


def find(account: Account, method_id: str, *, param: str, in_path: bool) -> Json:
    method = account.store.get("payment_method", method_id)
    if method is None:
        raise missing("PaymentMethod", method_id, param=param, in_path=in_path)
    return method
