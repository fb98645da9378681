"""`make demo` as a person runs it: on, used, off with Ctrl-C, and not a process left."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
NAMED = ("DATABASE_URL", "REDIS_URL", "STRIPE_", "MAKE_", "DJANGO_", "PYTEST_", "PORT", "SITE_URL")
STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo(var: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The supervisor with nothing in its environment but a folder and a port; its words are in demo.txt."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(NAMED)}
    with (var / "demo.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.demo"],
            cwd=ROOT,
            env={**environment, "ENV_FILE": os.devnull, "VAR_DIR": str(var), "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(STOP_SECONDS)


def words(var: Path) -> str:
    return (var / "demo.txt").read_text(errors="replace")


def wait_for(text: str, var: Path, process: subprocess.Popen[bytes], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while text not in words(var):
        assert process.poll() is None, words(var)
        assert time.monotonic() < deadline, words(var)
        time.sleep(0.2)


def all_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def still_running(processes: list[psutil.Process]) -> list[str]:
    """After as long as honcho gives its processes to end by themselves, and more."""
    _, alive = psutil.wait_procs(processes, timeout=20)
    return [str(process) for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.race
def test_the_demo_runs_answers_stops_and_runs_again(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, port) as process:
        wait_for("Ctrl-C stops everything", tmp_path, process, 240)
        said = words(tmp_path)
        assert f"http://127.0.0.1:{port}" in said
        assert "eleve@fanal.example" in said
        assert "direction@fanal.example" in said
        assert "4000 0025 0000 3155" in said

        page = httpx.get(f"http://127.0.0.1:{port}/")
        assert page.status_code == 200
        for path in re.findall(r'(?:href|src)="(/(?:static|media)/[^"]+)"', page.text):
            assert httpx.get(f"http://127.0.0.1:{port}{path}").status_code == 200, path
        receiver = re.search(r"http://127\.0\.0\.1:\d+/recepteur/", said)
        assert receiver is not None
        assert httpx.get(receiver.group()).status_code == 200

        family = all_of(process)
        names = " ".join(" ".join(one.cmdline()) for one in family)
        for part in ("postgres", "redis-server", "granian", "dramatiq", "crontab", "payments.sandbox"):
            assert part in names

        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_SECONDS) == 0
        assert still_running(family) == []
    assert "Traceback" not in words(tmp_path)

    # Again on the same data, and this time it dies without a chance to stop anything.
    with demo(tmp_path, port) as process:
        wait_for("Ctrl-C stops everything", tmp_path, process, 120)
        family = all_of(process)
        process.kill()
        if sys.platform == "linux":
            assert still_running(family) == []


def test_ctrl_c_in_the_middle_of_the_start_leaves_nothing_either(tmp_path: Path) -> None:
    with demo(tmp_path, free_port()) as process:
        wait_for("Bringing the database up to date", tmp_path, process, 60)
        time.sleep(0.5)
        family = all_of(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_SECONDS) == 0
        assert still_running(family) == []
    assert "Traceback" not in words(tmp_path)


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with demo(tmp_path, port) as process:
            assert process.wait(STOP_SECONDS) == 1
    assert words(tmp_path).strip() == (
        f"Port {port} is in use: stop what runs there, or take another, as in make demo PORT={port + 1}."
    )
