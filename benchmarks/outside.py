"""What the measurements of notifications run: the site's workers and schedule, somebody who records events,
and a receiver, each a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import redis
from django.conf import settings

from config.processes import end_with_parent
from tests.stack import ROOT, database_url, end_all

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwC2Jf4mT1zO8="  # noqa: S105
STARTED_WITHIN = 60


@dataclass
class Outside:
    """`redis_url` is the queue's; logs and what was told are files in `var`, emptied at the start."""

    var: Path
    redis_url: str
    receiver: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    commands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    restarted: int = 0

    def __enter__(self) -> Outside:
        shutil.rmtree(self.var, ignore_errors=True)
        self.var.mkdir(parents=True)
        self.run("receiver", "-m", "tests.mortal.receiver", SECRET)
        self.receiver = self._first_line("receiver")
        return self

    def __exit__(self, *_: object) -> None:
        end_all(self.processes.values())

    def run(self, name: str, *arguments: str) -> None:
        self.start(name, sys.executable, *arguments)

    def start(self, name: str, *command: str) -> None:
        self.commands[name] = command
        with self._log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(  # noqa: S603
                command,
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )

    def run_procfile(self, *, without: Collection[str] = ()) -> None:
        """The site's workers and schedule as in production, with two processes for webhooks; no web."""
        for line in (ROOT / "Procfile").read_text().splitlines():
            name, _, command = line.partition(": ")
            if name not in {"web", *without}:
                self.start(name, "bash", "-c", f"exec {command}")

    def supervise(self) -> None:
        """What ended by itself is started again, as on a real machine."""
        for name in self.processes.keys() - {"teller", "receiver"}:
            if self.processes[name].poll() is not None:
                self.restarted += 1
                self.start(name, *self.commands[name])

    def forget(self) -> None:
        """What is queued from before."""
        redis.Redis.from_url(self.redis_url).flushdb()

    def tell(self, number: int, *, per_second: float) -> None:
        """Begin to record events; `told` has those that were committed."""
        self.run("teller", "-m", "tests.mortal.teller", str(self._told), str(number), str(per_second))

    @property
    def is_telling(self) -> bool:
        code = self.processes["teller"].poll()
        assert not code, self._log("teller").read_text()[-3000:]
        return code is None

    @property
    def told(self) -> dict[str, float]:
        """When each event was committed, by its id."""
        if not self._told.exists():
            return {}
        whole = self._told.read_text().rpartition("\n")[0].splitlines()
        return {event_id: float(done) for event_id, done in (line.split() for line in whole)}

    def received(self) -> dict[str, Any]:
        """See `tests.mortal.receiver`."""
        with urlopen(self.receiver, timeout=30) as answer:  # noqa: S310
            report: dict[str, Any] = json.load(answer)
            return report

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.demo",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'site'}",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.redis_url,
            "VAR_DIR": str(self.var),
            "MAKE_MESSAGE_WEBHOOK_URL": f"{self.receiver}message",
            "MAKE_WEBHOOK_SECRET": SECRET,
            "WEBHOOKS_PER_SECOND": "100000",
            "WEBHOOK_PROCESSES": "2",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    @property
    def _told(self) -> Path:
        return self.var / "told.txt"

    def _log(self, name: str) -> Path:
        return self.var / f"{name}.log"

    def deaths(self) -> int:
        return self._log("worker").read_text().count("\n")

    def _first_line(self, name: str) -> str:
        stop = time.monotonic() + STARTED_WITHIN
        while time.monotonic() < stop and self.processes[name].poll() is None:
            if "\n" in (said := self._log(name).read_text()):
                return said.partition("\n")[0]
            time.sleep(0.05)
        raise RuntimeError(f"{name} did not start:\n{self._log(name).read_text()[-3000:]}")
