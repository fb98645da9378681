"""The whole product as processes of its own on the test database: web, worker and Stripe sandbox.

`processes` starts them once per session. They keep what they cached and queued in a Redis database of their
own: a test that uses them begins with `processes.forget()`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import redis
from django.conf import settings
from django.db import connection

from tests.payments.sandbox_process import StripeSandbox

ROOT = Path(__file__).parents[1]
START_SECONDS = 40
# A database of Redis for the site's processes alone, one for each worker of xdist: they share nothing.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
REDIS_URL = f"{settings.REDIS_URL.partition('?')[0]}?db={12 + _worker}"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Stack:
    """`url` is the site's address; `mail` the folder that outgoing mail is written to."""

    var: Path
    sandbox: StripeSandbox
    web_workers: int = 1
    patience: float = START_SECONDS
    url: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def mail(self) -> Path:
        return self.var / "mail"

    def start(self) -> None:
        self.start_web()
        self.start_worker()
        self.wait_for(f"{self.url}/connexion/", "web")

    def start_web(self) -> None:
        """At the same address as before, when it is started again."""
        self.url = self.url or f"http://127.0.0.1:{free_port()}"
        self.run(
            "web", "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
            "--port", self.url.rpartition(":")[2], "--workers", str(self.web_workers),
            "--blocking-threads", "4", "--backlog", "1024", "config.wsgi:application",
        )  # fmt: skip

    def start_worker(self) -> None:
        self.run("worker", "manage.py", "rundramatiq", "--processes", "1", "--threads", "4")

    def run(self, name: str, *arguments: str) -> None:
        log = (self.var / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def environment(self) -> dict[str, str]:
        made = {
            f"MAKE_{name}_WEBHOOK_URL": f"{self.sandbox.receiver_url}/{name.lower()}"
            for name in settings.MAKE_WEBHOOK_URLS
        }
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.demo",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
            "SECRET_KEY": settings.SECRET_KEY,  # sessions that a test writes can be read
            "DATABASE_URL": database_url(),
            "REDIS_URL": REDIS_URL,
            "SITE_URL": self.url,
            "STRIPE_SECRET_KEY": self.sandbox.secret_key,
            "STRIPE_PUBLISHABLE_KEY": self.sandbox.publishable_key,
            "STRIPE_WEBHOOK_SECRET": self.sandbox.webhook_secret,
            "STRIPE_API_BASE": self.sandbox.base_url,
            "STRIPE_JS_URL": f"{self.sandbox.base_url}/v3/stripe.js",
            "MAKE_WEBHOOK_SECRET": self.sandbox.make_secret,
            "VAR_DIR": str(self.var),
            **made,
        }

    def wait_for(self, url: str, name: str) -> None:
        stop = time.monotonic() + self.patience
        while time.monotonic() < stop:
            if self.processes[name].poll() is not None:
                break
            try:
                if httpx.get(url).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{name} did not start:\n{(self.var / f'{name}.log').read_text()[-4000:]}")

    def forget(self) -> None:
        """What was cached, queued or counted in the test before, and its mail."""
        redis.Redis.from_url(REDIS_URL).flushdb()
        shutil.rmtree(self.mail, ignore_errors=True)

    def stop(self) -> None:
        end_all(self.processes.values())


def end_all(processes: Collection[subprocess.Popen[bytes]]) -> None:
    """Each leads a group of processes: all are asked first, and killed where they do not go."""
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def database_url() -> str:
    """The test database, as an address that another process can open."""
    db = connection.settings_dict
    host = db["HOST"] or db["OPTIONS"].get("host", "")
    user = f"{db['USER']}:{db['PASSWORD']}@" if db["USER"] else ""
    if host.startswith("/"):
        return f"postgres://{user}/{db['NAME']}?host={host}" + (f"&port={db['PORT']}" if db["PORT"] else "")
    return f"postgres://{user}{host}:{db['PORT'] or 5432}/{db['NAME']}"


@contextmanager
def running(var: Path, sandbox: StripeSandbox, *, web_workers: int = 1) -> Iterator[Stack]:
    stack = Stack(var=var, sandbox=sandbox, web_workers=web_workers)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def processes(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, stripe_sandbox_process: StripeSandbox
) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("stack"), stripe_sandbox_process) as stack:
        yield stack
