"""Finding pages in French: by stem, and with or without accents.

PostgreSQL's French configuration stems words but keeps accents, and there is no `unaccent` to rely on.
Each page therefore indexes its text twice: as written, and folded to plain ASCII. So does a query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyascii import anyascii
from wagtail.models import Page
from wagtail.search.query import PlainText

if TYPE_CHECKING:
    from wagtail.fields import StreamValue

SHORTEST_QUERY = 2


def fold(text: str) -> str:
    """Lower case, without accents or ligatures: `Cœur à l'École` becomes `coeur a l'ecole`."""
    return anyascii(text).lower()


def folded_text(*parts: str, body: StreamValue | None = None) -> str:
    """What the folded half of the index holds for a page."""
    texts = list(parts)
    if body is not None:
        texts.extend(body.stream_block.get_searchable_content(body))
    return fold(" ".join(texts))


def find_pages(text: str, *, limit: int) -> list[Page]:
    """Published, public pages that match all the words, best first, as their specific types.

    Without any, pages with words that begin as the query's do.
    """
    if len(text.strip()) < SHORTEST_QUERY:
        return []
    pages = Page.objects.live().public().filter(depth__gt=1).specific()
    found = list(pages.search(PlainText(text) | PlainText(fold(text)))[:limit])
    return found or list(pages.autocomplete(fold(text))[:limit])
