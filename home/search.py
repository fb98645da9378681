"""Finding pages in French: by stem, by beginning, with or without accents, and with a letter wrong.

PostgreSQL's French configuration stems words but keeps accents, and there is no `unaccent` to rely on.
Each page therefore indexes its text twice: as written, and folded to plain ASCII. So does a query. There is
no `pg_trgm` either: a word that no page has is replaced by the nearest of those that pages have.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, NamedTuple

from anyascii import anyascii
from django.db import connection
from django.http import HttpRequest
from wagtail.models import Page
from wagtail.search import index
from wagtail.search.query import PlainText

from accounts.limits import client_address, within_limit

if TYPE_CHECKING:
    from wagtail.fields import StreamValue
    from wagtail.query import PageQuerySet

SHORTEST_QUERY = 2
LONGEST_QUERY = 200
MOST_WORDS = 12
SHORTEST_MISTAKE = 4
SEARCHES_A_MINUTE = 60
SUGGESTIONS_A_MINUTE = 180
# What pupils call a subject, and the beginning of the word that they mean.
CLIPPED = {"math": "math", "maths": "math"}

# Words as they stand in the index, of about the length that is looked for; the commonest first.
_VOCABULARY = """
SELECT word FROM ts_stat('SELECT autocomplete FROM wagtailsearch_indexentry')
WHERE length(word) BETWEEN %s AND %s ORDER BY ndoc DESC, word LIMIT 5000
"""


class Found(NamedTuple):
    pages: list[Any]
    near: bool = False
    """No page had the words as they were typed; these have words that look alike."""


def fold(text: str) -> str:
    """Lower case, without accents or ligatures: `Cœur à l'École` becomes `coeur a l'ecole`."""
    return anyascii(text).lower()


def folded_text(*parts: str, body: StreamValue | None = None) -> str:
    """What the folded half of the index holds for a page."""
    texts = list(parts)
    if body is not None:
        texts.extend(body.stream_block.get_searchable_content(body))
    return fold(" ".join(texts))


def page_search_fields(*fields: str, begins: bool = True) -> list[index.BaseField]:
    """A page's `search_fields`: these, beside its title, as written, and its `folded_text`; of which the
    suggestions also find it by the beginning of a word, unless `begins` is False.
    """
    return [
        *Page.search_fields,
        *(index.SearchField(name) for name in fields),
        index.SearchField("folded_text"),
        *([index.AutocompleteField("folded_text")] if begins else []),
    ]


def clean_query(text: str) -> str:
    """What somebody typed, made safe for the database and for a line of text."""
    return " ".join(text.replace("\x00", "").split())[:LONGEST_QUERY].strip()


def find(pages: PageQuerySet[Any], text: str, *, limit: int | None = None) -> Found:
    """Those of `pages` that match all the words, best first.

    Without any, those with words that begin so; then those with words that look alike. One query where there
    is a match, five at most. A clipped word is a beginning from the first: one page alone may say « maths ».
    """
    whole = [] if CLIPPED.keys() & _typed(text) else _with_all_words(pages, text, limit)
    if found := whole or beginning_with(pages, text, limit=limit):
        return Found(found)
    near = _nearest_words(text)
    if near is None:
        return Found([])
    return Found(_with_all_words(pages, near, limit) or beginning_with(pages, near, limit=limit), near=True)


def find_pages(text: str, *, limit: int) -> Found:
    """Published, public pages of every type: those with the words and those with words that begin so, first
    those whose title has them.
    """
    if len(text) < SHORTEST_QUERY:
        return Found([])
    pages = _public_pages().specific()
    found = find(pages, text, limit=limit)
    if found.near or not found.pages:
        return found
    begun = beginning_with(pages, text, limit=limit)
    every = {page.pk: page for page in [*found.pages, *begun]}.values()
    return Found(sorted(every, key=lambda page: not _in_title(page, text))[:limit])


def suggest(text: str, *, limit: int) -> list[Page]:
    """Published, public pages for what is being typed, those first whose title has it. Two queries."""
    if len(text) < SHORTEST_QUERY:
        return []
    found = beginning_with(_public_pages(), text, limit=limit * 3)
    return sorted(found, key=lambda page: not _in_title(page, text))[:limit]


def beginning_with(pages: PageQuerySet[Any], text: str, *, limit: int | None = None) -> list[Any]:
    """Those of `pages` that have, for each of the words, one that begins with it. One query."""
    words = _words(text)
    return list(pages.autocomplete(reduce(and_, map(PlainText, words)))[:limit]) if words else []


def may_search(request: HttpRequest, *, suggestions: bool = False) -> bool:
    """Whether this address has not searched too often; counts this time."""
    name, limit = ("suggest", SUGGESTIONS_A_MINUTE) if suggestions else ("search", SEARCHES_A_MINUTE)
    return within_limit(name, client_address(request), limit=limit, seconds=60)


def _public_pages() -> PageQuerySet[Any]:
    return Page.objects.live().public().filter(depth__gt=1)


def _in_title(page: Page, text: str) -> bool:
    title = _words(page.title)
    return all(any(word.startswith(typed) for word in title) for typed in _words(text))


def _with_all_words(pages: PageQuerySet[Any], text: str, limit: int | None) -> list[Any]:
    return list(pages.search(PlainText(text) | PlainText(fold(text)))[:limit])


def _words(text: str) -> list[str]:
    return [CLIPPED.get(word, word) for word in _typed(text)]


def _typed(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))[:MOST_WORDS]


def _nearest_words(text: str) -> str | None:
    """The folded query with each word that no page has replaced by the nearest that one has.

    None when nothing changes. One query.
    """
    words = _words(text)
    lengths = [len(word) for word in words if len(word) >= SHORTEST_MISTAKE]
    if not lengths:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_VOCABULARY, [min(lengths) - 1, max(lengths) + 2])
        vocabulary = list(dict.fromkeys(fold(word) for (word,) in cursor.fetchall()))
    near = [_nearest(word, vocabulary) for word in words]
    return " ".join(near) if near != words else None


def _nearest(word: str, vocabulary: list[str]) -> str:
    if len(word) < SHORTEST_MISTAKE or any(known.startswith(word) for known in vocabulary):
        return word
    return next(iter(get_close_matches(word, vocabulary, n=1, cutoff=0.75)), word)
