"""Work that comes round by the clock: `manage.py crontab` sends the ticks, the workers do it.

In an app's `tasks.py`:

    from notifications.schedule import cron

    @cron("* * * * *", label=_("Retenues expirées"), limit=timedelta(seconds=90))
    def sweep_holds(*, now: datetime) -> None:
        sweep_expired_holds(now=now)

A task is level-triggered: it does all that is due at `now`, whatever ticks were missed, and nothing when
nothing is. It never runs twice at the same time, and its last success is in `TaskRun` under its actor's name,
`<app>_<function>`. It runs outside any transaction. A failure is logged and left to the next tick.

The decorated name is a Dramatiq actor: calling it runs the task here and now, `.send()` in a worker. Days of
the week are written `mon`, `tue`…

`overview` says for each when it last did its work, and whether that is too long ago: `/etat` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import dramatiq
import dramatiq_crontab
from apscheduler.triggers.cron import CronTrigger
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules

from notifications.models import TaskRun

STARTED = timezone.now()
TURNS_MISSED = 3
TICK_KEPT = timedelta(minutes=10)


class Task(Protocol):
    __name__: str
    __module__: str

    def __call__(self, *, now: datetime) -> object: ...


@dataclass(frozen=True)
class Scheduled:
    """A task that the clock calls. `label` is what people call it."""

    name: str
    label: str | Promise
    trigger: CronTrigger

    @property
    def period(self) -> timedelta:
        """Between two of its turns."""
        first = self._next(STARTED)
        return self._next(first) - first

    def late_from(self, success: datetime) -> datetime:
        """When to say that it is late, after a success: three turns came since, and none succeeded."""
        turn = success
        for _turn in range(TURNS_MISSED):
            turn = self._next(turn)
        return turn

    def _next(self, after: datetime) -> datetime:
        following: datetime = self.trigger.get_next_fire_time(None, after + timedelta(seconds=1))
        return following


SCHEDULED: dict[str, Scheduled] = {}


def cron(
    schedule: str,
    *,
    label: str | Promise,
    limit: timedelta = timedelta(minutes=5),
    queue: str = "slow",
) -> Callable[[Task], dramatiq.Actor[[], None]]:
    """Run a task at the times of a crontab line, in the school's zone. It is stopped after `limit`.

    What others wait for, and is done in a moment, goes to the queue `critical`.
    """

    def decorate(task: Task) -> dramatiq.Actor[[], None]:
        name = f"{task.__module__.partition('.')[0]}_{task.__name__}"
        trigger = CronTrigger.from_crontab(schedule, timezone=timezone.get_default_timezone())
        SCHEDULED[name] = scheduled = Scheduled(name, label, trigger)

        @dramatiq.actor(
            actor_name=name,
            queue_name=queue,
            max_retries=0,
            time_limit=int(limit.total_seconds() * 1000),
            # After a day without a worker one tick is as good as all that wait.
            max_age=int(max(scheduled.period, TICK_KEPT).total_seconds() * 1000),
        )
        def tick() -> None:
            run_alone(name, task, limit=limit, now=timezone.now())

        tick.__doc__ = task.__doc__
        dramatiq_crontab.cron(schedule)(tick)
        return tick

    return decorate


@dataclass(frozen=True)
class Turn:
    """How a task is doing: `late` once three of its turns went by without a success."""

    name: str
    label: str
    period: timedelta
    last_success_at: datetime | None
    late: bool


def overview(*, now: datetime) -> list[Turn]:
    """All tasks of the schedule, by name. One query.

    One that never succeeded counts from the start of this process: so that a new one isn't late at once.
    """
    autodiscover_modules("tasks")  # by which the workers know them, too
    successes = dict(TaskRun.objects.values_list("name", "last_success_at"))
    return [
        Turn(
            name,
            str(task.label),
            task.period,
            successes.get(name),
            now > task.late_from(successes.get(name) or STARTED),
        )
        for name, task in sorted(SCHEDULED.items())
    ]


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
