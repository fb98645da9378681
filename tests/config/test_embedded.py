"""PostgreSQL and Redis from their wheels: data are kept, no process is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config.embedded import embedded_services
from config.processes import CannotStart

ROOT = Path(__file__).parents[2]
SAY_URLS_AND_WAIT = (
    "import os, time; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'], flush=True); time.sleep(99)"
)


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def servers_in(folder: Path) -> list[psutil.Process]:
    """PostgreSQL works in its data folder, Redis too; as children they may be anybody's by now."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def wait_until_gone(folder: Path) -> list[psutil.Process]:
    deadline = time.monotonic() + 20
    while servers_in(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return servers_in(folder)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process of ours that runs both services in `tmp_path`, until it is stopped."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "config.embedded", str(tmp_path), sys.executable, "-c", SAY_URLS_AND_WAIT],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)


def test_data_are_kept_between_runs_and_no_process_is(tmp_path: Path) -> None:
    with embedded_services(tmp_path) as variables:
        with psycopg.connect(variables["DATABASE_URL"], autocommit=True) as database:
            assert database.info.server_version >= 180_000
            database.execute("CREATE TABLE kept AS SELECT 'Émile' AS name")
        with redis.Redis.from_url(variables["REDIS_URL"]) as cache:
            cache.set("kept", "oui")
        assert len(servers_in(tmp_path)) >= 2
    assert servers_in(tmp_path) == []

    with embedded_services(tmp_path) as variables:
        with psycopg.connect(variables["DATABASE_URL"]) as database:
            assert database.execute("SELECT lower(name) FROM kept").fetchone() == ("émile",)
        with redis.Redis.from_url(variables["REDIS_URL"]) as cache:
            assert cache.get("kept") == b"oui"


def test_what_the_environment_names_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres:///elsewhere")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with embedded_services(tmp_path) as variables:
        assert variables == {}
        assert servers_in(tmp_path) == []


def test_a_second_one_in_the_same_folder_is_refused(
    tmp_path: Path, supervisor: subprocess.Popen[str]
) -> None:
    assert supervisor.stdout is not None
    supervisor.stdout.readline()
    refusal = "is in use: another process runs its PostgreSQL and Redis there"
    with pytest.raises(CannotStart, match=refusal), embedded_services(tmp_path):
        pass


def test_after_kill_9_the_next_start_works_on_the_same_data(
    tmp_path: Path, supervisor: subprocess.Popen[str]
) -> None:
    assert supervisor.stdout is not None
    database_url = supervisor.stdout.readline().split()[0]
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute("CREATE TABLE kept AS SELECT 1 AS one")

    supervisor.kill()
    supervisor.wait()
    if sys.platform == "linux":
        assert wait_until_gone(tmp_path) == []

    with embedded_services(tmp_path) as variables, psycopg.connect(variables["DATABASE_URL"]) as database:
        assert database.execute("SELECT one FROM kept").fetchone() == (1,)


def test_a_pid_file_that_names_somebody_elses_process_harms_neither(tmp_path: Path) -> None:
    with embedded_services(tmp_path):
        pass
    for pid_file in (tmp_path / "postgres" / "postmaster.pid", tmp_path / "redis" / "redis.pid"):
        pid_file.write_text(f"{os.getpid()}\n")
    with embedded_services(tmp_path) as variables, psycopg.connect(variables["DATABASE_URL"]) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)


def test_an_interrupted_creation_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18")
    with embedded_services(tmp_path) as variables:
        assert psycopg.connect(variables["DATABASE_URL"]).execute("SELECT 1").fetchone() == (1,)


def test_ctrl_c_stops_the_command_and_both_services(
    tmp_path: Path, supervisor: subprocess.Popen[str]
) -> None:
    assert supervisor.stdout is not None
    supervisor.stdout.readline()
    os.killpg(supervisor.pid, signal.SIGINT)
    assert supervisor.wait(30) == 130
    assert wait_until_gone(tmp_path) == []
