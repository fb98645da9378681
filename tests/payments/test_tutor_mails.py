"""Tutors hear of what was booked with them, and in the morning what the day brings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries

from accounts.mail_topics import refuse
from accounts.models import MailTopic, User
from booking.models import Appointment
from courses.models import Tutor
from notifications.composing import Mail
from notifications.models import OutboxMessage
from notifications.services import record
from payments.models import OrderLine
from payments.tutor_mails import new_lesson_mails, record_day_lists
from tests.factories import make_course, make_lesson, make_tutor, make_user
from tests.notifications.support import written
from tests.payments.sold import START, make_sold_lesson

pytestmark = pytest.mark.django_db

# Tuesday 12 January 2027, 6:00 in Toronto; the lessons of these tests begin at 14:30.
SIX = datetime(2027, 1, 12, 11, tzinfo=UTC)


def mails(kind: str, now: datetime) -> list[Mail]:
    return written(*OutboxMessage.objects.filter(type=kind).order_by("created_at"), now=now)


def give(tutor: Tutor, *, start: datetime = START, booked: datetime = SIX - timedelta(days=2)) -> Appointment:
    lesson = make_lesson(
        course=tutor.courses.get(),
        tutor=tutor,
        start=start,
        student=make_user(first_name="Zoé", last_name="Tremblay"),
    )
    Appointment.objects.filter(pk=lesson.pk).update(created_at=booked)
    return lesson


@pytest.fixture
def maude(db: None) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[make_course("Mathématiques")])


class TestNewLessons:
    def test_each_tutor_of_an_order_gets_one_mail_with_their_lessons_alone(self) -> None:
        first = make_sold_lesson()
        again = make_sold_lesson(
            tutor=first.tutor, course=first.course, start=START + timedelta(days=1), student=first.student
        )
        other = make_sold_lesson(tutor=make_tutor("Luc Roy", courses=[first.course]), course=first.course)
        sold = OrderLine.objects.select_related("appointment", "tutor__user")
        record(*new_lesson_mails(sold), now=SIX)
        to_maude, to_luc = mails("tutor.new_lessons", SIX)
        if to_maude.to != first.tutor.user.email:
            to_maude, to_luc = to_luc, to_maude
        assert (to_maude.to, to_luc.to) == (first.tutor.user.email, other.tutor.user.email)
        assert to_maude.subject == "2 nouveaux cours"
        assert to_luc.subject == "Nouveau cours\xa0: Mathématiques, mardi 12 janvier 2027 à 14\xa0h\xa030"
        for body in (to_maude.text, to_maude.html):
            assert "On vient de réserver 2 cours avec vous." in body
            assert "mercredi 13 janvier 2027, 14\xa0h\xa030 à 15\xa0h\xa030" in body
            assert "avec Zoé" in body
            assert "Tremblay" not in body
            assert "$" not in body
        (attachment,) = to_maude.attachments
        calendar = Calendar.from_ical(attachment.content)
        assert attachment.mimetype == "text/calendar; method=PUBLISH"
        assert {event["UID"] for event in calendar.walk("VEVENT")} == {
            f"{first.pk}@fanal",
            f"{again.pk}@fanal",
        }
        assert "List-Unsubscribe" not in to_maude.headers

    def test_a_lesson_called_off_before_the_mail_goes_is_not_announced(self) -> None:
        lesson = make_sold_lesson()
        sold = OrderLine.objects.select_related("appointment", "tutor__user")
        record(*new_lesson_mails(sold), now=SIX)
        Appointment.objects.filter(pk=lesson.pk).update(status="cancelled")
        assert mails("tutor.new_lessons", SIX) == []


class TestDayList:
    def test_in_the_morning_each_tutor_gets_the_day_once(self, maude: Tutor) -> None:
        give(maude)
        late = give(maude, start=START + timedelta(hours=2))
        Appointment.objects.filter(pk=late.pk).update(meeting_link="https://meet.exemple.com/zoe")
        give(maude, start=START + timedelta(days=1))
        assert record_day_lists(now=SIX - timedelta(seconds=1)) == 0
        assert record_day_lists(now=SIX) == 1
        assert record_day_lists(now=SIX + timedelta(minutes=10)) == 0
        (mail,) = mails("tutor.day", SIX)
        assert (mail.to, mail.subject) == (maude.user.email, "Votre journée\xa0: 2 cours")
        for body in (mail.text, mail.html):
            assert "2 cours aujourd’hui, mardi 12 janvier 2027." in body
            assert body.index("14\xa0h\xa030 à 15\xa0h\xa030") < body.index("16\xa0h\xa030 à 17\xa0h\xa030")
            assert "https://meet.exemple.com/zoe" in body
            assert body.count("Il y manque le lien de la rencontre.") == 1
            assert "Tremblay" not in body
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    def test_the_next_morning_is_another_list(self, maude: Tutor) -> None:
        give(maude)
        give(maude, start=START + timedelta(days=1))
        assert record_day_lists(now=SIX) == 1
        assert record_day_lists(now=SIX + timedelta(days=1)) == 1

    @pytest.mark.parametrize(
        ("start", "booked", "now"),
        [
            (START, SIX + timedelta(minutes=1), SIX + timedelta(minutes=10)),  # told by a mail of its own
            (SIX + timedelta(minutes=5), SIX - timedelta(days=1), SIX + timedelta(minutes=10)),  # has begun
            (START + timedelta(hours=10), SIX - timedelta(days=1), SIX),  # tomorrow, 0:30
            (START, SIX - timedelta(days=1), SIX + timedelta(hours=6)),  # noon: the morning is over
        ],
    )
    def test_no_list_without_a_lesson_to_come(
        self, maude: Tutor, start: datetime, booked: datetime, now: datetime
    ) -> None:
        give(maude, start=start, booked=booked)
        assert record_day_lists(now=now) == 0

    def test_summer_and_winter_it_is_six_on_the_wall(self, maude: Tutor) -> None:
        start = datetime(2027, 7, 13, 18, 30, tzinfo=UTC)
        give(maude, start=start, booked=start - timedelta(days=2))
        assert record_day_lists(now=datetime(2027, 7, 13, 9, 59, tzinfo=UTC)) == 0
        assert record_day_lists(now=datetime(2027, 7, 13, 10, tzinfo=UTC)) == 1

    def test_who_turned_it_off_gets_none_even_when_it_was_recorded_before(self, maude: Tutor) -> None:
        give(maude)
        record_day_lists(now=SIX)
        refuse(user=maude.user, topic=MailTopic.DAY)
        assert mails("tutor.day", SIX) == []
        assert record_day_lists(now=SIX + timedelta(days=1)) == 0

    def test_one_that_waited_past_its_day_is_dropped(self, maude: Tutor) -> None:
        give(maude)
        record_day_lists(now=SIX)
        assert len(mails("tutor.day", SIX + timedelta(hours=2))) == 1
        assert mails("tutor.day", SIX + timedelta(hours=12)) == []

    def test_a_closed_account_gets_none(self, maude: Tutor) -> None:
        give(maude)
        User.objects.filter(pk=maude.user_id).update(is_active=False)
        assert record_day_lists(now=SIX) == 0

    def test_as_many_questions_for_five_tutors_as_for_one(
        self, maude: Tutor, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        give(maude)
        for name in "ABCD":
            give(make_tutor(f"{name} Roy", courses=[maude.courses.get()], weekly=[]))
        with django_assert_num_queries(4):  # two of them the savepoint around it
            assert record_day_lists(now=SIX) == 5
