"""Workers that are killed at random: `python -m tests.mortal.nursery WORKERS SECONDS`.

Each of the WORKERS does what a process of `rundramatiq` does. One of them, whichever, dies by SIGKILL every
SECONDS, and another takes its place at once. They are forks of this process, which has loaded everything: two
cores would otherwise load Django and do nothing else. SIGUSR1 ends the killing; a line is printed for each
death.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
import uuid
from importlib import import_module
from pathlib import Path
from typing import cast

import django

THREADS = 4


def be_a_worker() -> None:
    import dramatiq
    from dramatiq.brokers.redis import RedisBroker

    broker = cast(RedisBroker, dramatiq.get_broker())
    broker.broker_id = str(uuid.uuid4())  # by which Redis knows who has died with what in hand
    broker.emit_after("process_boot")
    dramatiq.Worker(broker, worker_threads=THREADS).start()
    threading.Event().wait()


def fork() -> int:
    pid = os.fork()
    if pid == 0:
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        random.seed()
        try:
            be_a_worker()
        finally:
            os._exit(1)
    return pid


def main(workers: int, seconds: float) -> None:
    from django.apps import apps
    from django.db import connection

    for app in apps.get_app_configs():
        if (Path(app.path) / "tasks.py").exists():
            import_module(f"{app.name}.tasks")
    connection.close()
    killing = True

    def spare(*_: object) -> None:
        nonlocal killing
        killing = False

    def stop(*_: object) -> None:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGUSR1, spare)
    signal.signal(signal.SIGTERM, stop)
    alive = [fork() for _ in range(workers)]
    while True:
        time.sleep(seconds)
        if killing:
            chosen = random.randrange(workers)
            os.kill(alive[chosen], signal.SIGKILL)
            os.waitpid(alive[chosen], 0)
            sys.stdout.write(f"{alive[chosen]}\n")
            sys.stdout.flush()
            alive[chosen] = fork()


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), float(sys.argv[2]))
