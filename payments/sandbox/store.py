"""What the sandbox knows: objects by kind and id, in memory, and in a journal when a file is given."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import string
import threading
import time
from pathlib import Path
from typing import IO, Any

Json = dict[str, Any]
KINDS = (
    "confirmation_token", "customer", "payment_method", "payment_intent", "charge", "refund", "dispute",
    "event", "idempotency",
)  # fmt: skip
_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    return f"{prefix}_{token(24)}"


def token(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def timestamp() -> int:
    return int(time.time())


class Store:
    """Every reader and writer holds `lock`: there is one, so that no call sees half of another.

    The journal is one line of JSON per change, written before the call is answered. A line cut short by a
    crash is skipped when it is read again; reading it writes it anew, without what was overwritten.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._objects: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
        self._journal: IO[str] | None = None
        self._salt = secrets.token_bytes(16)
        if journal:
            self._open(journal)

    def fingerprint(self, number: str) -> str:
        """The same for one card number as long as this store lives, and no way back to the number."""
        return hmac.new(self._salt, number.encode(), "sha256").hexdigest()[:16]

    def get(self, kind: str, name: str) -> Json | None:
        return self._objects[kind].get(name)

    def put(self, kind: str, thing: Json) -> None:
        self._objects[kind][thing["id"]] = thing
        if self._journal:
            self._journal.write(json.dumps([kind, thing]) + "\n")
            self._journal.flush()

    def all(self, kind: str) -> list[Json]:
        """Oldest first."""
        return list(self._objects[kind].values())

    def forget(self, kind: str, name: str) -> None:
        self._objects[kind].pop(name, None)

    def clear(self) -> None:
        for things in self._objects.values():
            things.clear()

    def close(self) -> None:
        with self.lock:
            if self._journal:
                self._journal.close()
                self._journal = None

    def _open(self, journal: Path) -> None:
        if journal.exists():
            for line in journal.read_text().splitlines():
                try:
                    kind, thing = json.loads(line)
                except ValueError:
                    continue
                if kind in self._objects:
                    self._objects[kind][thing["id"]] = thing
        journal.parent.mkdir(parents=True, exist_ok=True)
        fresh = journal.with_name(f"{journal.name}.new")
        with fresh.open("w") as file:
            for kind, things in self._objects.items():
                file.writelines(json.dumps([kind, thing]) + "\n" for thing in things.values())
        os.replace(fresh, journal)
        self._journal = journal.open("a")
