"""docs/webhooks.md as somebody reads it who builds a scenario on it, and holds a request against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

DOCUMENT = Path(__file__).parents[2] / "docs" / "webhooks.md"
_ROW = re.compile(r"^\| `(?P<name>[\w.\[\]]+)` \| (?P<type>[^|]+) \| [^|]* \| [^|]+ \|$", re.MULTILINE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def promised() -> dict[str, dict[str, str]]:
    """Of each event, its fields with the type that the document gives them."""
    sections = DOCUMENT.read_text().split("\n### `")[1:]
    return {
        section.partition("`")[0]: {row["name"]: row["type"] for row in _ROW.finditer(section)}
        for section in sections
    }


def assert_as_promised(body: Mapping[str, Any]) -> None:
    """Exactly the promised keys, each of the promised type, in the envelope of the document."""
    assert list(body) == ["type", "event_id", "sent_at", "payload"]
    assert UUID(body["event_id"])
    assert _MOMENT.fullmatch(body["sent_at"])
    _assert_keys(promised()[body["type"]], body["payload"], body["type"])


def _assert_keys(fields: Mapping[str, str], payload: Mapping[str, Any], where: str) -> None:
    assert set(payload) == {name for name in fields if "[]" not in name}, where
    for name, value in payload.items():
        _assert_type(fields[name], value, f"{where}.{name}")
        if fields[name] == "array of objects":
            start = f"{name}[]."
            inner = {key.removeprefix(start): fields[key] for key in fields if key.startswith(start)}
            for row in value:
                _assert_keys(inner, row, f"{where}.{name}")


def _assert_type(promise: str, value: Any, where: str) -> None:
    if promise.endswith(" or null"):
        if value is None:
            return
        promise = promise.removesuffix(" or null")
    match promise:
        case "string (UUID)":
            assert str(UUID(value)) == value, where
        case "string":
            assert isinstance(value, str), where
        case "string (ISO 8601, UTC)":
            assert _MOMENT.fullmatch(value), where
        case "number" | "number, two decimals at most":
            assert type(value) in {int, float}, where
            assert round(value, 2) == value, where
        case "integer":
            assert type(value) is int, where
        case "boolean":
            assert type(value) is bool, where
        case "array of strings (UUID)":
            assert [str(UUID(each)) for each in value] == value, where
        case "array of objects":
            assert all(isinstance(each, dict) for each in value), where
        case _:
            raise AssertionError(f"{where}: nobody knows what {promise!r} is")
