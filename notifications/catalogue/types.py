"""An event's type: what it is called, when it happens, where it goes and what it says."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings

from notifications.catalogue.fields import Field, payload_on_the_wire

logger = logging.getLogger(__name__)

FALLBACK = "BOOKING"


@dataclass(frozen=True)
class EventType:
    """`variable` names the entry of MAKE_WEBHOOK_URLS; where that is unset and `falls_back`, the bookings' is
    used. `about` are the fields that say whom or what it is about: events of one destination with the same
    go out in the order in which they happened. One that is not `recorded` leaves no row in the database.
    """

    name: str
    when: str
    variable: str
    fields: tuple[Field, ...]
    about: tuple[str, ...] = ()
    recorded: bool = True
    falls_back: bool = True

    def on_the_wire(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload as JSON has it. Raises EventError unless it has exactly the promised keys and types."""
        return payload_on_the_wire(self.fields, payload, self.name)

    def subject(self, payload: Mapping[str, Any]) -> str:
        """Whom or what the event is about, of a payload as `on_the_wire` gives it."""
        return " ".join(sorted(str(payload[name]) for name in self.about if payload[name]))

    @property
    def destination(self) -> str | None:
        """The configured URL, or None where there is none: that is said once in the log."""
        urls = settings.MAKE_WEBHOOK_URLS
        url = urls[self.variable] or (urls[FALLBACK] if self.falls_back else "")
        if not url:
            _say_unset(self.variable)
        return url or None


@cache
def _say_unset(variable: str) -> None:
    logger.warning("MAKE_%s_WEBHOOK_URL is not set: its events are not sent", variable)
