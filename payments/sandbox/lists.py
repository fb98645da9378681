"""Stripe's lists: newest first, in pages that begin after, or end before, an object of the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payments.sandbox import forms
from payments.sandbox.account import public_view
from payments.sandbox.errors import bad_parameter, missing
from payments.sandbox.store import Json

PAGING = ("ending_before", "limit", "starting_after")


def page(
    things: list[Json], params: Json, *, what: str, url: str, view: Callable[[Json], Json] = public_view
) -> Json:
    """One page of `things`, which come oldest first."""
    things = things[::-1]
    limit = forms.integer(params.get("limit", "10"), param="limit")
    if not 1 <= limit <= 100:
        raise bad_parameter("Invalid limit: must be between 1 and 100", param="limit")
    if "starting_after" in params:
        things = things[_position(things, params, "starting_after", what) + 1 :]
        more, things = len(things) > limit, things[:limit]
    elif "ending_before" in params:
        things = things[: _position(things, params, "ending_before", what)]
        more, things = len(things) > limit, things[-limit:]
    else:
        more, things = len(things) > limit, things[:limit]
    return {"object": "list", "data": [view(thing) for thing in things], "has_more": more, "url": url}


def created(at: int, params: Json) -> bool:
    """Whether `at` is within the call's `created`, a moment or bounds."""
    wanted: Any = params.get("created")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return at == forms.integer(wanted, param="created")
    bounds = {name: forms.integer(value, param=f"created[{name}]") for name, value in wanted.items()}
    return (
        at > bounds.get("gt", -1)
        and at >= bounds.get("gte", 0)
        and at < bounds.get("lt", at + 1)
        and at <= bounds.get("lte", at)
    )


def _position(things: list[Json], params: Json, name: str, what: str) -> int:
    for position, thing in enumerate(things):
        if thing["id"] == params[name]:
            return position
    raise missing(what, params[name], param=name, in_path=False)
