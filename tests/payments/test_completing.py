"""Lessons whose end has passed are given: once, earned by the tutor, told to the outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from booking.changes import Actor
from booking.errors import LessonAhead, LessonClosed, ReasonMissing
from booking.models import Appointment, AppointmentChange, TimeClaim
from notifications.models import OutboxMessage, TaskRun
from payments import tasks
from payments.models import OrderLine
from payments.services.cancelling import Cancellation
from payments.services.completing import complete, complete_due
from tests.booking.racing import race
from tests.factories import make_lesson
from tests.payments.lesson_changes import cancel_as_student
from tests.payments.sold import START, make_sold_lesson
from tests.payments.test_lesson_races import cancelling

END = START + timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.django_db
class TestByItself:
    def test_at_its_end_and_not_before(self) -> None:
        lesson = make_sold_lesson()
        assert complete_due(now=END - SECOND) == 0
        assert complete_due(now=END) == 1
        lesson.refresh_from_db()
        assert (lesson.status, lesson.sequence) == (Appointment.Status.COMPLETED, 0)
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.EARNED
        assert TimeClaim.objects.get().appointment == lesson
        change = AppointmentChange.objects.get()
        assert (change.action, change.actor, change.by, change.at) == ("completed", "system", None, END)

    def test_the_event_has_exactly_these_values(self) -> None:
        lesson = make_sold_lesson()
        complete_due(now=END + timedelta(minutes=4))
        assert OutboxMessage.objects.get().payload == {
            "appointment_id": str(lesson.pk),
            "user_id": str(lesson.student.pk),
            "tutor_id": str(lesson.tutor.public_id),
            "course_id": str(lesson.course.public_id),
            "course_title_fr": "Mathématiques",
            "start_datetime": "2027-01-12T19:30:00Z",
            "end_datetime": "2027-01-12T20:30:00Z",
            "duration_min": 60,
            "tutor_earnings_cad": 30.0,
            "completed_at": "2027-01-12T20:34:00Z",
        }

    def test_again_changes_nothing(self) -> None:
        make_sold_lesson()
        assert complete_due(now=END) == 1
        assert complete_due(now=END) == 0
        assert OutboxMessage.objects.count() == 1

    def test_what_was_called_off_or_is_to_come_stays(self) -> None:
        off = make_sold_lesson()
        make_sold_lesson(course=off.course, tutor=off.tutor, start=START + timedelta(hours=4))
        cancel_as_student(off)
        assert complete_due(now=END) == 0

    def test_what_was_paid_out_stays_so(self) -> None:
        make_sold_lesson()
        OrderLine.objects.update(earnings=OrderLine.Earnings.PAID)
        complete_due(now=END)
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.PAID

    def test_all_that_are_due_whatever_was_missed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("payments.services.completing.BATCH", 2)
        first = make_sold_lesson()
        for day in range(1, 5):
            make_lesson(course=first.course, tutor=first.tutor, start=START - timedelta(days=day))
        assert complete_due(now=END) == 5
        assert not Appointment.objects.over(END).exists()

    def test_the_schedule_does_it(self) -> None:
        make_sold_lesson(start=START - timedelta(days=10_000))
        tasks.complete_lessons()
        assert Appointment.objects.get().status == Appointment.Status.COMPLETED
        assert TaskRun.objects.get(name="payments_complete_lessons").last_success_at


@pytest.mark.django_db
class TestByTheDirection:
    def test_once_it_has_begun_with_a_reason(self, admin: User) -> None:
        lesson = make_sold_lesson()
        say = partial(complete, appointment=lesson, actor=Actor.ADMIN, by=admin)
        with pytest.raises(LessonAhead):
            say(reason="Fini plus tôt", now=START - SECOND)
        with pytest.raises(ReasonMissing):
            say(reason="", now=START)
        assert say(reason="Fini plus tôt", now=START).status == Appointment.Status.COMPLETED
        with pytest.raises(LessonClosed):
            say(reason="Fini plus tôt", now=START)
        assert OutboxMessage.objects.filter(type="appointment.completed").count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRaced:
    def test_several_workers_tell_each_lesson_once(self) -> None:
        first = make_sold_lesson()
        for day in range(1, 10):
            make_sold_lesson(course=first.course, tutor=first.tutor, start=START - timedelta(days=day))
        done = race([partial(complete_due, now=END)] * 6)
        assert sum(count for count in done if isinstance(count, int)) == 10
        assert OutboxMessage.objects.count() == AppointmentChange.objects.count() == 10

    def test_one_that_somebody_is_changing_is_left_to_the_next_time(self) -> None:
        lesson = make_sold_lesson()

        def complete_elsewhere() -> int:
            (done,) = race([partial(complete_due, now=END)])
            assert isinstance(done, int)
            return done

        with transaction.atomic():
            OrderLine.objects.select_for_update().get(appointment=lesson)
            assert complete_elsewhere() == 0
        assert complete_elsewhere() == 1

    def test_called_off_or_given_never_both(self, admin: User) -> None:
        for _round in range(3):
            lesson = make_sold_lesson()
            attempts: list[Callable[[], Any]] = [
                partial(complete_due, now=END),
                cancelling(lesson, Actor.STUDENT, lesson.student),
            ]
            done, cancelled = race(attempts)
            lesson.refresh_from_db()
            if isinstance(cancelled, Cancellation):
                assert (done, lesson.status) == (0, Appointment.Status.CANCELLED)
            else:
                assert (type(cancelled), done, lesson.status) == (
                    LessonClosed,
                    1,
                    Appointment.Status.COMPLETED,
                )
            assert lesson.changes.count() == 1
