"""Python values as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.functional import Promise


class EventError(ValueError):
    """What is told is not what was promised: a mistake of the caller."""


def utc(moment: datetime) -> str:
    """`2026-12-07T19:30:00Z`: ISO 8601 in UTC, whole seconds."""
    if moment.tzinfo is None:
        raise EventError(f"a time without a zone: {moment!r}")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(value: Any) -> Any:
    """What goes on the wire for a Python value: amounts are numbers, times ISO 8601 in UTC, ids strings."""
    match value:
        case None | bool() | int():
            return value
        case str() | Promise():
            return str(value)
        case Decimal() | float():
            if not Decimal(value).is_finite():
                raise EventError(f"not a finite number: {value!r}")
            return float(value)
        case datetime():
            return utc(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): as_json(inner) for key, inner in value.items()}
        case list() | tuple():
            return [as_json(inner) for inner in value]
        case _:
            raise EventError(f"no JSON for {type(value).__name__}: {value!r}")
