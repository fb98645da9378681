"""The pool of connections to PostgreSQL, which outlives requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, connections
from pytest_django import DjangoDbBlocker


@pytest.fixture(autouse=True)
def unblocked(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Without a transaction, in which a test may have no connection but its own."""
    with django_db_blocker.unblock():
        yield


@contextmanager
def pooled(**changes: bool) -> Iterator[Callable[[], int]]:
    """Connections as the site's processes have them: a request that says which of the server's it got."""
    options = {**connection.settings_dict["OPTIONS"], "pool": {"min_size": 1, "max_size": 1}}
    connections.settings["pooled"] = {**connection.settings_dict, "OPTIONS": options, **changes}
    database = connections["pooled"]

    def request() -> int:
        try:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                return int(cursor.fetchone()[0])
        finally:
            database.close()

    try:
        yield request
    finally:
        database.close_pool()  # type: ignore[attr-defined]
        del connections["pooled"], connections.settings["pooled"]


def close(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_connection_that_the_database_closed_is_not_given_to_the_next_request() -> None:
    with pooled() as request:
        first = request()
        assert request() == first
        close(first)
        assert request() != first


def test_without_the_check_it_would_be() -> None:
    with pooled(CONN_HEALTH_CHECKS=False) as request:
        close(request())
        with pytest.raises(OperationalError):
            request()
