"""The events that the outside is told about: one typed list, from which docs/webhooks.md is written.

The names are a contract with whoever built a scenario on them: a key is never renamed, and a value that is
absent is sent as `null`, never left out.
"""

from __future__ import annotations

from notifications.catalogue.admin_work import ADMIN_WORK
from notifications.catalogue.fields import Field, Type
from notifications.catalogue.people import PEOPLE
from notifications.catalogue.sales import SALES
from notifications.catalogue.types import EventType

EVENT_TYPES: dict[str, EventType] = {event.name: event for event in (*SALES, *PEOPLE, *ADMIN_WORK)}

__all__ = ["EVENT_TYPES", "EventType", "Field", "Type"]
