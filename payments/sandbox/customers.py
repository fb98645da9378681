"""Customers: people who may have cards kept."""

from __future__ import annotations

from payments.sandbox import forms, methods
from payments.sandbox.account import Account, Call, public_view
from payments.sandbox.errors import missing
from payments.sandbox.store import Json, new_id, timestamp, token


def create_customer(account: Account, call: Call) -> Json:
    params = call.params
    forms.known(params, "description", "email", "metadata", "name", "phone")
    customer: Json = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "business_name": None,
        "created": timestamp(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description") or None,
        "discount": None,
        "email": params.get("email") or None,
        "individual_name": None,
        "invoice_prefix": token(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": forms.metadata(params),
        "name": params.get("name") or None,
        "next_invoice_sequence": 1,
        "phone": params.get("phone") or None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    account.store.put("customer", customer)
    account.emit("customer.created", customer, call)
    return public_view(customer)


def retrieve_customer(account: Account, call: Call, customer_id: str) -> Json:
    forms.known(call.params)
    return public_view(find(account, customer_id, param="id", in_path=True))


def list_methods_of(account: Account, call: Call, customer_id: str) -> Json:
    find(account, customer_id, param="customer", in_path=True)
    return methods.of_customer(account, call, customer_id, url=f"/v1/customers/{customer_id}/payment_methods")


def find(account: Account, customer_id: str, *, param: str, in_path: bool) -> Json:
    customer = account.store.get("customer", customer_id)
    if customer is None:
        raise missing("customer", customer_id, param=param, in_path=in_path)
    return customer
