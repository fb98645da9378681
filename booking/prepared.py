"""Statements that are planned once: for what is asked again and again, what is free and who gets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor

SEEN_BEFORE = 1


@contextmanager
def prepared() -> Iterator[None]:
    """Have PostgreSQL parse and plan a statement the first times that a connection sends it, and no more.

    Values then go beside the statement, and PostgreSQL can't tell that two expressions are the same one, as
    DISTINCT and GROUP BY may need (Django's ticket 34255). Pages of Wagtail's admin do: this is for our own
    statements, not for the whole site. Who has statements logged wants to read the values in them.
    """
    if connection.queries_logged:
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    before = raw.cursor_factory, raw.prepare_threshold
    raw.cursor_factory, raw.prepare_threshold = ServerBindingCursor, SEEN_BEFORE
    try:
        yield
    finally:
        raw.cursor_factory, raw.prepare_threshold = before
