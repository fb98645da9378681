"""`/vivant` and `/pret`, asked by whoever watches over the machines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from config import health


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
    MigrationRecorder.Migration.objects.filter(app="payments").delete()
    assert client.get("/pret").json() == {"ready": False, "failing": ["migrations"]}


def hangs() -> bool:
    time.sleep(1.5)
    return True


def breaks() -> bool:
    raise RuntimeError("broken pipe")


@pytest.mark.parametrize("fault", [hangs, breaks])
def test_what_hangs_or_breaks_is_named_within_the_patience(
    client: Client, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], bool]
) -> None:
    monkeypatch.setattr(health, "QUESTIONS", {"database": fault, "redis": lambda: True})
    begun = time.monotonic()
    answer = client.get("/pret")
    assert time.monotonic() - begun < 1.4
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "failing": ["database"]})
