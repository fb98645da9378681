"""The day before each lesson: once, for the time that it has, and not when it is no use."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.mail_topics import refuse
from accounts.models import MailTopic
from booking.models import Appointment, AppointmentChange
from booking.models.appointments import AppointmentQuerySet
from notifications.composing import Mail
from notifications.models import OutboxMessage
from payments.services import reminding
from payments.services.cancelling import Compensation, restore
from payments.services.reminding import remind_due
from tests.booking.racing import race
from tests.factories import make_course, make_tutor
from tests.notifications.support import written
from tests.payments.lesson_changes import cancel_as_admin, cancel_as_student, move_as_student, move_as_tutor
from tests.payments.sold import before, make_sold_lesson

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def make_listens(settings: Settings) -> None:
    settings.MAKE_WEBHOOK_URLS = {**settings.MAKE_WEBHOOK_URLS, "REMINDER": "https://hook.exemple.com/r"}


def told() -> list[dict[str, Any]]:
    found = OutboxMessage.objects.filter(type="appointment.reminder").order_by("created_at")
    return [message.payload for message in found]


def mails(now: datetime) -> list[Mail]:
    return written(*OutboxMessage.objects.filter(type="lesson.reminder").order_by("created_at"), now=now)


def booked(lesson: Appointment, **ago: float) -> Appointment:
    """As if it had been booked so long before it begins."""
    Appointment.objects.filter(pk=lesson.pk).update(created_at=before(lesson, **ago))
    return lesson


def in_days(days: int = 7, **fields: Any) -> Appointment:
    """A lesson, Tuesday at 14:30 in Toronto, that was booked a week ahead."""
    return booked(make_sold_lesson(**fields), days=days)


def test_the_student_and_who_listens_are_told_once_a_day_ahead() -> None:
    lesson = in_days()
    assert remind_due(now=before(lesson, hours=24, seconds=1)) == 0
    now = before(lesson, hours=24)
    assert remind_due(now=now) == 1
    assert remind_due(now=now + timedelta(minutes=10)) == 0
    assert told() == [
        {
            "appointment_id": str(lesson.pk),
            "user_id": str(lesson.student_id),
            "tutor_id": str(lesson.tutor.public_id),
            "course_id": str(lesson.course.public_id),
            "course_title_fr": "Mathématiques",
            "start_datetime": "2027-01-12T19:30:00Z",
            "end_datetime": "2027-01-12T20:30:00Z",
            "meeting_link": None,
        }
    ]
    (mail,) = mails(now)
    assert (mail.to, mail.subject) == (lesson.student.email, "Demain à 14\xa0h\xa030\xa0: Mathématiques")
    for body in (mail.text, mail.html):
        assert "Votre cours est demain." in body
        assert "mardi 12 janvier 2027, 14\xa0h\xa030 à 15\xa0h\xa030" in body
        assert "avec Maude Gagnon" in body
        assert "Vous pouvez annuler jusqu’à 12\xa0h\xa030 demain" in body
        assert "30,00" not in body
    link = mail.headers["List-Unsubscribe"].strip("<>")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in mail.text
    assert f'href="{link}"' in mail.html


def test_after_a_day_without_a_worker_only_what_is_still_useful_is_said() -> None:
    course = make_course("Mathématiques", rate="45.00")
    tutor = make_tutor("Maude Gagnon", courses=[course])
    begun = in_days(course=course, tutor=tutor)
    now = before(begun, minutes=-1)
    soon = in_days(course=course, tutor=tutor, start=begun.start + timedelta(hours=3))
    later = in_days(course=course, tutor=tutor, start=begun.start + timedelta(hours=25))
    assert remind_due(now=now) == 1
    (mail,) = mails(now)
    assert mail.subject == "Aujourd’hui à 17\xa0h\xa030\xa0: Mathématiques"
    assert "Votre cours est aujourd’hui." in mail.text
    assert [each["appointment_id"] for each in told()] == [str(soon.pk)]
    assert later.reminded_for is None


def test_past_the_notice_nothing_is_said_of_cancelling() -> None:
    lesson = in_days()
    now = before(lesson, hours=1)
    remind_due(now=now)
    (mail,) = mails(now)
    assert "empêchement" not in mail.text + mail.html


def test_a_lesson_booked_inside_the_day_is_not_reminded_of() -> None:
    lesson = booked(make_sold_lesson(), hours=23, minutes=59)
    assert remind_due(now=before(lesson, hours=20)) == 0
    edge = booked(make_sold_lesson(start=lesson.start + timedelta(hours=2)), hours=24)
    assert remind_due(now=before(edge, hours=20)) == 1


def test_nobody_is_reminded_of_a_lesson_that_was_called_off() -> None:
    lesson = in_days()
    now = before(lesson, hours=24)
    cancel_as_student(lesson, now=before(lesson, days=3))
    assert remind_due(now=now) == 0


def test_a_reminder_that_waits_to_be_sent_is_dropped_with_the_lesson() -> None:
    lesson = in_days()
    now = before(lesson, hours=24)
    remind_due(now=now)
    assert len(mails(now)) == 1
    assert mails(lesson.start) == []
    cancel_as_student(lesson, now=now)
    assert mails(now) == []


def test_a_lesson_that_moves_is_reminded_of_again_at_its_new_time_only() -> None:
    lesson = in_days()
    now = before(lesson, hours=24)
    remind_due(now=now)
    new = lesson.start + timedelta(days=2)
    move_as_student(lesson, new, now=now)
    assert mails(now) == []
    assert remind_due(now=before(lesson, hours=20)) == 0
    assert remind_due(now=new - timedelta(hours=24)) == 1
    (mail,) = mails(new - timedelta(hours=24))
    assert "jeudi 14 janvier 2027" in mail.text


def test_who_was_told_of_the_new_time_inside_the_day_is_not_told_twice() -> None:
    lesson = in_days()
    new = lesson.start - timedelta(hours=3)
    moved_at = new - timedelta(hours=23)
    move_as_tutor(lesson, new, now=moved_at)
    assert remind_due(now=moved_at + timedelta(minutes=10)) == 0
    assert AppointmentChange.objects.get().action == "rescheduled"


def test_a_lesson_brought_back_in_time_is_reminded_of(admin: Any) -> None:
    lesson = in_days()
    early = before(lesson, days=3)
    cancel_as_admin(lesson, admin, Compensation.NOTHING, now=early)
    restore(appointment=lesson, by=admin, reason="Erreur", takes_credit_back=False, now=early)
    assert remind_due(now=before(lesson, hours=24)) == 1


def test_who_wants_no_reminder_gets_none_and_who_listens_is_told_all_the_same() -> None:
    lesson = in_days()
    refuse(user=lesson.student, topic=MailTopic.REMINDER)
    now = before(lesson, hours=24)
    remind_due(now=now)
    assert mails(now) == []
    assert len(told()) == 1


def test_looking_for_lessons_is_one_question(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    early = before(in_days(days=30), days=20)
    with django_assert_num_queries(3):  # and the savepoint around it
        assert remind_due(now=early) == 0


def in_six_threads(now: datetime) -> int:
    return sum(done for done in race([partial(remind_due, now=now)] * 6) if isinstance(done, int))


def thirty_lessons() -> datetime:
    course = make_course("Mathématiques", rate="45.00")
    for number in range(30):
        in_days(course=course, tutor=make_tutor(f"Tuteur {number}", courses=[course], weekly=[]))
    return Appointment.objects.earliest("start").start - timedelta(hours=24)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_six_workers_remind_of_thirty_lessons_once_each() -> None:
    now = thirty_lessons()
    assert in_six_threads(now) == 30
    assert len({each["appointment_id"] for each in told()}) == len(told()) == 30


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_same_race_tells_some_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AppointmentQuerySet, "select_for_update", lambda self, **options: self)
    monkeypatch.setattr(reminding.lesson_mails, "record_reminder", lambda lesson, now: None)
    now = thirty_lessons()
    in_six_threads(now)
    assert len(told()) > 30
