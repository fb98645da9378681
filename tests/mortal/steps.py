"""Counting the steps of a process, and ending it at one of them."""

from __future__ import annotations

import inspect
import json
import os
import signal
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import dramatiq
from django.core.signals import request_finished
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from payments.gateway import Gateway


class _Work(threading.local):
    """What this thread is at: None while nothing is counted."""

    left: int | None = None
    how = "kill"


_work = _Work()
_warrant = Path()
_deaths = Path()


def watch(role: str, folder: Path) -> None:
    """Count the steps of this process from now on, for the warrants that may come."""
    global _warrant, _deaths
    _warrant, _deaths = folder / f"warrant-{role}.json", folder / f"deaths-{role}.log"
    connection_created.connect(_count_statements, weak=False)
    request_finished.connect(_stop_counting, weak=False)
    dramatiq.get_broker().add_middleware(_EachMessage())
    _count_commits()
    for name, call in inspect.getmembers(Gateway, inspect.isfunction):
        if not name.startswith("_") and name != "read_webhook":
            setattr(Gateway, name, _counted(name, call))


def forget_refund_keys() -> None:
    """For a negative control: each call for a refund has a key of its own."""
    refund = Gateway.refund

    @wraps(refund)
    def keyless(gateway: Gateway, **wanted: Any) -> Any:
        return refund(gateway, **wanted | {"idempotency_key": str(uuid.uuid4())})

    Gateway.refund = keyless  # type: ignore[method-assign, assignment]


class _EachMessage(dramatiq.Middleware):
    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:
        _stop_counting()


def _stop_counting(**_: object) -> None:
    _work.left = None


def _step(name: str, said: str = "") -> None:
    if _work.left is None and said and _warrant.exists():
        _begin(said)
    if _work.left is None:
        return
    _work.left -= 1
    if _work.left == 0:
        _work.left = None
        with _deaths.open("a") as log:
            log.write(f"{_work.how} {name}\n")
        _end(_work.how)


def _begin(said: str) -> None:
    with suppress(OSError, ValueError):
        warrant = json.loads(_warrant.read_text())
        if warrant["about"] in said:
            _warrant.unlink()  # somebody else's by now, if this fails
            _work.left, _work.how = warrant["step"], warrant["how"]


def _end(how: str) -> None:
    if how == "kill":
        os.killpg(0, signal.SIGKILL)
    elif connection.connection is not None:
        # By the server, as when it is restarted: the next statement of ours finds nobody.
        pid = connection.connection.info.backend_pid
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        finally:
            other.close()


def _count_statements(connection: BaseDatabaseWrapper, **_: object) -> None:
    if _before_statement not in connection.execute_wrappers:
        connection.execute_wrappers.append(_before_statement)


def _before_statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    _step(" ".join(str(sql).split())[:90], str(params) if "FOR UPDATE" in str(sql) else "")
    return execute(sql, params, many, context)


def _count_commits() -> None:
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    @wraps(commit)
    def counted(wrapper: BaseDatabaseWrapper) -> None:
        _step("before COMMIT")
        commit(wrapper)
        _step("after COMMIT")

    BaseDatabaseWrapper._commit = counted  # type: ignore[attr-defined]


def _counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def counted(gateway: Gateway, **wanted: Any) -> Any:
        _step(f"before Stripe's {name}", str(wanted))
        answer = call(gateway, **wanted)
        _step(f"after Stripe's {name}")
        return answer

    return counted
