"""What the tests of claims believe by hand, and what must hold after every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant

from booking.errors import BookingError
from booking.models import Appointment, CartLine, TimeClaim
from tests.booking.racing import overlapping_claims
from tests.factories import make_cart, make_course, make_tutor, make_user

NINE = datetime(2027, 1, 13, 14, 0, tzinfo=UTC)  # 9:00 in Toronto; the tutors teach until noon
HALF_HOURS = 6


@dataclass
class Entry:
    """A line, or the lesson that it became. Lost: its hold ran out, or was swept, or taken from it."""

    cart: int
    tutor: int
    start: int
    end: int
    state: str


class ClaimsModel(RuleBasedStateMachine):
    """Two tutors of a course, three carts (the last one a member's); places count half-hours from nine."""

    def __init__(self) -> None:
        super().__init__()
        self.outer = transaction.savepoint()
        self.course = make_course()
        self.tutors = [
            make_tutor(name, courses=[self.course], weekly=[(2, 540, 720)], priority=priority)
            for name, priority in (("Un", 1), ("Deux", 2))
        ]
        self.student = make_user()
        self.carts = [make_cart(), make_cart(), make_cart(self.student)]
        self.closed: set[int] = set()
        self.lines: dict[UUID, Entry] = {}
        self.lessons: dict[UUID, Entry] = {}
        self.cancelled: dict[UUID, Entry] = {}

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.outer)

    def busy(self, tutor: int, start: int, end: int) -> list[Entry]:
        return [
            entry
            for entry in [*self.lines.values(), *self.lessons.values()]
            if entry.tutor == tutor and entry.start < end and start < entry.end and entry.state != "lost"
        ]

    def open(self, tutor: int, start: int, end: int) -> bool:
        return tutor not in self.closed and start >= 0 and end <= HALF_HOURS

    def attempt(self, step: Callable[[], object], expected: type[BookingError] | None) -> object:
        if expected is None:
            return step()
        with pytest.raises(expected) as refused, transaction.atomic():
            step()
        assert type(refused.value) is expected
        return None

    def put(self, line: CartLine, entry: Entry) -> None:
        self.lines[line.pk] = entry

    def line(self, pick: int) -> tuple[UUID, Entry] | None:
        found = list(self.lines.items())
        return found[pick % len(found)] if found else None

    # What must hold after every step

    @invariant()
    def no_two_claims_overlap(self) -> None:
        assert overlapping_claims() == 0

    @invariant()
    def no_claim_outlives_its_reason(self) -> None:
        for claim in TimeClaim.objects.select_related("line", "appointment"):
            reason = claim.line or claim.appointment
            assert reason is not None
            assert (claim.tutor_id, claim.during.lower, claim.during.upper) == (
                reason.tutor_id,
                reason.start,
                reason.end,
            )

    @invariant()
    def every_line_is_what_the_model_says(self) -> None:
        stored = {line.pk: line.hold or "lost" for line in CartLine.objects.with_hold()}
        assert stored == {key: entry.state for key, entry in self.lines.items()}
        assert Appointment.objects.count() == len(self.lessons) + len(self.cancelled)
        assert TimeClaim.objects.filter(state="lesson").count() == len(self.lessons)
