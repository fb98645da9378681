"""The merchant's account: what is stored, what is told by webhook, and which controls are pulled."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from typing import Any

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
    refund_seconds: float = math.inf  # how long a bank thinks about a refund before its later word
    refund_status: str | None = None  # what the next refunds become, whatever the card says
    latency: float = 0.0  # seconds that every call takes

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
        self.latency = 0.0
        self.webhooks.behave()


def public_view(thing: Json) -> Json:
    """The object as Stripe shows it: what the sandbox keeps for itself begins with an underscore."""
    return {key: value for key, value in thing.items() if not key.startswith("_")}
