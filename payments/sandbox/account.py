"""The merchant's account: what is stored, what is told by webhook, and which controls are pulled."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from payments.sandbox import forms
from payments.sandbox.errors import bad_parameter, missing
from payments.sandbox.store import Json, Store, new_id, timestamp
from payments.sandbox.webhooks import SUBSCRIBED, Webhooks

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True)
class Call:
    """One request to the API. `public` means that a browser asks, with a publishable key."""

    params: dict[str, Any] = field(default_factory=dict)
    request_id: str | None = None
    idempotency_key: str | None = None
    public: bool = False


@dataclass
class Account:
    store: Store
    webhooks: Webhooks
    origin: str  # where a browser finds this sandbox
    processing: int = 0  # so many of the next payments stay in processing
    refund_status: str | None = None  # what the next refunds become, whatever the card says

    def emit(self, kind: str, thing: Json, call: Call, previous: Json | None = None) -> None:
        data: Json = {"object": public_view(copy.deepcopy(thing))}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": timestamp(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": call.request_id, "idempotency_key": call.idempotency_key},
            "type": kind,
        }
        wanted = kind in SUBSCRIBED and self.webhooks.url is not None
        record = {"id": event["id"], "event": event, "delivered": not wanted, "dropped": False}
        self.store.put("event", record)
        if wanted:
            self.webhooks.announce(record)

    def behave(self) -> None:
        self.processing = 0
        self.refund_status = None
        self.webhooks.behave()


def public_view(thing: Json) -> Json:
    """The object as Stripe shows it: what the sandbox keeps for itself begins with an underscore."""
    return {key: value for key, value in thing.items() if not key.startswith("_")}


def retrieve_charge(account: Account, call: Call, charge_id: str) -> Json:
    forms.known(call.params)
    charge = account.store.get("charge", charge_id)
    if charge is None:
        raise missing("charge", charge_id, param="id", in_path=True)
    return public_view(charge)


def retrieve_event(account: Account, call: Call, event_id: str) -> Json:
    forms.known(call.params)
    record = account.store.get("event", event_id)
    if record is None:
        raise missing("event", event_id, param="id", in_path=True)
    return _event(record)


def list_events(account: Account, call: Call) -> Json:
    """Newest first, filtered as Stripe filters: type or types, created, delivery_success."""
    params = call.params
    forms.known(
        params, "created", "delivery_success", "ending_before", "limit", "starting_after", "type", "types"
    )
    records = account.store.all("event")[::-1]
    if "delivery_success" in params:
        success = forms.boolean(params["delivery_success"], param="delivery_success")
        records = [record for record in records if record["delivered"] == success]
    if "type" in params:
        wanted = params["type"]
        records = [record for record in records if _matches(record["event"]["type"], wanted)]
    if "types" in params:
        types = forms.strings(params["types"], param="types")
        records = [record for record in records if record["event"]["type"] in types]
    if "created" in params:
        records = [record for record in records if _created(record["event"]["created"], params["created"])]
    limit = forms.integer(params.get("limit", "10"), param="limit")
    if not 1 <= limit <= 100:
        raise bad_parameter("Invalid limit: must be between 1 and 100", param="limit")
    ids = [record["id"] for record in records]
    if after := params.get("starting_after"):
        if after not in ids:
            raise missing("event", after, param="starting_after", in_path=False)
        records = records[ids.index(after) + 1 :]
    elif before := params.get("ending_before"):
        if before not in ids:
            raise missing("event", before, param="ending_before", in_path=False)
        records = records[: ids.index(before)][-limit:]
    return {
        "object": "list",
        "data": [_event(record) for record in records[:limit]],
        "has_more": len(records) > limit,
        "url": "/v1/events",
    }


def _event(record: Json) -> Json:
    return {**record["event"], "pending_webhooks": 0 if record["delivered"] else 1}


def _matches(kind: str, wanted: str) -> bool:
    return kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted


def _created(created: int, wanted: str | dict[str, str]) -> bool:
    if isinstance(wanted, str):
        return created == forms.integer(wanted, param="created")
    bounds = {name: forms.integer(value, param=f"created[{name}]") for name, value in wanted.items()}
    return (
        created > bounds.get("gt", -1)
        and created >= bounds.get("gte", 0)
        and created < bounds.get("lt", created + 1)
        and created <= bounds.get("lte", created)
    )
