"""What the address of a picker asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar
from uuid import UUID

from booking.rules import DURATIONS

Read = TypeVar("Read")
NAME = "choix"
"""In an address: which picker of the page it speaks to; the main one when it says nothing."""


class Wish(NamedTuple):
    """What an address asks for, made safe: what can't be read is left out, and `misread` says so."""

    minutes: int = DURATIONS[0]
    day: date | None = None
    course: UUID | None = None
    tutor: UUID | None = None
    misread: bool = False


def read_wish(params: Mapping[str, str]) -> Wish:
    """Understand `duree` (minutes), `semaine` (ISO date), `cours` and `tuteur` (UUIDs). Never fails."""
    unread = []

    def read(name: str, understand: Callable[[str], Read]) -> Read | None:
        try:
            return understand(params[name]) if params.get(name) else None
        except ValueError:
            unread.append(name)
            return None

    return Wish(
        minutes=read("duree", _length) or DURATIONS[0],
        day=read("semaine", date.fromisoformat),
        course=read("cours", UUID),
        tutor=read("tuteur", UUID),
        misread=bool(unread),
    )


def name_in(params: Mapping[str, str], main: str) -> str:
    """The name of the picker that is spoken to, safe as an id; `main` where there is none to be read."""
    name = params.get(NAME, "")
    return name if re.fullmatch(r"creneaux-[0-9a-z]{1,12}", name) else main


def _length(text: str) -> int:
    minutes = int(text)
    if minutes not in DURATIONS:
        raise ValueError(text)
    return minutes
