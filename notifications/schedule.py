"""Work that comes round by the clock: `manage.py crontab` sends the ticks, the workers do it.

In an app's `tasks.py`:

    from notifications.schedule import cron, every_minute

    @every_minute
    def sweep_holds(*, now: datetime) -> None:
        sweep_expired_holds(now=now)

    @cron("*/10 * * * *", limit=timedelta(minutes=9))
    def reconcile(*, now: datetime) -> None: ...

A task is level-triggered: it does all that is due at `now`, whatever ticks were missed, and nothing when
nothing is. It never runs twice at the same time, and its last success is in `TaskRun` under its actor's name,
`<app>_<function>`. It runs outside any transaction. A failure is logged and left to the next tick.

The decorated name is a Dramatiq actor: calling it runs the task here and now, `.send()` in a worker. Days of
the week are written `mon`, `tue`…
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import dramatiq
import dramatiq_crontab
from django.db.models import Q
from django.utils import timezone

from notifications.models import TaskRun


class Task(Protocol):
    __name__: str
    __module__: str

    def __call__(self, *, now: datetime) -> object: ...


def cron(
    schedule: str, *, limit: timedelta = timedelta(minutes=5)
) -> Callable[[Task], dramatiq.Actor[[], None]]:
    """Run a task at the times of a crontab line, in the school's zone. It is stopped after `limit`."""

    def decorate(task: Task) -> dramatiq.Actor[[], None]:
        name = f"{task.__module__.partition('.')[0]}_{task.__name__}"

        @dramatiq.actor(
            actor_name=name,
            queue_name="schedule",
            max_retries=0,
            time_limit=int(limit.total_seconds() * 1000),
        )
        def tick() -> None:
            run_alone(name, task, limit=limit, now=timezone.now())

        tick.__doc__ = task.__doc__
        dramatiq_crontab.cron(schedule)(tick)
        return tick

    return decorate


every_minute = cron("* * * * *", limit=timedelta(seconds=90))


def run_alone(name: str, task: Task, *, limit: timedelta, now: datetime) -> bool:
    """Run a task unless another worker is at it; write down its success. False when another was.

    The lease is a plain row: it needs no open transaction or session, and ends by itself when its holder is
    killed.
    """
    TaskRun.objects.get_or_create(name=name)
    lease = now + limit + timedelta(seconds=10)
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    if not TaskRun.objects.filter(free, name=name).update(lease_until=lease):
        return False
    ours = TaskRun.objects.filter(name=name, lease_until=lease)
    try:
        task(now=now)
    except BaseException:
        ours.update(lease_until=None)
        raise
    ours.update(lease_until=None, last_success_at=timezone.now())
    return True
