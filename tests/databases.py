"""Pytest plugin: each session and each xdist worker gets a fresh copy of a migrated database within a second.

The model database is migrated once per state of the migrations and then only copied; `python -m
tests.databases` does that ahead. It also keeps the rows which migrations made (roles, groups, Wagtail's root
page), so that a test that commits can be undone by putting them back, instead of leaving an empty database to
the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper
    from pytest_django import DjangoDbBlocker

ROOT = Path(__file__).parents[1]
LOCK = 20_260_105  # any number: the workers' turns at making the model


def _fingerprint() -> str:
    from django.apps import apps

    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for app in sorted(apps.get_app_configs(), key=lambda config: config.label):
        for path in sorted((Path(app.path) / "migrations").glob("*.py")):
            digest.update(path.read_bytes())
        # What roles may do is given to their groups after the migrations.
        if (roles := Path(app.path) / "roles.py").exists():
            digest.update(roles.read_bytes())
    return digest.hexdigest()[:10]


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_createdb: bool,
    django_db_modify_db_settings_xdist_suffix: None,
) -> Iterator[None]:
    """In place of pytest-django's: the same database name, copied instead of migrated."""
    from django.db import connection
    from django.test import TransactionTestCase

    with django_db_blocker.unblock():
        real_name = connection.settings_dict["NAME"]
        name = connection.settings_dict["TEST"].get("NAME") or f"test_{real_name}"  # xdist's has a suffix
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            model = _model(cursor, name.partition("_gw")[0], anew=django_db_createdb)
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{model}"')
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        _use(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: put_initial_rows_back())
        yield
    with django_db_blocker.unblock():
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _use(real_name)


def _use(name: str) -> None:
    from django.conf import settings
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


def _model(cursor: CursorWrapper, name: str, *, anew: bool = False) -> str:
    """The name of the model that the test database of this name is copied from; made where it is missing."""
    stem = f"{name}_model"
    model = f"{stem}_{_fingerprint()}"
    if anew:
        cursor.execute(f'DROP DATABASE IF EXISTS "{model}"')
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [model])
    if not cursor.fetchone():
        _make(cursor, model, stem)
    return model


def _make(cursor: CursorWrapper, model: str, stem: str) -> None:
    """Migrate under another name first: an interrupted one is never taken for a model."""
    from django.core.management import call_command
    from django.db import connection

    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [stem])
    for (old,) in cursor.fetchall():
        cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{stem}_new"')
    real_name = connection.settings_dict["NAME"]
    _use(f"{stem}_new")
    call_command("migrate", verbosity=0, interactive=False)
    keep_rows("initial")
    _use(real_name)
    cursor.execute(f'ALTER DATABASE "{stem}_new" RENAME TO "{model}"')


def keep_rows(schema: str) -> None:
    """Copy what is committed into a schema beside it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
        for table in _filled(cursor):
            cursor.execute(f'CREATE TABLE {schema}."{table}" AS TABLE "{table}"')


def put_initial_rows_back() -> None:
    """Empty every table and fill in what the migrations had put there.

    The site's own processes, where a test runs them, may be reading just then: a deadlock is tried again.
    """
    from django.contrib.contenttypes.models import ContentType
    from django.db import OperationalError, connection
    from psycopg.errors import DeadlockDetected

    for tries_left in reversed(range(5)):
        try:
            put_rows_back("initial")
            break
        except OperationalError as error:
            if not (tries_left and isinstance(error.__cause__, DeadlockDetected)):
                raise
            connection.close()
    ContentType.objects.clear_cache()


def put_rows_back(schema: str) -> None:
    """Leave in the tables what `keep_rows` found in them, and nothing else.

    A test leaves few rows: to delete them takes a tenth of truncating all tables. A replica's role skips
    foreign keys and what the database itself refuses to delete.
    """
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in _filled(cursor):
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608
        cursor.execute(
            """
            SELECT table_name, string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
            WHERE table_schema = 'public' AND is_generated = 'NEVER'
              AND table_name IN (SELECT tablename FROM pg_tables WHERE schemaname = %s)
            GROUP BY table_name
            """,
            [schema],
        )
        for table, columns in cursor.fetchall():
            cursor.execute(f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM {schema}."{table}"')  # noqa: S608
        cursor.execute("SET LOCAL session_replication_role = origin")


def _filled(cursor: CursorWrapper) -> list[str]:
    """The tables that have a row."""
    from django.db import connection

    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (TABLE \"{table}\")" for table in tables)
    )
    return [table for (table,) in cursor.fetchall()]


def main() -> None:
    import django
    from django.db import connection

    django.setup()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # until this connection ends
        _model(cursor, f"test_{connection.settings_dict['NAME']}")


if __name__ == "__main__":
    main()
