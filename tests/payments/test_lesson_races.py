"""Student, tutor, direction and strangers at the same lesson at once, each with a connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from booking.changes import Actor
from booking.errors import BookingError, LessonClosed, SlotTaken
from booking.models import Appointment, AppointmentChange, CartLine, TimeClaim
from notifications.models import OutboxMessage
from payments.models import Checkout, CreditEntry, OrderLine
from payments.services import settle
from payments.services.cancelling import Cancellation, Compensation, cancel, restore
from payments.services.credits import balance
from payments.services.moving import move
from tests.booking.racing import (
    deadlocks,
    overlapping_claims,
    race,
    slow_to_write,
    without_constraint,
    without_lock,
)
from tests.factories import make_cart
from tests.payments.lesson_changes import NEXT_DAY, NOW, hold_for
from tests.payments.sold import START, make_sold_lesson
from tests.payments.support import make_held_cart, next_lesson_time, start_and_pay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

ROUNDS = 3


def cancelling(lesson: Appointment, actor: str, by: User, now: datetime = NOW) -> Callable[[], Cancellation]:
    return partial(
        cancel,
        appointment=lesson,
        actor=actor,
        by=by,
        reason="Grippe",
        compensation=Compensation.CREDIT,
        now=now,
    )


def moving(lesson: Appointment, start: datetime = NEXT_DAY) -> Callable[[], Appointment]:
    return partial(
        move,
        appointment=lesson,
        start=start,
        actor=Actor.STUDENT,
        by=lesson.student,
        reason="",
        now=NOW,
    )


def holding(lesson: Appointment, start: datetime) -> Callable[[], CartLine]:
    return partial(hold_for, make_cart(), lesson, start)


def told(event: str) -> int:
    return OutboxMessage.objects.filter(type=event).count()


class TestCancelledByBoth:
    def both_at_once(self) -> tuple[Appointment, list[Any]]:
        lesson = make_sold_lesson()
        attempts = [
            cancelling(lesson, Actor.STUDENT, lesson.student),
            cancelling(lesson, Actor.TUTOR, lesson.tutor.user),
        ]
        return lesson, race(attempts * 3)

    def test_it_is_one_cancellation_one_credit_one_event(self) -> None:
        before = deadlocks()
        with slow_to_write("booking_appointment", events="UPDATE"):
            lesson, results = self.both_at_once()
        assert sum(isinstance(result, Cancellation) for result in results) == 1
        assert sum(isinstance(result, LessonClosed) for result in results) == 5
        assert balance(user=lesson.student) == Decimal("45.00")
        assert (AppointmentChange.objects.count(), told("booking.cancelled")) == (1, 1)
        assert OutboxMessage.objects.filter(kind=OutboxMessage.Kind.MAIL).count() == 2
        lesson.refresh_from_db()
        assert lesson.sequence == 1
        assert deadlocks() == before

    def test_without_the_locks_it_is_told_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The control: the lesson's and its line's locks taken away."""
        monkeypatch.setattr(
            "booking.services.lessons.locked_lesson",
            lambda lesson: Appointment.objects.select_related("course", "tutor__user", "student").get(
                pk=lesson.pk
            ),
        )
        monkeypatch.setattr(
            "payments.services.cancelling.locked_line",
            lambda lesson: OrderLine.objects.select_related("order__user").get(appointment=lesson),
        )
        with slow_to_write("booking_appointment", events="UPDATE"):
            lesson, _results = self.both_at_once()
        assert AppointmentChange.objects.count() > 1
        assert told("booking.cancelled") > 1
        # The money is kept by the line's own lock and the database's check all the same.
        assert balance(user=lesson.student) == Decimal("45.00")


def test_cancelled_and_moved_at_once_it_ends_cancelled() -> None:
    for _round in range(ROUNDS):
        lesson = make_sold_lesson()
        moved, cancelled = race([moving(lesson), cancelling(lesson, Actor.TUTOR, lesson.tutor.user)])
        assert isinstance(cancelled, Cancellation)
        assert isinstance(moved, Appointment | LessonClosed)
        lesson.refresh_from_db()
        assert lesson.status == Appointment.Status.CANCELLED
        assert lesson.sequence == lesson.changes.count() == (2 if isinstance(moved, Appointment) else 1)
        assert balance(user=lesson.student) == Decimal("45.00")
    assert not TimeClaim.objects.exists()


