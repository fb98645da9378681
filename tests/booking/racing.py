"""Races for slots with real connections and real web processes, and the guards taken away for negative
controls.

Shared by the tests and by `make drill`. A double booking is prevented twice, by the advisory lock under
which the rules are asked and by the exclusion constraint. Each is taken away in the database itself, so
that what runs is the product's own code, unchanged; the moment between asking and writing can be stretched
there too.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import connection, connections

from booking.errors import TryAgain
from booking.models import TimeClaim
from tests.stack import ROOT, database_url, end_all, free_port

T = TypeVar("T")
START_SECONDS = 60
PATIENCE = 20
ANSWER_SECONDS = 60


# Guards, taken away and put back


@contextmanager
def without_constraint() -> Iterator[None]:
    """The database no longer refuses overlapping claims."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conname = 'claim_no_overlap' AND conrelid = 'booking_timeclaim'::regclass
            """
        )
        definition = cursor.fetchone()[0]
        cursor.execute("ALTER TABLE booking_timeclaim DROP CONSTRAINT claim_no_overlap")
    try:
        yield
    finally:
        TimeClaim.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE booking_timeclaim ADD CONSTRAINT claim_no_overlap {definition}")


@contextmanager
def without_lock() -> Iterator[None]:
    """Advisory locks lock nothing, for connections opened from here on: a function that does nothing is
    found before PostgreSQL's own."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION public.pg_advisory_xact_lock(int, int) RETURNS void LANGUAGE sql AS ''"
        )
        cursor.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} RESET search_path")
            cursor.execute("DROP FUNCTION public.pg_advisory_xact_lock(int, int)")


@contextmanager
def slow_to_write(
    table: str = "booking_cartline", *, events: str = "INSERT", seconds: float = 0.3
) -> Iterator[None]:
    """Stretch the moment between asking (whether a slot is free, how often a coupon was used) and writing."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep({float(seconds)}); RETURN NEW; END $$;
            CREATE TRIGGER dawdle BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION public.dawdle()
            """
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER dawdle ON {table}; DROP FUNCTION public.dawdle()")


# Observations


def overlapping_claims() -> int:
    """Pairs of claims on the same time of one tutor: double bookings."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM booking_timeclaim a JOIN booking_timeclaim b
            ON a.id < b.id AND a.tutor_id = b.tutor_id AND a.during && b.during
            """
        )
        return int(cursor.fetchone()[0])


def deadlocks() -> int:
    """Deadlocks that PostgreSQL has found in this database, ever."""
    # A backend tells its figures when it ends, and while it lives at most once a second.
    stop = time.monotonic() + 1.1
    while _other_backends() and time.monotonic() < stop:
        time.sleep(0.02)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def _other_backends() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            """
        )
        return int(cursor.fetchone()[0])


# Racers


def patiently(attempt: Callable[[], T]) -> T:
    for _ in range(PATIENCE):
        with suppress(TryAgain):
            return attempt()
    return attempt()


def race(attempts: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run all at once, each in a thread with a connection of its own; gives results, or what was raised.

    Who is told to try again, because a busy machine kept them waiting for three seconds, does.
    """
    start = threading.Barrier(len(attempts))

    def run(attempt: Callable[[], T]) -> T | Exception:
        try:
            connection.ensure_connection()
            start.wait(60)
            return patiently(attempt)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(attempts)) as threads:
        return list(threads.map(run, attempts))


class Answer(NamedTuple):
    status: int
    seconds: float
    body: bytes = b""


def post_all(url: str, forms: Sequence[dict[str, str]]) -> list[Answer]:
    """Send each form from a client of its own, all at once, as HTMX would. Status 0: no answer.

    One thread has all the clients, so that the cores are left to the site.
    """
    with ThreadPoolExecutor(1) as thread:  # in a browser test's own thread a loop may run already
        return thread.submit(asyncio.run, _post_all(url, forms)).result()


async def _post_all(url: str, forms: Sequence[dict[str, str]]) -> list[Answer]:
    address = urlsplit(url)
    token = "t" * 32
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nCookie: csrftoken={token}\r\n"
        f"X-CSRFToken: {token}\r\nHX-Request: true\r\nContent-Length: "
    )
    clients = [await asyncio.open_connection(address.hostname, address.port) for _form in forms]
    bodies = [urlencode(form) for form in forms]
    return await asyncio.gather(
        *(
            _post(reader, writer, f"{head}{len(body)}\r\n\r\n{body}".encode())
            for (reader, writer), body in zip(clients, bodies, strict=True)
        )
    )


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
    began = time.perf_counter()
    try:
        writer.write(request)
        answer = await asyncio.wait_for(reader.read(), ANSWER_SECONDS)
    except OSError:  # a TimeoutError, too
        answer = b""
    finally:
        writer.close()
    status, _, body = answer.partition(b"\r\n\r\n")
    return Answer(int(status.split()[1]) if status else 0, time.perf_counter() - began, body)


@contextmanager
def web_processes(workers: int = 2) -> Iterator[str]:
    """The site's own web server on this database, in processes of its own; gives its address."""
    port = free_port()
    log = settings.VAR / f"web-{port}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        server = subprocess.Popen(  # noqa: S603
            [
                sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
                "--port", str(port), "--workers", str(workers), "--blocking-threads", "4",
                "--backlog", "1024", "config.wsgi:application",
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "config.settings.demo",
                "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
                "DATABASE_URL": database_url(),
                "REDIS_URL": settings.REDIS_URL,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait_for(port, server, log.read_text)
            yield f"http://127.0.0.1:{port}"
        finally:
            end_all([server])


def _wait_for(port: int, server: subprocess.Popen[bytes], read_log: Callable[[], str]) -> None:
    stop = time.monotonic() + START_SECONDS
    while time.monotonic() < stop and server.poll() is None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        try:
            client.request("GET", "/panier/")
            if client.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
        finally:
            client.close()
    raise RuntimeError(f"The web server did not start:\n{read_log()[-3000:]}")
