"""Events, as the merchant asks for them."""

from __future__ import annotations

from payments.sandbox import forms, lists
from payments.sandbox.account import Account, Call
from payments.sandbox.errors import bad_parameter, missing
from payments.sandbox.store import Json


def retrieve_event(account: Account, call: Call, event_id: str) -> Json:
    forms.known(call.params)
    record = account.store.get("event", event_id)
    if record is None:
        raise missing("event", event_id, param="id", in_path=True)
    return _event(record)


def list_events(account: Account, call: Call) -> Json:
    """Newest first, filtered as Stripe filters: type or types, created, delivery_success."""
    params = call.params
    forms.known(params, "created", "delivery_success", "type", "types", *lists.PAGING)
    if "type" in params and "types" in params:
        raise bad_parameter("You may only specify one of these parameters: type, types.", param="type")
    records = account.store.all("event")
    if "delivery_success" in params:
        success = forms.boolean(params["delivery_success"], param="delivery_success")
        records = [record for record in records if record["delivered"] == success]
    if "type" in params:
        wanted = params["type"]
        records = [record for record in records if _matches(record["event"]["type"], wanted)]
    if "types" in params:
        types = forms.strings(params["types"], param="types")
        if len(types) > 20:
            raise bad_parameter("Invalid array: at most 20 types", param="types")
        records = [record for record in records if record["event"]["type"] in types]
    records = [record for record in records if lists.created(record["event"]["created"], params)]
    return lists.page(records, params, what="event", url="/v1/events", view=_event)


def _event(record: Json) -> Json:
    return {**record["event"], "pending_webhooks": 0 if record["delivered"] else 1}


def _matches(kind: str, wanted: str) -> bool:
    return kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted
