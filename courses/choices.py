"""What the address of a list asks for, made safe: what can't be understood is left out, and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict

from courses.free_times import When
from home.search import SHORTEST_QUERY, clean_query

WORDS, WHEN, PAGE = "q", "quand", "page"


class Option(NamedTuple):
    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True)
class Facet:
    """One way to narrow a list to one of some values."""

    name: str
    """In the address."""
    label: str
    everything: str
    """What no choice is called."""
    options: Sequence[Option]

    @property
    def chosen(self) -> bool:
        return any(option.chosen for option in self.options)


@dataclass(frozen=True)
class Choices:
    words: str = ""
    facets: tuple[tuple[str, str], ...] = ()
    """Name and value of each facet that is chosen."""
    when: tuple[When, ...] = ()
    ignored: bool = False
    """Something in the address is not offered, or no longer."""

    def __bool__(self) -> bool:
        return bool(self.words or self.facets or self.when)

    def get(self, facet: str) -> str:
        return dict(self.facets).get(facet, "")

    def parts(self) -> list[Choices]:
        """Each choice that was made, alone."""
        parts = [Choices(words=self.words)] if self.words else []
        parts += [Choices(facets=(pair,)) for pair in self.facets]
        return parts + ([Choices(when=self.when)] if self.when else [])

    def without(self, part: Choices) -> Choices:
        """The same, less one of its `parts`."""
        return replace(
            self,
            words="" if part.words else self.words,
            facets=tuple(pair for pair in self.facets if pair not in part.facets),
            when=() if part.when else self.when,
        )

    def query(self, *, page: int = 1) -> str:
        """As an address says it, with its question mark; empty when nothing is chosen."""
        pairs = [(WORDS, self.words)] if self.words else []
        pairs += [*self.facets, *((WHEN, part.value) for part in self.when)]
        if page > 1:
            pairs.append((PAGE, str(page)))
        return f"?{urlencode(pairs)}" if pairs else ""


def read_choices(params: QueryDict, offered: Mapping[str, Sequence[str]]) -> Choices:
    """What is chosen among the values that each facet offers. Never fails."""
    words = clean_query(params.get(WORDS, ""))
    asked = [(name, params.get(name, "")) for name in offered]
    facets = tuple((name, value) for name, value in asked if value in offered[name])
    parts = set(params.getlist(WHEN)) - {""}
    return Choices(
        words=words if len(words) >= SHORTEST_QUERY else "",
        facets=facets,
        when=tuple(part for part in When if part.value in parts),
        ignored=any(value and value not in offered[name] for name, value in asked)
        or not parts <= set(When.values),
    )
