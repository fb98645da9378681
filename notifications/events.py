"""The events that the outside is told about: their types, their exact keys and where they go.

The names are a contract with whoever built a scenario on them: a key is never renamed, and a value that is
absent is sent as `null`, never left out.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise

logger = logging.getLogger(__name__)


class EventError(ValueError):
    """The event is not what its type promises: a mistake of the caller."""


@dataclass(frozen=True)
class EventType:
    """`variable` names the entry of MAKE_WEBHOOK_URLS; `rows` the keys of objects in a list."""

    name: str
    variable: str
    keys: frozenset[str]
    rows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    recorded: bool = True
    falls_back: bool = True

    def check(self, payload: Mapping[str, Any]) -> None:
        """Refuse a payload whose keys are not exactly the promised ones."""
        _same_keys(self.name, self.keys, payload)
        for key, expected in self.rows.items():
            for row in payload[key]:
                _same_keys(f"{self.name}.{key}", expected, row)

    @property
    def destination(self) -> str | None:
        """The configured URL, or None where there is none: that is said once in the log."""
        urls = settings.MAKE_WEBHOOK_URLS
        url = urls[self.variable] or (urls["BOOKING"] if self.falls_back else "")
        if not url:
            _say_unset(self.variable)
        return url or None


@cache
def _say_unset(variable: str) -> None:
    logger.warning("MAKE_%s_WEBHOOK_URL is not set: its events are not sent", variable)


def _same_keys(where: str, expected: frozenset[str], got: Mapping[str, Any]) -> None:
    if missing := expected - got.keys():
        raise EventError(f"{where}: missing {', '.join(sorted(missing))}")
    if extra := got.keys() - expected:
        raise EventError(f"{where}: unknown {', '.join(sorted(extra))}")


def _type(
    names: str,
    variable: str,
    keys: str,
    *,
    rows: Mapping[str, str] | None = None,
    recorded: bool = True,
    falls_back: bool = True,
) -> dict[str, EventType]:
    row_keys = {key: frozenset(names.split()) for key, names in (rows or {}).items()}
    return {
        name: EventType(name, variable, frozenset(keys.split()), row_keys, recorded, falls_back)
        for name in names.split()
    }


_LESSON = "appointment_id user_id tutor_id course_id course_title_fr"

EVENT_TYPES: dict[str, EventType] = {
    **_type("signup", "SIGNUP", "user_id role email first_name last_name created_at", falls_back=False),
    **_type(
        "booking.created",
        "BOOKING",
        "order_id user_id currency subtotal_cad discount_cad total_cad coupon_code items created_at",
        rows={
            "items": "appointment_id course_id course_title_fr tutor_id tutor_name start_datetime "
            "duration_min price_cad tutor_earnings_cad"
        },
    ),
    **_type(
        "booking.cancelled",
        "CANCELLATION",
        f"{_LESSON} cancelled_by cancelled_by_id cancellation_reason start_datetime end_datetime "
        "duration_min price_cad credit_issued timestamp",
        falls_back=False,
    ),
    **_type(
        "booking.rescheduled",
        "RESCHEDULE",
        f"{_LESSON} rescheduled_by rescheduled_by_id reason old_start_datetime old_end_datetime "
        "new_start_datetime new_end_datetime timestamp",
    ),
    **_type(
        "appointment.completed",
        "COMPLETION",
        f"{_LESSON} start_datetime end_datetime duration_min tutor_earnings_cad completed_at",
    ),
    **_type("appointment.reminder", "REMINDER", f"{_LESSON} start_datetime end_datetime meeting_link"),
    **_type(
        "order.refunded",
        "REFUND",
        "order_id user_id refund_amount refund_reason stripe_refund_id processed_by affected_appointments "
        "timestamp",
    ),
    **_type(
        "message.sent",
        "MESSAGE",
        "message_id sender_id receiver_id sender_name receiver_name content appointment_id appointment_title "
        "timestamp",
        falls_back=False,
    ),
    **_type(
        "rating.created rating.updated",
        "RATING",
        "rating_id student_id tutor_id course_id appointment_id q1_courtoisie q2_maitrise q3_pedagogie "
        "q4_dynamisme general_score comment timestamp",
    ),
    **_type(
        "ticket.created",
        "TICKET",
        "ticket_id user_id user_email subject category priority status created_at",
    ),
    **_type(
        "ticket.status_changed",
        "TICKET",
        "ticket_id user_id user_email old_status new_status changed_by reason timestamp",
    ),
    **_type(
        "ticket.message_added",
        "TICKET",
        "ticket_id message_id user_id user_email sender_role message is_internal timestamp",
    ),
    **_type(
        "course.created course.updated course.deleted",
        "ADMIN",
        "course_id title slug student_rate_cad active action timestamp",
        recorded=False,
    ),
    **_type(
        "tutor.created tutor.updated tutor.availability.updated",
        "ADMIN",
        "tutor_id display_name active change timestamp",
        recorded=False,
    ),
    **_type(
        "tutor.rate.updated",
        "ADMIN",
        "tutor_id display_name active change old_rate_cad new_rate_cad timestamp",
        recorded=False,
    ),
}


def utc(moment: datetime) -> str:
    """`2026-12-07T19:30:00Z`: ISO 8601 in UTC, whole seconds."""
    if moment.tzinfo is None:
        raise EventError(f"a time without a zone: {moment!r}")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(value: Any) -> Any:
    """What goes on the wire for a Python value: amounts are numbers, times ISO 8601 in UTC, ids strings."""
    match value:
        case None | bool() | int():
            return value
        case str() | Promise():
            return str(value)
        case Decimal() | float():
            if not Decimal(value).is_finite():
                raise EventError(f"not a finite number: {value!r}")
            return float(value)
        case datetime():
            return utc(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): as_json(inner) for key, inner in value.items()}
        case list() | tuple():
            return [as_json(inner) for inner in value]
        case _:
            raise EventError(f"no JSON for {type(value).__name__}: {value!r}")
