"""Work by the clock: registered, alone, and remembered."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta

import dramatiq_crontab
import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from notifications.models import TaskRun
from notifications.schedule import run_alone
from notifications.tasks import deliver_due, tell_admins

NOW = datetime(2026, 12, 7, 19, 30, tzinfo=UTC)
LIMIT = timedelta(minutes=5)


def test_a_success_is_remembered(db: None) -> None:
    given: list[datetime] = []
    before = timezone.now()
    assert run_alone("essai", lambda *, now: given.append(now), limit=LIMIT, now=NOW)
    run = TaskRun.objects.get(name="essai")
    assert given == [NOW]
    assert run.last_success_at is not None
    assert run.last_success_at >= before
    assert run.lease_until is None


def test_a_failure_is_raised_and_frees_the_task_for_the_next_tick(db: None) -> None:
    def fail(*, now: datetime) -> None:
        raise ValueError("panne")

    with pytest.raises(ValueError, match="panne"):
        run_alone("essai", fail, limit=LIMIT, now=NOW)
    run = TaskRun.objects.get(name="essai")
    assert (run.last_success_at, run.lease_until) == (None, None)
    assert run_alone("essai", lambda *, now: None, limit=LIMIT, now=NOW)


def test_a_killed_run_blocks_no_longer_than_its_lease(db: None) -> None:
    TaskRun.objects.create(name="essai", lease_until=NOW + timedelta(minutes=5, seconds=10))
    assert not run_alone("essai", lambda *, now: None, limit=LIMIT, now=NOW + timedelta(minutes=5))
    assert run_alone("essai", lambda *, now: None, limit=LIMIT, now=NOW + timedelta(minutes=6))


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_task_never_runs_twice_at_the_same_time() -> None:
    barrier, under_way, most = threading.Barrier(6), 0, 0
    one_is_done = threading.Event()
    ran: list[bool] = []

    def task(*, now: datetime) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        one_is_done.wait(10)
        under_way -= 1

    def tick() -> None:
        barrier.wait()
        ran.append(run_alone("essai", task, limit=LIMIT, now=NOW))
        if len(ran) == 5:
            one_is_done.set()
        connections.close_all()

    threads = [threading.Thread(target=tick) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert sorted(ran) == [False] * 5 + [True]


def test_the_schedule_knows_the_tasks() -> None:
    jobs = {job.name: str(job.trigger) for job in dramatiq_crontab.scheduler.get_jobs()}
    assert (
        jobs["notifications_deliver_due"] == "cron[month='*', day='*', day_of_week='*', hour='*', minute='*']"
    )
    assert jobs["notifications_tell_admins"] == (
        "cron[month='*', day='*', day_of_week='*', hour='*', minute='*/10']"
    )
    assert (deliver_due.queue_name, tell_admins.queue_name) == ("schedule", "schedule")


def test_the_workers_load_the_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("os.execvp", lambda path, arguments: started.append(arguments))
    call_command("rundramatiq", stdout=io.StringIO())
    assert "notifications.tasks" in started[0]
