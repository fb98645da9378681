"""Moving a lesson and bringing one back: until when, to where, once, and everybody is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from icalendar import Calendar

from accounts.models import User
from booking.errors import LessonClosed, NotBookable, ReasonMissing, SlotTaken, TooLate
from booking.models import Appointment, AppointmentChange, CartLine, TimeClaim, TimeOff
from booking.rules import Problem
from notifications.models import OutboxMessage
from payments.errors import NotEnoughCredits
from payments.models import CreditEntry, OrderLine
from payments.services.cancelling import Compensation, restore
from payments.services.credits import add_entry, balance
from tests.factories import expire, make_cart, make_lesson
from tests.payments.lesson_changes import (
    NEXT_DAY,
    NOW,
    calendar_in,
    cancel_as_admin,
    cancel_as_student,
    hold_for,
    mails,
    move_as_admin,
    move_as_student,
    move_as_tutor,
)
from tests.payments.sold import START, before, make_sold_lesson
from tests.payments.support import make_checkout

pytestmark = pytest.mark.django_db

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def claimed(lesson: Appointment) -> tuple[datetime, datetime]:
    during = TimeClaim.objects.get(appointment=lesson).during
    return during.lower, during.upper


def nothing_happened(lesson: Appointment) -> bool:
    lesson.refresh_from_db()
    return (
        (lesson.start, lesson.sequence) == (START, 0)
        and claimed(lesson) == (START, START + HOUR)
        and not AppointmentChange.objects.exists()
        and not OutboxMessage.objects.exists()
    )


class TestMoving:
    def test_the_old_time_is_freed_and_the_new_one_taken(self) -> None:
        lesson = make_sold_lesson()
        moved = move_as_student(lesson, reason="Examen")
        lesson.refresh_from_db()
        assert (lesson.start, lesson.end, lesson.sequence) == (NEXT_DAY, NEXT_DAY + HOUR, 1)
        assert moved.start == NEXT_DAY
        assert claimed(lesson) == (NEXT_DAY, NEXT_DAY + HOUR)
        assert TimeClaim.objects.count() == 1
        change = AppointmentChange.objects.get()
        assert (change.action, change.actor, change.by, change.reason) == (
            "rescheduled",
            "student",
            lesson.student,
            "Examen",
        )
        assert change.old == {"start": "2027-01-12T19:30:00+00:00", "end": "2027-01-12T20:30:00+00:00"}
        assert change.new == {"start": "2027-01-13T19:30:00+00:00", "end": "2027-01-13T20:30:00+00:00"}

    def test_no_money_moves(self) -> None:
        lesson = make_sold_lesson()
        move_as_student(lesson)
        line = OrderLine.objects.get()
        assert (line.earnings, line.returned_cad, line.start) == ("scheduled", 0, START)
        assert not CreditEntry.objects.exists()

    def test_its_own_time_is_in_nobodys_way(self) -> None:
        lesson = make_sold_lesson(minutes=120)
        move_as_student(lesson, START + timedelta(minutes=30))
        assert claimed(lesson) == (START + timedelta(minutes=30), START + timedelta(minutes=150))

    def test_moved_there_again_changes_nothing(self) -> None:
        lesson = make_sold_lesson()
        move_as_student(lesson)
        assert move_as_student(lesson).start == NEXT_DAY
        assert AppointmentChange.objects.count() == 1
        assert OutboxMessage.objects.filter(type="booking.rescheduled").count() == 1

    @pytest.mark.parametrize(
        ("start", "until"),
        [
            (datetime(2027, 1, 12, 19, 30, tzinfo=UTC), "lundi 11 janvier 2027 à 14 h 30"),
            # Sunday 14:30 after the clocks went back: a day of 24 hours ends at 15:30 on Saturday.
            (datetime(2026, 11, 1, 19, 30, tzinfo=UTC), "samedi 31 octobre 2026 à 15 h 30"),
            # Sunday 14:30 after they went forward.
            (datetime(2027, 3, 14, 18, 30, tzinfo=UTC), "samedi 13 mars 2027 à 13 h 30"),
        ],
    )
    def test_a_student_may_until_24_hours_before(self, start: datetime, until: str) -> None:
        lesson = make_sold_lesson(start=start)
        with pytest.raises(TooLate) as refused:
            move_as_student(lesson, start + 2 * DAY, now=start - DAY + SECOND)
        assert until in refused.value.message.replace("\xa0", " ")
        assert not AppointmentChange.objects.exists()
        assert move_as_student(lesson, start + 2 * DAY, now=start - DAY).sequence == 1

    def test_a_tutor_may_until_two_hours_before_with_a_reason(self) -> None:
        lesson = make_sold_lesson()
        with pytest.raises(ReasonMissing):
            move_as_tutor(lesson, reason=" ")
        with pytest.raises(TooLate):
            move_as_tutor(lesson, now=START - 2 * HOUR + SECOND)
        assert nothing_happened(lesson)
        assert move_as_tutor(lesson, now=START - 2 * HOUR).sequence == 1

    @pytest.mark.parametrize(
        ("start", "problem"),
        [
            (NOW + 12 * HOUR - timedelta(minutes=30), Problem.TOO_SOON),
            (NEXT_DAY + 60 * DAY, Problem.TOO_FAR),
            (NEXT_DAY + 8 * HOUR, Problem.OUTSIDE),
            (NEXT_DAY + timedelta(minutes=10), Problem.OFF_GRID),
        ],
    )
    def test_the_rules_of_booking_hold_for_the_new_time(self, start: datetime, problem: Problem) -> None:
        lesson = make_sold_lesson()
        with pytest.raises(NotBookable) as refused:
            move_as_student(lesson, start)
        assert problem in refused.value.problems
        assert nothing_happened(lesson)

    def test_a_tutor_on_leave_cannot_be_moved_to(self) -> None:
        lesson = make_sold_lesson()
        TimeOff.objects.create(tutor=lesson.tutor, during=DateTimeTZRange(NEXT_DAY, NEXT_DAY + HOUR))
        with pytest.raises(NotBookable) as refused:
            move_as_tutor(lesson)
        assert refused.value.problems == [Problem.TIME_OFF]

    def test_a_time_that_is_taken_or_held_is_refused(self) -> None:
        lesson = make_sold_lesson()
        make_lesson(course=lesson.course, tutor=lesson.tutor, start=NEXT_DAY)
        with pytest.raises(SlotTaken):
            move_as_student(lesson)
        hold_for(make_cart(), lesson, NEXT_DAY + DAY)
        with pytest.raises(SlotTaken):
            move_as_student(lesson, NEXT_DAY + DAY)
        assert nothing_happened(lesson)

    def test_a_hold_that_has_run_out_is_no_obstacle(self) -> None:
        lesson = make_sold_lesson()
        line = hold_for(make_cart(), lesson)
        expire(line)
        move_as_student(lesson)
        assert TimeClaim.objects.count() == 1

    def test_the_students_own_cart_is_respected(self) -> None:
        lesson = make_sold_lesson()
        hold_for(make_cart(lesson.student), lesson)
        with pytest.raises(NotBookable) as refused:
            move_as_student(lesson)
        assert refused.value.problems == [Problem.HELD_BY_YOU]
        assert CartLine.objects.with_hold().get().hold == "hold"

    def test_a_cancelled_lesson_stays_where_it_was(self) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson, now=NOW)
        with pytest.raises(LessonClosed):
            move_as_student(lesson)


class TestTheDirection:
    def test_may_at_any_time_and_against_the_rules(self, admin: User) -> None:
        lesson = make_sold_lesson()
        night = datetime(2027, 1, 14, 4, 15, tzinfo=UTC)
        move_as_admin(lesson, admin, night, now=START + timedelta(minutes=5))
        assert claimed(lesson) == (night, night + HOUR)

    def test_never_onto_what_others_have(self, admin: User) -> None:
        lesson = make_sold_lesson()
        make_lesson(course=lesson.course, tutor=lesson.tutor, start=NEXT_DAY + HOUR / 2)
        with pytest.raises(SlotTaken):
            move_as_admin(lesson, admin)
        assert nothing_happened(lesson)

    def test_a_given_lesson_that_moves_ahead_is_yet_to_be_given(self, admin: User) -> None:
        lesson = make_sold_lesson()
        Appointment.objects.update(status=Appointment.Status.COMPLETED)
        OrderLine.objects.update(earnings=OrderLine.Earnings.EARNED)
        move_as_admin(lesson, admin, now=START + 2 * HOUR)
        lesson.refresh_from_db()
        assert lesson.status == Appointment.Status.SCHEDULED
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.SCHEDULED

    def test_a_given_lesson_that_moves_back_stays_given(self, admin: User) -> None:
        lesson = make_sold_lesson()
        Appointment.objects.update(status=Appointment.Status.COMPLETED)
        OrderLine.objects.update(earnings=OrderLine.Earnings.PAID)
        move_as_admin(lesson, admin, START - HOUR, now=START + 2 * HOUR)
        lesson.refresh_from_db()
        assert lesson.status == Appointment.Status.COMPLETED
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.PAID


class TestTelling:
    def test_the_event_has_exactly_these_values(self) -> None:
        lesson = make_sold_lesson()
        move_as_tutor(lesson, reason="Grippe")
        assert OutboxMessage.objects.get(type="booking.rescheduled").payload == {
            "appointment_id": str(lesson.pk),
            "user_id": str(lesson.student.pk),
            "tutor_id": str(lesson.tutor.public_id),
            "course_id": str(lesson.course.public_id),
            "course_title_fr": "Mathématiques",
            "rescheduled_by": "tutor",
            "rescheduled_by_id": str(lesson.tutor.user.pk),
            "reason": "Grippe",
            "old_start_datetime": "2027-01-12T19:30:00Z",
            "old_end_datetime": "2027-01-12T20:30:00Z",
            "new_start_datetime": "2027-01-13T19:30:00Z",
            "new_end_datetime": "2027-01-13T20:30:00Z",
            "timestamp": "2027-01-11T15:00:00Z",
        }

    def test_both_read_the_old_and_the_new_time(self) -> None:
        lesson = make_sold_lesson()
        move_as_student(lesson)
        to_student, to_tutor = mails()[lesson.student.email], mails()[lesson.tutor.user.email]
        assert "Vous avez déplacé ce cours." in to_student.text
        assert "Zoé a déplacé ce cours." in to_tutor.text
        for mail in (to_student, to_tutor):
            for body in (mail.text, mail.html):
                assert "mardi 12 janvier 2027" in body
                assert "mercredi 13 janvier 2027" in body
                assert "Tremblay" not in body
                assert "$" not in body

    def test_calendars_move_the_lesson_and_then_take_it_out(self) -> None:
        lesson = make_sold_lesson()
        move_as_student(lesson)
        for mail in mails().values():
            calendar: Calendar = calendar_in(mail)
            (shown,) = calendar.walk("VEVENT")
            assert (calendar["METHOD"], shown["STATUS"], shown["SEQUENCE"]) == ("PUBLISH", "CONFIRMED", 1)
            assert shown["UID"] == f"{lesson.pk}@fanal"
            assert shown.decoded("DTSTART") == NEXT_DAY
        OutboxMessage.objects.all().delete()
        cancel_as_student(lesson, now=NOW)
        for mail in mails().values():
            (shown,) = calendar_in(mail).walk("VEVENT")
            assert (shown["UID"], shown["STATUS"], shown["SEQUENCE"]) == (
                f"{lesson.pk}@fanal",
                "CANCELLED",
                2,
            )


class TestRestoring:
    def bring_back(self, lesson: Appointment, by: User, *, takes_credit_back: bool = True) -> Appointment:
        return restore(
            appointment=lesson, by=by, reason="Erreur", takes_credit_back=takes_credit_back, now=NOW
        )

    def test_it_takes_its_time_again_and_the_credit_is_undone(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson, now=NOW)
        self.bring_back(lesson, admin)
        lesson.refresh_from_db()
        assert (lesson.status, lesson.sequence) == (Appointment.Status.SCHEDULED, 2)
        assert claimed(lesson) == (START, START + HOUR)
        line = OrderLine.objects.get()
        assert (line.earnings, line.returned_cad) == ("scheduled", 0)
        assert balance(user=lesson.student) == 0
        entries = list(CreditEntry.objects.order_by("number").values_list("amount_cad", "cause", "by"))
        assert entries == [
            (Decimal("45.00"), "cancellation", lesson.student.pk),
            (Decimal("-45.00"), "correction", admin.pk),
        ]
        assert AppointmentChange.objects.last().action == "restored"  # type: ignore[union-attr]

    def test_it_can_be_called_off_again_for_one_credit(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson, now=NOW)
        self.bring_back(lesson, admin)
        assert cancel_as_student(lesson, now=NOW).credit == Decimal("45.00")
        assert balance(user=lesson.student) == Decimal("45.00")

    def test_the_credit_may_be_left_and_is_then_not_given_twice(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson, now=NOW)
        self.bring_back(lesson, admin, takes_credit_back=False)
        assert cancel_as_student(lesson, now=NOW).credit == 0
        assert balance(user=lesson.student) == Decimal("45.00")

    def test_a_credit_that_was_spent_cannot_be_taken_back(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson, now=NOW)
        add_entry(user=lesson.student, amount=Decimal("-1.00"), cause=CreditEntry.Cause.CORRECTION, now=NOW)
        with pytest.raises(NotEnoughCredits):
            self.bring_back(lesson, admin)
        lesson.refresh_from_db()
        assert lesson.status == Appointment.Status.CANCELLED
        assert not TimeClaim.objects.exists()

    def test_nor_one_that_a_payment_under_way_will_take(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson, now=NOW)
        make_checkout(user=lesson.student, subtotal="60.00", credits="45.00")
        with pytest.raises(NotEnoughCredits):
            self.bring_back(lesson, admin)
        assert balance(user=lesson.student) == Decimal("45.00")

    def test_what_was_not_credited_is_not_taken(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_admin(lesson, admin, Compensation.NOTHING, now=NOW)
        self.bring_back(lesson, admin)
        assert not CreditEntry.objects.exists()
        assert OrderLine.objects.get().returned_cad == 0

    def test_not_where_somebody_has_the_time(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson, now=NOW)
        make_lesson(course=lesson.course, tutor=lesson.tutor, start=START + HOUR / 2)
        with pytest.raises(SlotTaken):
            self.bring_back(lesson, admin)
        assert balance(user=lesson.student) == Decimal("45.00")

    def test_not_what_stands(self, admin: User) -> None:
        lesson = make_sold_lesson()
        with pytest.raises(LessonClosed):
            self.bring_back(lesson, admin)
        assert nothing_happened(lesson)

    def test_both_are_told_and_calendars_have_it_again(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson, now=before(lesson, days=1))
        OutboxMessage.objects.all().delete()
        self.bring_back(lesson, admin)
        assert "45,00\xa0$ sont repris de vos crédits." in mails()[lesson.student.email].text
        assert "$" not in mails()[lesson.tutor.user.email].text
        for mail in mails().values():
            (shown,) = calendar_in(mail).walk("VEVENT")
            assert (shown["STATUS"], shown["SEQUENCE"]) == ("CONFIRMED", 2)
