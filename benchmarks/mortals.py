"""The whole product in processes that can be killed at any step, for the drills: see `tests.mortal`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps

from tests.stack import Stack

ROLES = ("web", "worker")
PATIENCE = 180


@dataclass
class Mortals(Stack):
    """`without`: the guard that is taken away, for a negative control."""

    without: str = ""

    def run(self, name: str, *arguments: str) -> None:
        self._role = name
        super().run(name, *arguments)

    def environment(self) -> dict[str, str]:
        return super().environment() | {
            "DJANGO_SETTINGS_MODULE": "tests.mortal.settings",
            "MORTAL_ROLE": self._role,
            "MORTAL_WITHOUT": self.without,
        }

    def start_worker(self) -> None:
        """What `rundramatiq` starts, without loading everything once before."""
        tasks = [
            f"{app.name}.tasks" for app in apps.get_app_configs() if (Path(app.path) / "tasks.py").exists()
        ]
        self.run(
            "worker", "-m", "dramatiq", "--processes", "1", "--threads", "4", "django_dramatiq.setup", *tasks
        )  # fmt: skip

    def start_schedule(self) -> None:
        self.run("schedule", "manage.py", "crontab")

    def warrant(self, role: str) -> Path:
        return self.var / f"warrant-{role}.json"

    def doom(self, role: str, *, about: str, step: int, how: str = "kill") -> None:
        """End `role` at a step of its work on something. Whole from the first moment that it is there."""
        draft = self.warrant(role).with_suffix(".new")
        draft.write_text(json.dumps({"about": about, "step": step, "how": how}))
        draft.replace(self.warrant(role))

    def deaths(self, role: str) -> list[str]:
        log = self.var / f"deaths-{role}.log"
        return log.read_text().splitlines() if log.exists() else []

    def is_dead(self, role: str) -> bool:
        return self.processes[role].poll() is not None

    def revive(self) -> None:
        """Start anew whoever died, both at once, and wait until they work."""
        for role in ROLES:
            self.warrant(role).unlink(missing_ok=True)
        dead = [role for role in ROLES if self.is_dead(role)]
        for role in dead:
            self.start_web() if role == "web" else self.start_worker()
        if "web" in dead:
            self.wait_for(f"{self.url}/vivant", "web")

    def command(self, name: str) -> None:
        self._role = "command"
        subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", name],
            cwd=Path(__file__).parents[1],
            env=self.environment(),
            check=True,
            capture_output=True,
        )


def until(ready: Callable[[], bool], *, seconds: float = PATIENCE) -> bool:
    """Whether it came true within that time."""
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        if ready():
            return True
        time.sleep(0.05)
    return False
