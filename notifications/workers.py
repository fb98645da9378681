"""How the workers are set up, whoever starts them."""

from __future__ import annotations

from typing import Any

from dramatiq import Middleware

from notifications.lanes import lanes

# Dramatiq asks an idle queue ever more rarely, in the end once in so many ms.
IDLE_MS = 150


class WorkerSettings(Middleware):
    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        worker.worker_timeout = IDLE_MS
        lanes.share(worker.worker_threads)
