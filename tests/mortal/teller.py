"""A process that records events as the site does, one commit each, through whatever happens to PostgreSQL and
Redis: `python -m tests.mortal.teller FILE HOW_MANY PER_SECOND`.

A line for each commit goes into the file: the event's id, and when the commit was done by the machine's
clock. A commit that failed is tried again as a new event.
"""

from __future__ import annotations

import sys
import time
import uuid
from pathlib import Path

import django


def tell(path: Path, number: int, per_second: float) -> None:
    from django.db import DatabaseError, connection, transaction
    from django.utils import timezone

    from notifications.services import record_event

    began = time.monotonic()
    with path.open("a", buffering=1) as told:
        for event in range(number):
            time.sleep(max(0.0, began + event / per_second - time.monotonic()))
            while True:
                now = timezone.now()
                # Three in a row are about the same two people: they go in order.
                pair = uuid.uuid5(uuid.NAMESPACE_URL, f"{path}{event // 3}")
                try:
                    with transaction.atomic():
                        recorded = record_event(
                            type="message.sent",
                            payload={
                                "message_id": uuid.uuid4(),
                                "sender_id": pair,
                                "receiver_id": pair,
                                "sender_name": "Zoé Roy",
                                "receiver_name": "Camille Tremblay",
                                "content": f"Message {event}",
                                "appointment_id": None,
                                "appointment_title": None,
                                "timestamp": now,
                            },
                            now=now,
                        )
                    done = time.time()
                    break
                except DatabaseError:
                    connection.close()
                    time.sleep(0.2)
            if recorded is None:
                raise SystemExit("MAKE_MESSAGE_WEBHOOK_URL is not set")
            told.write(f"{recorded} {done}\n")


if __name__ == "__main__":
    django.setup()
    tell(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