class TestForOneTime:
    """A lesson moves to a time that a stranger wants to hold, and another lesson to move to."""

    def run(self) -> tuple[list[Any], Appointment]:
        lesson = make_sold_lesson()
        other = make_sold_lesson(course=lesson.course, tutor=lesson.tutor, start=START + timedelta(hours=-3))
        attempts = [moving(lesson), moving(other), holding(lesson, NEXT_DAY), holding(lesson, NEXT_DAY)]
        return race(attempts), lesson

    @pytest.mark.parametrize("guards", ["both", "lock", "constraint"])
    def test_one_gets_it_and_the_others_keep_what_they_had(self, guards: str) -> None:
        before = deadlocks()
        if guards == "lock":
            with without_constraint():
                results, lesson = self.run()
                self.check(results, lesson)
        elif guards == "constraint":
            with without_lock(), slow_to_write("booking_timeclaim", events="UPDATE"):
                results, lesson = self.run()
                self.check(results, lesson)
        else:
            results, lesson = self.run()
            self.check(results, lesson)
        assert deadlocks() == before

    def check(self, results: list[Any], lesson: Appointment) -> None:
        won = [result for result in results if not isinstance(result, Exception)]
        assert len(won) == 1, results
        assert [type(result) for result in results if result not in won] == [SlotTaken] * 3
        assert overlapping_claims() == 0
        assert TimeClaim.objects.filter(state="lesson").count() == 2
        assert TimeClaim.objects.filter(during__startswith=NEXT_DAY).count() == 1
        for sold in Appointment.objects.all():
            assert TimeClaim.objects.get(appointment=sold).during.lower == sold.start
        assert told("booking.rescheduled") == AppointmentChange.objects.count() <= 1

    def test_without_both_guards_two_get_it(self) -> None:
        """The control."""
        with (
            without_constraint(),
            without_lock(),
            slow_to_write("booking_timeclaim", events="UPDATE OR INSERT"),
        ):
            self.run()
            assert overlapping_claims() > 0


def test_a_freed_time_goes_to_one_of_those_who_want_it_and_the_lesson_keeps_one() -> None:
    for _round in range(ROUNDS):
        lesson = make_sold_lesson()
        attempts: list[Callable[[], Any]] = [moving(lesson), holding(lesson, START), holding(lesson, START)]
        results = race(attempts)
        assert isinstance(results[0], Appointment)
        holds = [result for result in results[1:] if isinstance(result, CartLine)]
        assert len(holds) <= 1
        assert [type(r) for r in results[1:] if r not in holds] == [SlotTaken] * (2 - len(holds))
        assert TimeClaim.objects.get(appointment=lesson).during.lower == NEXT_DAY
        assert overlapping_claims() == 0


def test_brought_back_or_held_by_another_never_both(admin: User) -> None:
    for _round in range(ROUNDS):
        lesson = make_sold_lesson()
        cancelling(lesson, Actor.STUDENT, lesson.student)()
        back = partial(
            restore, appointment=lesson, by=admin, reason="Erreur", takes_credit_back=True, now=NOW
        )
        attempts: list[Callable[[], Any]] = [back, holding(lesson, START)]
        restored, held = race(attempts)
        assert isinstance(restored, SlotTaken) != isinstance(held, BookingError)
        assert overlapping_claims() == 0
        lesson.refresh_from_db()
        stands = lesson.status == Appointment.Status.SCHEDULED
        assert TimeClaim.objects.filter(appointment=lesson).exists() == stands
        assert balance(user=lesson.student) == (0 if stands else Decimal("45.00"))


@pytest.mark.usefixtures("stripe_sandbox")
def test_cancelling_while_the_same_student_pays_for_more_of_the_same_tutor(student: User) -> None:
    """Neither waits for the other for ever."""
    before = deadlocks()
    for n in range(ROUNDS):
        free = next_lesson_time(days=5 + n)
        lesson = make_sold_lesson(student=student, start=next_lesson_time(days=20 + n))
        cart = make_held_cart(lesson.course, lesson.tutor, user=student, starts=[free])
        checkout = start_and_pay(cart, user=student, email=student.email)
        assert checkout.intent_id
        attempts: list[Callable[[], Any]] = [
            partial(settle, intent_id=checkout.intent_id, now=timezone.now()),
            cancelling(lesson, Actor.STUDENT, student, timezone.now()),
        ]
        paid, cancelled = race(attempts)
        assert isinstance(paid, Checkout)
        assert paid.status == Checkout.Status.SETTLED
        assert isinstance(cancelled, Cancellation)
        type(student).objects.get(pk=student.pk).cart.delete()
    assert balance(user=student) == ROUNDS * Decimal("45.00")
    assert CreditEntry.objects.count() == ROUNDS
    assert deadlocks() == before
