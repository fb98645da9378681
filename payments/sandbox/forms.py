"""Form encoding with brackets, as Stripe reads it: `metadata[checkout]=…`, `types[0]=…`, `types[]=…`."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

from payments.sandbox.errors import bad_parameter

_PART = re.compile(r"\[([^\]]*)\]")


def parse(encoded: str) -> dict[str, Any]:
    """Strings, lists and dicts, nested as the brackets say. What looks like a number stays a string."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        head, _, rest = key.partition("[")
        path = [head, *_PART.findall(f"[{rest}")] if rest else [head]
        node = tree
        for part, following in pairwise(path):
            part = part or str(len(node))
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise bad_parameter(f"Invalid {head}: {following}", param=head)
        node[path[-1] or str(len(node))] = value
    return {key: _lists(value) for key, value in tree.items()}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _lists(value) for key, value in node.items()}


def known(params: dict[str, Any], *names: str) -> None:
    for name in params:
        if name not in names:
            raise bad_parameter(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")


def required(params: dict[str, Any], name: str) -> Any:
    if params.get(name) in (None, ""):
        raise bad_parameter(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return params[name]


def integer(value: Any, *, param: str) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,12}", value):
        raise bad_parameter(f"Invalid integer: {value}", param=param, code="parameter_invalid_integer")
    return int(value)


def boolean(value: Any, *, param: str) -> bool:
    if value not in ("true", "false"):
        raise bad_parameter(f"Invalid boolean: {value}", param=param)
    return bool(value == "true")


def usage(params: dict[str, Any]) -> str | None:
    """setup_future_usage: None when nothing is said, empty when it is to be forgotten."""
    value = params.get("setup_future_usage")
    if value not in (None, "", "off_session", "on_session"):
        raise bad_parameter(
            "Invalid setup_future_usage: must be one of off_session or on_session", param="setup_future_usage"
        )
    return None if value is None else str(value)


def strings(value: Any, *, param: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise bad_parameter("Invalid array", param=param)
    return value


def metadata(params: dict[str, Any], kept: dict[str, str] | None = None) -> dict[str, str]:
    """`kept` with what the call sets; an empty string takes a key away, `metadata=` all of them."""
    given = params.get("metadata")
    if given is None:
        return dict(kept or {})
    if given == "":
        return {}
    if not isinstance(given, dict):
        raise bad_parameter("Invalid object", param="metadata")
    for key, value in given.items():
        if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
            raise bad_parameter(
                f"Metadata values can have up to 500 characters, keys up to 40: {key}",
                param=f"metadata[{key}]",
            )
    merged = {**(kept or {}), **given}
    return {key: value for key, value in merged.items() if value != ""}
