"""Anything that people may do, in any order: no two claims overlap, and none outlives its reason.

A model in plain Python says beforehand what each step must answer. `HYPOTHESIS_PROFILE=drill` runs longer.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from booking.errors import (
    BookingError,
    HoldsLost,
    LessonClosed,
    LineBeingPaid,
    LinesNotBookable,
    NotBookable,
    SlotTaken,
)
from booking.models import Appointment, AvailabilityException, CartLine, TimeClaim
from booking.services import (
    Paid,
    begin_payment,
    book_lessons,
    cancel_lesson,
    end_payment,
    hold_slot,
    leave_cart,
    merge_carts,
    move_lesson,
    release_line,
    renew_line,
    restore_lesson,
    sweep_expired_holds,
)
from tests.booking.claims_model import NINE, ClaimsModel, Entry
from tests.booking.holding import NOW
from tests.factories import expire

DRILL = os.environ.get("HYPOTHESIS_PROFILE") == "drill"
DAY = date(2027, 1, 13)

picks = st.integers(0, 1000)


class Claims(ClaimsModel):
    """What people do."""

    @rule(cart=st.integers(0, 2), tutor=st.integers(0, 1), start=st.integers(-1, 6), length=st.integers(2, 4))
    def hold(self, cart: int, tutor: int, start: int, length: int) -> None:
        self.hold_line(Entry(cart, tutor, start, start + length, "hold"))

    @rule(pick=picks, cart=st.integers(0, 2), longer=st.sampled_from([0, 0, 1]))
    def hold_what_a_cart_knows(self, pick: int, cart: int, longer: int) -> None:
        """Again by oneself, or by another, or in another length."""
        found = self.line(pick)
        if found is not None:
            entry = found[1]
            length = (entry.end - entry.start - 2 + longer) % 3 + 2
            self.hold_line(Entry(cart, entry.tutor, entry.start, entry.start + length, "hold"))

    def hold_line(self, wanted: Entry) -> None:
        against = self.busy(wanted.tutor, wanted.start, wanted.end)
        own = [entry for entry in against if entry.cart == wanted.cart]
        if any((entry.start, entry.end) == (wanted.start, wanted.end) for entry in own):
            line = self.attempt(lambda: self._hold(wanted, self.tutors[wanted.tutor]), None)
            assert isinstance(line, CartLine)
            assert self.lines[line.pk] == own[0]
            return
        expected: type[BookingError] | None = None
        if not self.open(wanted.tutor, wanted.start, wanted.end) or own:
            expected = NotBookable
        elif against:
            expected = SlotTaken
        line = self.attempt(lambda: self._hold(wanted, self.tutors[wanted.tutor]), expected)
        if isinstance(line, CartLine):
            self.put(line, wanted)

    def _hold(self, wanted: Entry, tutor: object) -> CartLine:
        return hold_slot(
            cart=self.carts[wanted.cart],
            course=self.course,
            start=NINE + wanted.start * timedelta(minutes=30),
            duration=(wanted.end - wanted.start) * 30,
            now=NOW,
            tutor=tutor,  # type: ignore[arg-type]
        )

    @rule(cart=st.integers(0, 2), start=st.integers(0, 4), length=st.integers(2, 4))
    def hold_first_available(self, cart: int, start: int, length: int) -> None:
        end = start + length
        same = [
            entry
            for entry in self.lines.values()
            if (entry.cart, entry.start, entry.end) == (cart, start, end)
            and entry.state in {"hold", "paying"}
        ]
        if same:
            assert self.lines[self._hold(same[0], None).pk] in same
            return
        free = [t for t in (0, 1) if self.open(t, start, end) and not self.busy(t, start, end)]
        try:
            with transaction.atomic():
                line = self._hold(Entry(cart, -1, start, end, "hold"), None)
        except (SlotTaken, NotBookable):
            assert not free
            return
        assert line.tutor == self.tutors[free[0]]
        self.put(line, Entry(cart, free[0], start, end, "hold"))

    @rule(pick=picks)
    def run_out(self, pick: int) -> None:
        """The quarter of an hour is over. A payment that has begun is not touched by it."""
        found = self.line(pick)
        if found is None:
            return
        key, entry = found
        CartLine.objects.filter(pk=key).update(held_until=datetime(2000, 1, 1, tzinfo=UTC))
        if entry.state == "hold":
            expire(CartLine.objects.get(pk=key))
            entry.state = "lost"

    @rule()
    def sweep(self) -> None:
        sweep_expired_holds(now=NOW)

    @rule(pick=picks)
    def renew(self, pick: int) -> None:
        found = self.line(pick)
        if found is None:
            return
        key, entry = found
        expected: type[BookingError] | None = None
        if entry.state == "lost":
            against = self.busy(entry.tutor, entry.start, entry.end)
            if not self.open(entry.tutor, entry.start, entry.end) or any(
                other.cart == entry.cart for other in against
            ):
                expected = NotBookable
            elif against:
                expected = SlotTaken
        line = self.attempt(lambda: renew_line(line=CartLine.objects.get(pk=key), now=NOW), expected)
        if isinstance(line, CartLine):
            assert line.pk == key
            entry.state = "hold" if entry.state == "lost" else entry.state

    @rule(pick=picks)
    def release(self, pick: int) -> None:
        found = self.line(pick)
        if found is None:
            return
        key, entry = found
        line = CartLine.objects.get(pk=key)
        expected = LineBeingPaid if entry.state == "paying" else None
        self.attempt(lambda: release_line(line=line, now=NOW), expected)
        if expected is None:
            del self.lines[key]

    @rule(cart=st.integers(0, 2))
    def pay(self, cart: int) -> None:
        mine = [entry for entry in self.lines.values() if entry.cart == cart]
        expected: type[BookingError] | None = None
        if any(entry.state == "paying" for entry in mine):
            expected = LineBeingPaid
        elif any(entry.state == "lost" for entry in mine):
            expected = HoldsLost
        elif any(entry.tutor in self.closed for entry in mine):
            expected = LinesNotBookable
        deadline = NOW + timedelta(minutes=10)
        self.attempt(lambda: begin_payment(cart=self.carts[cart], deadline=deadline, now=NOW), expected)
        if expected is None:
            for entry in mine:
                entry.state = "paying"

    @rule(cart=st.integers(0, 2))
    def fail_payment(self, cart: int) -> None:
        mine = [key for key, entry in self.lines.items() if entry.cart == cart]
        end_payment(line_ids=mine, now=NOW)
        for key in mine:
            if self.lines[key].state == "paying":
                over = CartLine.objects.get(pk=key).held_until.year == 2000
                self.lines[key].state = "lost" if over else "hold"

    @rule(pick=picks)
    def settle(self, pick: int) -> None:
        """Paid, whatever has become of the hold."""
        found = self.line(pick)
        if found is None:
            return
        key, entry = found
        row = TimeClaim.objects.filter(line=key).exists()
        with transaction.atomic():
            paid = Paid(
                self.course,
                self.tutors[entry.tutor],
                NINE + entry.start * timedelta(minutes=30),
                (entry.end - entry.start) * 30,
                key,
            )
            [lesson] = book_lessons(paid=[paid], student=self.student, now=NOW)
            if lesson is not None:
                leave_cart(line_ids=[key])
        free = self.open(entry.tutor, entry.start, entry.end) and not self.busy(
            entry.tutor, entry.start, entry.end
        )
        assert (lesson is not None) == (row or free)
        if lesson is not None:
            del self.lines[key]
            self.lessons[lesson.pk] = Entry(-1, entry.tutor, entry.start, entry.end, "lesson")

    @rule(pick=picks, start=st.integers(-1, 5), by_admin=st.booleans())
    def move(self, pick: int, start: int, by_admin: bool) -> None:
        """By its student, whose own cart counts; by the direction, whom only claims stop."""
        if not self.lessons:
            return
        key, entry = list(self.lessons.items())[pick % len(self.lessons)]
        end = start + entry.end - entry.start
        against = [other for other in self.busy(entry.tutor, start, end) if other is not entry]
        expected: type[BookingError] | None = None
        if start == entry.start:
            pass
        elif not by_admin and (
            not self.open(entry.tutor, start, end) or any(other.cart == 2 for other in against)
        ):
            expected = NotBookable
        elif against:
            expected = SlotTaken
        moved = self.attempt(
            lambda: move_lesson(
                appointment=Appointment.objects.get(pk=key),
                start=NINE + start * timedelta(minutes=30),
                actor="admin" if by_admin else "student",
                by=self.student,
                reason="Motif",
                now=NOW,
            ),
            expected,
        )
        if moved is not None:
            entry.start, entry.end = start, end

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        found = [*self.lessons, *self.cancelled]
        if not found:
            return
        key = found[pick % len(found)]
        self.attempt(
            lambda: cancel_lesson(
                appointment=Appointment.objects.get(pk=key),
                actor="student",
                by=self.student,
                reason="",
                now=NOW,
            ),
            LessonClosed if key in self.cancelled else None,
        )
        if key in self.lessons:
            self.cancelled[key] = self.lessons.pop(key)

    @rule(pick=picks)
    def restore(self, pick: int) -> None:
        if not self.cancelled:
            return
        key, entry = list(self.cancelled.items())[pick % len(self.cancelled)]
        restored = self.attempt(
            lambda: restore_lesson(
                appointment=Appointment.objects.get(pk=key),
                actor="admin",
                by=self.student,
                reason="Motif",
                now=NOW,
            ),
            SlotTaken if self.busy(entry.tutor, entry.start, entry.end) else None,
        )
        if restored is not None:
            self.lessons[key] = self.cancelled.pop(key)

    @rule()
    def log_in(self) -> None:
        """The first guest's cart becomes the member's."""
        merge_carts(source=self.carts[0], target=self.carts[2])
        kept = set(CartLine.objects.values_list("pk", flat=True))
        for key in set(self.lines) - kept:
            gone = self.lines.pop(key)
            twins = [e for e in self.lines.values() if (e.tutor, e.start) == (gone.tutor, gone.start)]
            assert gone.state == "lost"
            assert any(entry.cart in {0, 2} for entry in twins)
        for entry in self.lines.values():
            entry.cart = 2 if entry.cart == 0 else entry.cart

    @rule(tutor=st.integers(0, 1))
    def close_the_day(self, tutor: int) -> None:
        AvailabilityException.objects.create(tutor=self.tutors[tutor], date=DAY, kind="closed")
        self.closed.add(tutor)

    @rule(tutor=st.integers(0, 1))
    def open_the_day(self, tutor: int) -> None:
        AvailabilityException.objects.filter(tutor=self.tutors[tutor]).delete()
        self.closed.discard(tutor)


@pytest.mark.django_db
def test_claims_stay_true_whatever_people_do() -> None:
    run_state_machine_as_test(
        Claims,
        settings=settings(
            max_examples=300 if DRILL else 15,
            stateful_step_count=50 if DRILL else 25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
