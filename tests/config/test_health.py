"""`/vivant` and `/pret`, asked by whoever watches over the machines."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from time_machine import travel

from config import health
from notifications.models import TaskRun
from notifications.schedule import overview


@pytest.fixture(autouse=True)
def migrations_unknown() -> Iterator[None]:
    health._migrated.clear()
    yield
    health._migrated.clear()


def test_a_living_process_says_so_without_any_service(client: Client) -> None:
    answer = client.get("/vivant")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_ready_with_database_redis_and_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 30)  # the first look at the migrations reads them all
    answer = client.get("/pret")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "failing": []})


@pytest.mark.django_db(transaction=True)
def test_a_redis_that_is_away_is_named(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 30)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/pret")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "failing": ["redis"]})


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_is_not_applied_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    monkeypatch.setattr(health, "PATIENCE", 30)
    applied = MigrationRecorder.Migration.objects.filter(app="payments")
    rows = list(applied)
    applied.delete()
    try:
        assert client.get("/pret").json() == {"ready": False, "failing": ["migrations"]}
    finally:  # no test's end puts them back: they are not among the rows of apps
        MigrationRecorder.Migration.objects.bulk_create(rows)


@pytest.mark.parametrize("fault", ["hangs", "breaks"])
def test_what_hangs_or_breaks_is_named_within_the_patience(
    client: Client, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    over = threading.Event()

    def ask() -> bool:
        if fault == "breaks":
            raise RuntimeError("broken pipe")
        return over.wait(30)

    monkeypatch.setattr(health, "QUESTIONS", {"database": ask, "redis": lambda: True})
    monkeypatch.setattr(health, "PATIENCE", 0.3)
    begun = time.monotonic()
    answer = client.get("/pret")
    over.set()
    assert time.monotonic() - begun < 20  # a busy machine may take its time, but not that of who hangs
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "failing": ["database"]})


@pytest.fixture
def nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "what_fails", list)


def all_ran(at: datetime) -> None:
    names = [turn.name for turn in overview(now=at)]
    TaskRun.objects.bulk_create(TaskRun(name=name, last_success_at=at) for name in names)


def test_the_state_names_each_task_and_the_late_ones(client: Client, db: None, nothing_fails: None) -> None:
    now = timezone.now()
    all_ran(now)
    answer = client.get("/etat")
    told = answer.json()
    assert (answer.status_code, told["well"], told["failing"], told["late"]) == (200, True, [], [])
    assert set(told["tasks"]["payments_remind_of_lessons"]) == {"period_s", "last_success_at", "late"}
    assert told["tasks"]["payments_remind_of_lessons"]["period_s"] == 600

    TaskRun.objects.filter(name="payments_remind_of_lessons").update(
        last_success_at=now - timedelta(minutes=41)
    )
    answer = client.get("/etat")
    assert (answer.status_code, answer.json()["well"]) == (503, False)
    assert answer.json()["late"] == ["payments_remind_of_lessons"]


def test_the_state_is_a_page_in_a_browser(client: Client, db: None, nothing_fails: None) -> None:
    now = timezone.now()
    all_ran(now - timedelta(minutes=2))
    page = client.get("/etat", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 200
    assert "Tout fonctionne." in page.content.decode()
    assert "il y a 2" in page.content.decode()
    TaskRun.objects.filter(name="payments_remind_of_lessons").update(last_success_at=None)
    with travel(now + timedelta(hours=2), tick=False):
        page = client.get("/etat", headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert "En retard" in page.content.decode()
    assert "Rappels de cours" in page.content.decode()
    assert "pas encore" in page.content.decode()


def test_the_state_without_a_database_is_json_whoever_asks(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "what_fails", lambda: ["database"])
    answer = client.get("/etat", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()) == (
        503,
        {"well": False, "failing": ["database"], "late": [], "tasks": {}},
    )
