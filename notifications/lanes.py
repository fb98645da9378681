"""How many threads of a worker one destination may hold, so that a slow or dead one never holds them all.

A destination that did not answer the last time is given one thread until it answers again. Whoever finds no
room leaves at once: those inside go on with what waits for the same destination.
"""

from __future__ import annotations

import threading
from collections import Counter

SHARE = 4  # a destination's part of the threads


class Lanes:
    """The lanes of one process."""

    def __init__(self) -> None:
        self._width = 1
        self._inside: Counter[str] = Counter()
        self._turned_away: set[str] = set()
        self._silent: set[str] = set()
        self._lock = threading.Lock()

    def share(self, threads: int) -> None:
        """Give each destination its part of so many threads."""
        with self._lock:
            self._width = max(1, threads // SHARE)

    def enter(self, destination: str) -> bool:
        with self._lock:
            width = 1 if destination in self._silent else self._width
            if self._inside[destination] >= width:
                self._turned_away.add(destination)
                return False
            self._inside[destination] += 1
            return True

    def note(self, destination: str, *, answered: bool) -> None:
        """Whether the destination answered at all, be it with an error."""
        with self._lock:
            if answered:
                self._silent.discard(destination)
            else:
                self._silent.add(destination)

    def has_room(self, destination: str) -> bool:
        """Whether those inside are no more than may be: who came in before a silence makes room."""
        with self._lock:
            return self._inside[destination] <= (1 if destination in self._silent else self._width)

    def leave(self, destination: str) -> bool:
        """Whether somebody found no room meanwhile: what they came for is to be looked at again."""
        with self._lock:
            self._inside[destination] -= 1
            if not self._inside[destination]:
                del self._inside[destination]
            was_missed = destination in self._turned_away
            self._turned_away.discard(destination)
            return was_missed


lanes = Lanes()
