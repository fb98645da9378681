"""What an event's payload is made of: each field with its type, its unit, and a sentence about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.utils.functional import Promise

from notifications.wire import EventError, as_json


class Type(Enum):
    """What a field holds: what the document calls it on the wire, and what it is in Python."""

    label: str
    python: tuple[type, ...]

    ID = ("string (UUID)", (UUID,))
    TEXT = ("string", (str, Promise))
    TIME = ("string (ISO 8601, UTC)", (datetime,))
    MONEY = ("number, two decimals at most", (Decimal,))
    NUMBER = ("number", (Decimal, int))
    INTEGER = ("integer", (int,))
    FLAG = ("boolean", (bool,))
    IDS = ("array of strings (UUID)", (list, tuple))
    ROWS = ("array of objects", (tuple, list))

    def __init__(self, label: str, python: tuple[type, ...]) -> None:
        self.label = label
        self.python = python


@dataclass(frozen=True)
class Field:
    """One key of a payload. `example` is what it looks like on the wire; `rows` are the keys of each object
    of an array, `choices` all that a text can be. Where `nullable`, an absent value is null.
    """

    name: str
    type: Type
    meaning: str
    example: Any
    unit: str = ""
    nullable: bool = False
    choices: tuple[str, ...] = ()
    rows: tuple[Field, ...] = ()

    def on_the_wire(self, value: Any, where: str) -> Any:
        """The value as JSON has it: amounts are numbers, times ISO 8601 in UTC, ids strings.

        Raises EventError for what the field does not promise.
        """
        where = f"{where}.{self.name}"
        if value is None:
            if not self.nullable:
                raise EventError(f"{where} is never absent")
            return None
        is_flag = isinstance(value, bool)
        if not isinstance(value, self.type.python) or is_flag is not (self.type is Type.FLAG):
            raise EventError(f"{where} is no {self.type.label}: {value!r}")
        if self.type is Type.ROWS and isinstance(value, list | tuple):
            return [payload_on_the_wire(self.rows, row, where) for row in value]
        if isinstance(value, list | tuple) and not all(isinstance(each, UUID) for each in value):
            raise EventError(f"{where} is no {self.type.label}: {value!r}")
        try:
            ready = as_json(value)
        except EventError as problem:
            raise EventError(f"{where} is {problem}") from problem
        if self.choices and ready not in self.choices:
            raise EventError(f"{where} is none of {', '.join(self.choices)}: {ready!r}")
        return ready


def payload_on_the_wire(fields: Sequence[Field], payload: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A payload as JSON has it, in the order of its fields. Raises EventError unless it has exactly those."""
    if not isinstance(payload, Mapping):
        raise EventError(f"{where} is no object: {payload!r}")
    expected = {field.name for field in fields}
    if missing := expected - payload.keys():
        raise EventError(f"{where}: missing {', '.join(sorted(missing))}")
    if extra := payload.keys() - expected:
        raise EventError(f"{where}: unknown {', '.join(sorted(extra))}")
    return {field.name: field.on_the_wire(payload[field.name], where) for field in fields}


def an_id(name: str, meaning: str, **more: Any) -> Field:
    return Field(name, Type.ID, meaning, str(uuid5(NAMESPACE_URL, name)), **more)


def a_text(name: str, meaning: str, example: str, **more: Any) -> Field:
    return Field(name, Type.TEXT, meaning, example, **more)


def one_of(name: str, meaning: str, *choices: str, **more: Any) -> Field:
    return Field(name, Type.TEXT, meaning, choices[0], choices=choices, **more)


def a_time(name: str, meaning: str, example: str = "2026-12-07T19:30:00Z", **more: Any) -> Field:
    return Field(name, Type.TIME, meaning, example, **more)


def cad(name: str, meaning: str, example: float, **more: Any) -> Field:
    return Field(name, Type.MONEY, meaning, example, unit="CAD", **more)


def minutes(name: str, meaning: str, example: int = 60) -> Field:
    return Field(name, Type.INTEGER, meaning, example, unit="minutes")


def points(name: str, meaning: str, example: float, *, whole: bool = True) -> Field:
    return Field(name, Type.INTEGER if whole else Type.NUMBER, meaning, example, unit="1 to 5")


def a_flag(name: str, meaning: str, *, example: bool) -> Field:
    return Field(name, Type.FLAG, meaning, example)
