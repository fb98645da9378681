"""`/vivant`: this process answers. `/pret`: it can work, with its database, its Redis and its migrations.
`/etat`: so can the others, and all that comes round by the clock does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import redis
import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import public
from notifications.schedule import overview

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


@public
@require_safe
@never_cache
def state(request: HttpRequest) -> HttpResponse:
    """200, or 503 with what fails and which tasks are late: for machines in JSON, for a browser as a page.

    It tells nothing but names and times.
    """
    now = timezone.now()
    failing = what_fails()
    # A database that is away, or not up to date, knows no tasks; and no page can be drawn.
    turns = [] if {"database", "migrations"}.intersection(failing) else overview(now=now)
    late = [turn.name for turn in turns if turn.late]
    status = 503 if failing or late else 200
    if turns and request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        context = {
            "failing": failing,
            "turns": turns,
            "late": late,
            "now": now,
            "a_minute_ago": now - timedelta(minutes=1),
            "questions": LABELS,
        }
        return render(request, "state.html", context, status=status)
    return JsonResponse(
        {
            "well": status == 200,
            "failing": failing,
            "late": late,
            "tasks": {
                turn.name: {
                    "period_s": int(turn.period.total_seconds()),
                    "last_success_at": turn.last_success_at,
                    "late": turn.late,
                }
                for turn in turns
            },
        },
        status=status,
    )


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
LABELS = {
    "database": gettext_lazy("Base de données"),
    "redis": gettext_lazy("File d’attente"),
    "migrations": gettext_lazy("Mises à jour de la base"),
}
# A thread for each: when one hangs, later rounds find it busy and say so, and threads don't pile up.
_askers = ThreadPoolExecutor(max_workers=len(QUESTIONS), thread_name_prefix="health")
