"""Work by the clock: registered, alone, and remembered."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta
from functools import partial

import dramatiq_crontab
import pytest
from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import TaskRun
from notifications.schedule import STARTED, overview, run_alone
from notifications.tasks import deliver_due, tell_admins
from tests.booking.racing import race

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
    under_way = most = 0
    one_is_done = threading.Event()
    ran: list[bool] = []

    def task(*, now: datetime) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        one_is_done.wait(10)
        under_way -= 1

    def tick() -> None:
        ran.append(run_alone("essai", task, limit=LIMIT, now=NOW))
        if len(ran) == 5:
            one_is_done.set()

    race([tick] * 6)
    assert most == 1
    assert sorted(ran) == [False] * 5 + [True]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lease_the_same_race_runs_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "update", lambda self, **fields: 1)
    together = threading.Barrier(2)

    def task(*, now: datetime) -> None:
        together.wait(10)  # it breaks unless a second one is at it

    TaskRun.objects.create(name="essai")
    assert race([partial(run_alone, "essai", task, limit=LIMIT, now=NOW)] * 2) == [True, True]


def test_a_task_is_late_when_three_of_its_turns_went_by_without_success(db: None) -> None:
    def late(now: datetime) -> list[str]:
        return [turn.name for turn in overview(now=now) if turn.late]

    names = [turn.name for turn in overview(now=NOW)]
    TaskRun.objects.bulk_create(TaskRun(name=name, last_success_at=NOW) for name in names)
    assert late(NOW) == []
    assert late(NOW + timedelta(minutes=3)) == []
    minute = late(NOW + timedelta(minutes=3, seconds=1))
    assert "notifications_deliver_due" in minute
    assert "payments_complete_lessons" not in minute
    assert "payments_complete_lessons" not in late(NOW + timedelta(minutes=15))
    assert "payments_complete_lessons" in late(NOW + timedelta(minutes=15, seconds=1))
    assert late(NOW + timedelta(minutes=30, seconds=1)) == names


def test_a_task_that_never_ran_is_late_only_once_there_was_time_for_it(db: None) -> None:
    tasks = {turn.name: turn for turn in overview(now=STARTED)}
    assert not any(turn.late for turn in tasks.values())
    assert tasks["payments_remind_of_lessons"].last_success_at is None
    assert all(turn.late for turn in overview(now=STARTED + timedelta(minutes=41)))


def test_a_day_without_a_worker_leaves_few_ticks_behind() -> None:
    assert deliver_due.options["max_age"] == 600_000
    assert tell_admins.options["max_age"] == 600_000


def test_all_that_comes_round_is_known_with_its_period(db: None) -> None:
    periods = {turn.name: turn.period.total_seconds() / 60 for turn in overview(now=NOW)}
    assert (
        periods.items()
        >= {
            "booking_sweep_expired_holds": 1,
            "courses_publish_scheduled_pages": 1,
            "notifications_deliver_due": 1,
            "notifications_purge_delivered": 10,
            "notifications_tell_admins": 10,
            "payments_complete_lessons": 5,
            "payments_deactivate_expired_coupons": 10,
            "payments_handle_events_left_behind": 1,
            "payments_reconcile_payments": 10,
            "payments_remind_of_lessons": 10,
            "payments_send_morning_mails": 10,
            "payments_send_refunds_left_behind": 1,
        }.items()
    )


def test_the_schedule_knows_the_tasks() -> None:
    jobs = {job.name: str(job.trigger) for job in dramatiq_crontab.scheduler.get_jobs()}
    assert (
        jobs["notifications_deliver_due"] == "cron[month='*', day='*', day_of_week='*', hour='*', minute='*']"
    )
    assert jobs["notifications_tell_admins"] == (
        "cron[month='*', day='*', day_of_week='*', hour='*', minute='*/10']"
    )
    assert (deliver_due.queue_name, tell_admins.queue_name) == ("critical", "slow")


def test_the_workers_load_the_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("os.execvp", lambda path, arguments: started.append(arguments))
    call_command("rundramatiq", stdout=io.StringIO())
    assert "notifications.tasks" in started[0]
