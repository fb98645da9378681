"""Attempts that take long keep their lease: a thread of this process renews it while it lives.

So a lease can be short, and a killed worker's messages go on soon, and yet nobody takes a slow one away.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from notifications import claims
from notifications.claims import Claim

logger = logging.getLogger(__name__)

RENEWED_EVERY = 4.0  # seconds; two renewals may fail before a lease is over


class Keeper:
    def __init__(self) -> None:
        self._held: dict[int, tuple[Claim, datetime, float]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, claimed: Claim, *, now: datetime) -> Iterator[None]:
        """Keep the lease of what was claimed at `now` until the block ends."""
        with self._lock:
            self._held[claimed.attempt_id] = (claimed, now, time.monotonic())
            if self._thread is None or not self._thread.is_alive():  # a fork has no threads
                self._thread = threading.Thread(target=self._renew_for_ever, name="leases", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._held[claimed.attempt_id]

    def renew_old(self, *, older_than: float) -> int:
        """Renew what is held for so many seconds; says how many."""
        with self._lock:
            held = list(self._held.values())
        renewed = 0
        for claimed, now, since in held:
            elapsed = time.monotonic() - since
            if elapsed >= older_than:
                claims.renew(claimed, now=now + timedelta(seconds=elapsed))
                renewed += 1
        return renewed

    def _renew_for_ever(self) -> None:
        while True:
            time.sleep(RENEWED_EVERY)
            try:
                if self.renew_old(older_than=RENEWED_EVERY / 2):
                    connection.close()
            except DatabaseError:
                logger.warning("Leases could not be renewed", exc_info=True)
                connection.close()


keeper = Keeper()
