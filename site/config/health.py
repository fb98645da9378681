"""`/vivant`: this process answers. `/pret`: it can work, with its database, its Redis and its migrations."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import redis
import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import public

PATIENCE = 1.0  # seconds, for all questions together

logger = structlog.get_logger(__name__)
_migrated = threading.Event()


@public
@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"alive": True})


@public
@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200, or 503 with the names of what fails: database, redis, migrations."""
    failing = what_fails()
    return JsonResponse({"ready": not failing, "failing": failing}, status=503 if failing else 200)


def what_fails() -> list[str]:
    answers = {name: _askers.submit(_ask, name) for name in QUESTIONS}
    answered, late = wait(answers.values(), timeout=PATIENCE)
    for answer in late:
        answer.cancel()  # one that waits behind a hanging one must not be asked later for nobody
    return [name for name, answer in answers.items() if answer not in answered or not answer.result()]


def _ask(name: str) -> bool:
    try:
        return QUESTIONS[name]()
    except Exception:
        logger.exception("not_ready", question=name)
        return False
    finally:
        connection.close()  # this thread's own: back into the pool


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _redis() -> bool:
    options = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    with redis.Redis.from_url(settings.REDIS_URL, **options) as client:
        return bool(client.ping())


def _migrations() -> bool:
    """Looked up until they are all there: that doesn't change any more while this process runs."""
    if not _migrated.is_set():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.set()
    return True


QUESTIONS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
}
# A thread for each: when one hangs, later rounds find it busy and say so, and threads don't pile up.
_askers = ThreadPoolExecutor(max_workers=len(QUESTIONS), thread_name_prefix="health")
