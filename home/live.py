"""Pages of two kinds of parts: still ones, kept until something in them changes, and live ones, made for
each request.

Where a template has a live part (the times that are free, the cart, what is said to one visitor), it only
leaves a gap. Before the page is sent, all gaps of one kind are filled together, so that a page with twenty
cards asks for their free times once. `home.kept` keeps the page with its gaps; nothing in them is kept.

Outside a page of the site's tree (a fragment, the cart, a mail) a live part is written where it stands.
"""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

Asked = tuple[Any, ...]
"""What a template says of one gap: plain values that can be kept, such as keys."""
Filler = Callable[[HttpRequest, Sequence[Asked]], Sequence[str]]
"""The HTML of all gaps of one kind, in their order."""

_fillers: dict[str, Filler] = {}


def fills(kind: str) -> Callable[[Filler], Filler]:
    """Register what writes a kind of live part."""

    def register(filler: Filler) -> Filler:
        _fillers[kind] = filler
        return filler

    return register


def live(request: HttpRequest, kind: str, *asked: Any) -> SafeString:
    """A live part, or the gap for it."""
    gaps: Gaps | None = getattr(request, "gaps", None)
    if gaps is None:
        return mark_safe(_fillers[kind](request, [asked])[0])  # noqa: S308 - made by a template
    return gaps.leave(kind, asked)


class Still(NamedTuple):
    """A page without its live parts: one piece more than there are gaps."""

    pieces: list[str]
    gaps: list[tuple[str, Asked]]

    def filled(self, request: HttpRequest) -> str:
        wanted = defaultdict(list)
        for kind, asked in self.gaps:
            wanted[kind].append(asked)
        made = {kind: iter(_fillers[kind](request, asked)) for kind, asked in wanted.items()}
        first, *others = self.pieces
        parts = [first]
        for (kind, _asked), piece in zip(self.gaps, others, strict=True):
            parts += (next(made[kind]), piece)
        return "".join(parts)


class Gaps:
    """Those that are left while one page is drawn. Their marks can't be guessed, so that nothing that a
    person writes on a page is ever taken for one.
    """

    def __init__(self) -> None:
        self._token = secrets.token_hex(8)
        self._left: list[tuple[str, Asked]] = []

    def leave(self, kind: str, asked: Asked) -> SafeString:
        self._left.append((kind, asked))
        return mark_safe(f"<!--{self._token}:{len(self._left) - 1}-->")  # noqa: S308

    def still(self, html: str) -> Still:
        """The page as it was drawn; what was left but not drawn in the end is no gap, what was drawn twice
        is two.
        """
        pieces = re.split(f"<!--{self._token}:(\\d+)-->", html)
        return Still(pieces[::2], [self._left[int(number)] for number in pieces[1::2]])


@fills("messages")
def _messages(request: HttpRequest, asked: Sequence[Asked]) -> list[str]:
    """What was to be said on this visitor's next page."""
    said = get_messages(request)
    return [render_to_string("includes/messages.html", {"messages": said}) if said else "" for _ in asked]
