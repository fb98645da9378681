"""docs/webhooks.md, written from the catalogue: whoever builds a scenario at Make.com reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from notifications.catalogue import EVENT_TYPES, EventType, Field, Type
from notifications.catalogue.types import FALLBACK
from notifications.rules import JITTER, LONG_WAITS, QUICK_WAITS

_HEAD = """\
# Webhooks

What the site tells the outside, one `POST` of JSON for each event. This file is written by
`manage.py webhooks_doc`, from `notifications/catalogue/`.

## The request

```
POST /the/path/of/your/url HTTP/1.1
Content-Type: application/json; charset=utf-8
User-Agent: Fanal-Webhooks/1
webhook-id: {event_id}
webhook-timestamp: 1796671800
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

{{"type": "signup", "event_id": "{event_id}", "sent_at": "2026-12-07T19:30:00Z", "payload": {{…}}}}
```

| key | |
| --- | --- |
| `type` | which event it is: see below |
| `event_id` | a UUID, fixed when the event happens: every retry bears the same. **Drop what you have already seen** |
| `sent_at` | when this attempt was made |
| `payload` | what happened: the fields of the type |

Amounts are numbers in Canadian dollars, times ISO 8601 in UTC with whole seconds. A value that is absent is
`null`, never left out. Keys are never renamed; new ones may come.

## Is it really from us?

Requests are signed by the [Standard Webhooks](https://www.standardwebhooks.com/) scheme when
`MAKE_WEBHOOK_SECRET` is set (`whsec_` and base64 of at least 24 bytes). The signature is the base64 of
HMAC-SHA256 over `id.timestamp.body`; its key is the secret, decoded. While one secret replaces another the
setting holds both, with a space between, and `webhook-signature` has a signature by each, with a space
between: accept a request if **one** of them is right, and refuse a timestamp that is more than five minutes
off.

```python
from standardwebhooks import Webhook

event = Webhook("whsec_…").verify(request.body, request.headers)  # raises when nothing matches
```

Without the library:

```python
import base64, hashlib, hmac


def is_ours(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{{headers['webhook-id']}}.{{headers['webhook-timestamp']}}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split(" "))
```

## Your answer

Any 2xx, within 15 seconds, means that you have it. Redirects are not followed; no more than 64 kB of an
answer is read, and its first 2,000 characters are kept for the admins.

| answer | what follows |
| --- | --- |
| 2xx | delivered |
| 410 | nothing is posted to that address any more until an admin resumes it or the URL is changed; what happens meanwhile waits |
| anything else, or none | tried again: {quick} after one another, then {long} later. Each wait is up to {jitter} % longer, so that what failed together does not come back together |
| with `Retry-After` | not before that, up to a day |

After the last attempt an event is given up: it stays in the admin with its answers, where it can be sent again.

Only `https` addresses on the public internet are called.

An admin can send a test, signed like any event: its type is `test.ping`, its payload
`{{"site_url": "https://…", "timestamp": "2026-12-07T19:30:00Z"}}`. It is neither kept nor tried again; let it pass.

## Order

An event arrives **at least once**. Events for one URL about the same person (for tickets: the same ticket; for
messages: the same two people) arrive in the order in which they happened, as long as each is taken within its
first attempts, some {seconds} seconds; then later ones pass it. Events about different people keep no order.

## Where they go

| variable | events | where it is unset |
| --- | --- | --- |
{variables}

## Events
"""


def document() -> str:
    """The whole of docs/webhooks.md."""
    head = _HEAD.format(
        event_id=uuid5(NAMESPACE_URL, "event_id"),
        quick=_and([f"{wait.total_seconds():.0f} s" for wait in QUICK_WAITS]),
        long=_and([_long(wait.total_seconds()) for wait in LONG_WAITS]),
        jitter=f"{JITTER * 100:.0f}",
        seconds=f"{sum(wait.total_seconds() for wait in QUICK_WAITS):.0f}",
        variables="\n".join(_variables()),
    )
    return head + "".join(_event(event) for event in EVENT_TYPES.values())


def example(event: EventType) -> dict[str, Any]:
    """A request's body, as it could leave."""
    return {
        "type": event.name,
        "event_id": str(uuid5(NAMESPACE_URL, "event_id")),
        "sent_at": "2026-12-07T19:30:00Z",
        "payload": _example(event.fields),
    }


def _example(fields: Sequence[Field]) -> dict[str, Any]:
    return {
        field.name: [_example(field.rows)] if field.type is Type.ROWS else field.example for field in fields
    }


def _event(event: EventType) -> str:
    kept = "" if event.recorded else " It is told once, with five retries, and kept nowhere."
    body = json.dumps(example(event), ensure_ascii=False, indent=2)
    return f"""
### `{event.name}`

{event.when}{kept} Sent to `MAKE_{event.variable}_WEBHOOK_URL`.

| field | type | unit | meaning |
| --- | --- | --- | --- |
{chr(10).join(_rows(event.fields))}

```json
{body}
```
"""


def _rows(fields: Sequence[Field], within: str = "") -> Iterator[str]:
    for field in fields:
        name = f"{within}{field.name}"
        kind = field.type.label + (" or null" if field.nullable else "")
        choices = f" One of {', '.join(f'`{choice}`' for choice in field.choices)}." if field.choices else ""
        yield f"| `{name}` | {kind} | {field.unit} | {field.meaning}{choices} |"
        yield from _rows(field.rows, f"{name}[].")


def _variables() -> Iterator[str]:
    for variable in dict.fromkeys(event.variable for event in EVENT_TYPES.values()):
        events = [event for event in EVENT_TYPES.values() if event.variable == variable]
        names = ", ".join(f"`{event.name}`" for event in events)
        falls_back = events[0].falls_back and variable != FALLBACK
        unset = f"`MAKE_{FALLBACK}_WEBHOOK_URL`" if falls_back else "not sent, said once in the log"
        yield f"| `MAKE_{variable}_WEBHOOK_URL` | {names} | {unset} |"


def _and(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _long(seconds: float) -> str:
    return f"{seconds / 3600:.0f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"
