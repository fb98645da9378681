"""Child processes that never outlive us: how the demo and the embedded services start and stop theirs."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NoReturn

import psutil

STOP_SECONDS = 20
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

Owner = tuple[int, int]  # user and group


class CannotStart(Exception):
    """What stands in the way, in one sentence for the person at the terminal."""


def stop_by_signal() -> None:
    """Have Ctrl-C and its kin raise KeyboardInterrupt here, even where our parent had them ignored."""

    def stop(*_: object) -> NoReturn:
        # Once is enough: a second Ctrl-C would interrupt the stopping itself.
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in STOPPING:
        signal.signal(number, stop)


@contextmanager
def running(
    command: list[str],
    *,
    output: IO[bytes] | int | None,
    env: dict[str, str],
    stop: signal.Signals = signal.SIGTERM,
    owner: Owner | None = None,
    cwd: Path | str | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A server as our child, in its own session, so that Ctrl-C reaches us alone and we stop it in our order.

    `stop` is the signal that ends it in good order, sent at the end, and by Linux when we die without one.
    `owner` is whom it runs as, if not ourselves. Raises CannotStart.
    """
    user, group = owner or (None, None)
    try:
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=end_with_parent(stop),
            user=user,
            group=group,
            extra_groups=None if owner is None else [],
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotStart(f"{command[0]} does not start here: {error}.") from error
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_with_parent(ending: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: have Linux send the child `ending` when its parent is gone, even by kill -9."""
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def arrange() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, int(ending))
            if os.getppid() != parent:
                os._exit(1)

    return arrange


@contextmanager
def no_descendants_left() -> Iterator[None]:
    """End, on the way out, all that came from our process: orphans too, where the system hands them to us."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        for how in (psutil.Process.terminate, psutil.Process.kill):
            remaining = psutil.Process().children(recursive=True)
            for process in remaining:
                with suppress(psutil.NoSuchProcess):
                    how(process)
            psutil.wait_procs(remaining, timeout=3)
