"""The demo's texts are typed with plain spaces; on the page they get the ones that don't break."""

from __future__ import annotations

import re
from typing import Any

_RULES = [
    (re.compile(r" (?=[:»%$])"), "\xa0"),
    (re.compile(r"(?<=«) "), "\xa0"),
    (re.compile(r"(?<=\d) (?=(?:h|min|\$|\d{3})\b|\$)"), "\xa0"),
    (re.compile(r"(?<=\bh) (?=\d)"), "\xa0"),
]


def typeset(value: Any) -> Any:
    """A text, or every text inside lists, tuples and dicts, with Québec's non-breaking spaces."""
    if isinstance(value, str):
        for pattern, space in _RULES:
            value = pattern.sub(space, value)
        return value
    if isinstance(value, dict):
        return {key: typeset(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(typeset(item) for item in value)
    return value
