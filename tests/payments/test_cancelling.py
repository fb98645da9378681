"""Calling a lesson off: until when, for how much, once, and everybody is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from booking.changes import Actor
from booking.errors import LessonClosed, ReasonMissing, TooLate
from booking.models import Appointment, AppointmentChange, TimeClaim
from notifications.models import OutboxMessage
from payments.models import CreditEntry, OrderLine, Refund
from payments.services.cancelling import Compensation, cancel, cancel_for_refund
from payments.services.credits import balance
from tests.factories import make_lesson
from tests.payments.lesson_changes import (
    calendar_in,
    cancel_as_admin,
    cancel_as_student,
    cancel_as_tutor,
    mails,
)
from tests.payments.sold import START, before, make_sold_lesson

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


class TestByTheStudent:
    def test_what_was_paid_becomes_a_credit_and_the_time_is_free(self) -> None:
        lesson = make_sold_lesson()
        now = before(lesson, hours=3)
        done = cancel_as_student(lesson, now=now, reason=" Examen déplacé ")
        assert (done.credit, done.refund_id) == (Decimal("45.00"), None)
        lesson.refresh_from_db()
        assert (lesson.status, lesson.sequence) == (Appointment.Status.CANCELLED, 1)
        assert not TimeClaim.objects.exists()
        assert balance(user=lesson.student) == Decimal("45.00")
        entry = CreditEntry.objects.get()
        assert (entry.cause, entry.line, entry.at) == ("cancellation", lesson.order_line, now)
        line = OrderLine.objects.get()
        assert (line.earnings, line.returned_cad) == ("cancelled", Decimal("45.00"))
        change = AppointmentChange.objects.get()
        assert (change.action, change.actor, change.by, change.reason, change.at) == (
            "cancelled",
            "student",
            lesson.student,
            "Examen déplacé",
            now,
        )
        assert (change.old, change.new) == ({"status": "scheduled"}, {"status": "cancelled"})

    @pytest.mark.parametrize(
        ("discount", "by_credits", "credited"),
        [("9.00", "0.00", "36.00"), ("0.00", "20.00", "45.00"), ("10.01", "5.00", "34.99")],
    )
    def test_the_credit_is_what_was_really_paid(self, discount: str, by_credits: str, credited: str) -> None:
        lesson = make_sold_lesson(discount=discount, credits=by_credits)
        assert cancel_as_student(lesson).credit == Decimal(credited)
        assert balance(user=lesson.student) == Decimal(credited)

    def test_a_free_lesson_gives_no_credit_and_no_line_in_the_ledger(self) -> None:
        lesson = make_sold_lesson(discount="45.00")
        assert cancel_as_student(lesson).credit == Decimal("0.00")
        assert not CreditEntry.objects.exists()
        assert event()["credit_issued"] == 0

    def test_what_was_given_back_before_is_not_given_twice(self) -> None:
        lesson = make_sold_lesson()
        OrderLine.objects.update(returned_cad=Decimal("30.00"))
        assert cancel_as_student(lesson).credit == Decimal("15.00")

    def test_a_lesson_that_was_never_sold_can_be_called_off(self) -> None:
        sold = make_sold_lesson()
        lesson = make_lesson(course=sold.course, tutor=sold.tutor, start=START + timedelta(days=1))
        assert cancel_as_student(lesson).credit == Decimal("0.00")
        assert event()["price_cad"] is None

    @pytest.mark.parametrize(
        ("start", "until"),
        [
            # An ordinary day: 14:30, so until 12:30.
            (datetime(2027, 1, 12, 19, 30, tzinfo=UTC), "mardi 12 janvier 2027 à 12 h 30"),
            # 2:30 after the clocks went back: two hours before, it was 1:30 for the first time.
            (
                datetime(2026, 11, 1, 7, 30, tzinfo=UTC),
                "dimanche 1er novembre 2026 à 1 h 30 (heure avancée)",
            ),
            # 9:00 on that day; and 3:30 in the night that skips from 2:00 to 3:00.
            (datetime(2026, 11, 1, 14, 0, tzinfo=UTC), "dimanche 1er novembre 2026 à 7 h"),
            (datetime(2027, 3, 14, 7, 30, tzinfo=UTC), "dimanche 14 mars 2027 à 0 h 30"),
        ],
    )
    def test_two_hours_before_is_the_last_moment(self, start: datetime, until: str) -> None:
        lesson = make_sold_lesson(start=start)
        with pytest.raises(TooLate) as refused:
            cancel_as_student(lesson, now=start - timedelta(hours=2) + SECOND)
        assert until in refused.value.message.replace("\xa0", " ")
        assert nothing_happened(lesson)
        assert cancel_as_student(lesson, now=start - timedelta(hours=2)).credit == Decimal("45.00")

    def test_a_completed_lesson_stays(self) -> None:
        lesson = make_sold_lesson()
        Appointment.objects.update(status=Appointment.Status.COMPLETED)
        with pytest.raises(LessonClosed):
            cancel_as_student(lesson)
        assert not CreditEntry.objects.exists()

    def test_a_second_time_changes_nothing(self) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson)
        with pytest.raises(LessonClosed):
            cancel_as_student(lesson)
        assert balance(user=lesson.student) == Decimal("45.00")
        assert (AppointmentChange.objects.count(), len(mails())) == (1, 2)
        assert OutboxMessage.objects.filter(type="booking.cancelled").count() == 1


class TestByTheTutor:
    def test_the_student_is_credited(self) -> None:
        lesson = make_sold_lesson()
        assert cancel_as_tutor(lesson, now=before(lesson, hours=2)).credit == Decimal("45.00")
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.CANCELLED

    def test_too_late_a_second_after_the_two_hours(self) -> None:
        lesson = make_sold_lesson()
        with pytest.raises(TooLate):
            cancel_as_tutor(lesson, now=before(lesson, hours=2) + SECOND)
        assert nothing_happened(lesson)

    @pytest.mark.parametrize("reason", ["", "  \n "])
    def test_a_reason_is_required(self, reason: str) -> None:
        lesson = make_sold_lesson()
        with pytest.raises(ReasonMissing):
            cancel_as_tutor(lesson, reason=reason)
        assert nothing_happened(lesson)

    def test_only_the_direction_chooses_what_is_given_back(self) -> None:
        lesson = make_sold_lesson()
        with pytest.raises(ValueError, match="direction"):
            cancel(
                appointment=lesson,
                actor=Actor.TUTOR,
                by=lesson.tutor.user,
                reason="Grippe",
                compensation=Compensation.NOTHING,
                now=before(lesson, days=1),
            )
        assert nothing_happened(lesson)


class TestByTheDirection:
    def test_at_any_time_and_for_nothing(self, admin: User) -> None:
        lesson = make_sold_lesson()
        cancel_as_admin(lesson, admin, Compensation.NOTHING, now=lesson.end + timedelta(days=3))
        assert not CreditEntry.objects.exists()
        assert OrderLine.objects.get().returned_cad == 0
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.CANCELLED

    def test_a_completed_lesson_too_for_a_credit(self, admin: User) -> None:
        lesson = make_sold_lesson()
        Appointment.objects.update(status=Appointment.Status.COMPLETED)
        OrderLine.objects.update(earnings=OrderLine.Earnings.EARNED)
        assert cancel_as_admin(lesson, admin, Compensation.CREDIT).credit == Decimal("45.00")
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.CANCELLED

    def test_what_the_tutor_was_paid_stays_paid(self, admin: User) -> None:
        lesson = make_sold_lesson()
        Appointment.objects.update(status=Appointment.Status.COMPLETED)
        OrderLine.objects.update(earnings=OrderLine.Earnings.PAID)
        cancel_as_admin(lesson, admin, Compensation.CREDIT)
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.PAID

    def test_a_refund_of_what_credits_paid_goes_back_to_credits(self, admin: User) -> None:
        lesson = make_sold_lesson(credits="45.00")
        done = cancel_as_admin(lesson, admin, Compensation.REFUND)
        assert (done.credit, done.refund_id) == (Decimal("0.00"), None)
        refund = Refund.objects.get()
        assert (refund.amount_cad, refund.credits_cad, refund.processed_by) == (0, Decimal("45.00"), admin)
        assert balance(user=lesson.student) == Decimal("45.00")
        lesson.refresh_from_db()
        assert lesson.status == Appointment.Status.REFUNDED
        assert "45,00\xa0$, payés par crédits" in mails()[lesson.student.email].text

    def test_a_reason_as_long_as_may_be_is_the_refunds_too(self, admin: User) -> None:
        cancel(
            appointment=make_sold_lesson(credits="45.00"),
            actor=Actor.ADMIN,
            by=admin,
            reason="é" * 500,
            compensation=Compensation.REFUND,
            now=START - timedelta(days=1),
        )
        assert Refund.objects.get().reason == "é" * 500

    def test_a_free_lesson_has_nothing_to_refund(self, admin: User) -> None:
        lesson = make_sold_lesson(discount="45.00")
        assert cancel_as_admin(lesson, admin, Compensation.REFUND).refund_id is None
        assert not Refund.objects.exists()


def test_lessons_of_a_refund_are_called_off_once_without_a_credit(admin: User) -> None:
    lesson = make_sold_lesson()
    lines = list(OrderLine.objects.select_related("appointment"))
    now = before(lesson, hours=1)
    assert cancel_for_refund(lines=lines, by=admin, reason="Entente", now=now) == [lesson]
    lesson.refresh_from_db()
    assert lesson.status == Appointment.Status.REFUNDED
    assert OrderLine.objects.get().earnings == OrderLine.Earnings.CANCELLED
    assert not CreditEntry.objects.exists()
    assert (event()["cancelled_by"], event()["credit_issued"]) == ("admin", 0)
    lines = list(OrderLine.objects.select_related("appointment"))
    assert cancel_for_refund(lines=lines, by=admin, reason="Entente", now=now) == []
    assert AppointmentChange.objects.count() == 1


class TestTelling:
    def test_the_event_has_exactly_these_values(self) -> None:
        lesson = make_sold_lesson(discount="9.00")
        cancel_as_tutor(lesson, now=datetime(2027, 1, 11, 15, 0, tzinfo=UTC), reason="Grippe")
        assert event() == {
            "appointment_id": str(lesson.pk),
            "user_id": str(lesson.student.pk),
            "tutor_id": str(lesson.tutor.public_id),
            "course_id": str(lesson.course.public_id),
            "course_title_fr": "Mathématiques",
            "cancelled_by": "tutor",
            "cancelled_by_id": str(lesson.tutor.user.pk),
            "cancellation_reason": "Grippe",
            "start_datetime": "2027-01-12T19:30:00Z",
            "end_datetime": "2027-01-12T20:30:00Z",
            "duration_min": 60,
            "price_cad": 45.0,
            "credit_issued": 36.0,
            "timestamp": "2027-01-11T15:00:00Z",
        }

    def test_no_reason_is_null(self) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson)
        assert event()["cancellation_reason"] is None
        assert (event()["cancelled_by"], event()["cancelled_by_id"]) == ("student", str(lesson.student.pk))

    def test_both_are_written_and_only_the_student_reads_of_money(self) -> None:
        lesson = make_sold_lesson()
        cancel_as_tutor(lesson, reason="Grippe")
        to_student, to_tutor = mails()[lesson.student.email], mails()[lesson.tutor.user.email]
        for body in (to_student.text, to_student.html):
            assert "Maude Gagnon a dû annuler ce cours." in body
            assert "mardi 12 janvier 2027" in body
            assert "14\xa0h\xa030 à 15\xa0h\xa030" in body
            assert "Grippe" in body
            assert "45,00\xa0$ sont portés à vos crédits." in body
        assert "Vous avez annulé ce cours." in to_tutor.text
        assert "avec Zoé" in to_tutor.text
        for body in (to_tutor.text, to_tutor.html):
            assert "$" not in body
            assert "Tremblay" not in body

    def test_calendars_take_the_lesson_out(self) -> None:
        lesson = make_sold_lesson()
        cancel_as_student(lesson)
        for mail in mails().values():
            calendar = calendar_in(mail)
            (shown,) = calendar.walk("VEVENT")
            assert calendar["METHOD"] == "CANCEL"
            assert (shown["UID"], shown["STATUS"], shown["SEQUENCE"]) == (
                f"{lesson.pk}@fanal",
                "CANCELLED",
                1,
            )
            assert shown["ORGANIZER"] == "mailto:bonjour@fanal.example"
            assert mail.attachments[0].mimetype == "text/calendar; method=CANCEL"


def event() -> dict[str, Any]:
    payload: dict[str, Any] = OutboxMessage.objects.get(type="booking.cancelled").payload
    return payload


def nothing_happened(lesson: Appointment) -> bool:
    lesson.refresh_from_db()
    return (
        lesson.status == Appointment.Status.SCHEDULED
        and lesson.sequence == 0
        and TimeClaim.objects.filter(appointment=lesson).exists()
        and not AppointmentChange.objects.exists()
        and not CreditEntry.objects.exists()
        and not OutboxMessage.objects.exists()
    )
