"""The pages on which a student or a tutor calls a lesson off or moves it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from accounts.models import Role, User
from booking.models import Appointment, AppointmentChange, TimeClaim
from notifications.models import OutboxMessage
from payments.models import CreditEntry
from payments.services.credits import balance
from tests.booking.pages import starts, text_of, times_by_day
from tests.factories import logged_in, make_cart, make_lesson, make_user
from tests.payments.lesson_changes import cancel_as_tutor, hold_for
from tests.payments.sold import make_sold_lesson

pytestmark = pytest.mark.django_db

# The lesson is on Tuesday 12 January 2027, 14:30 to 15:30 in Toronto; it is Monday, 10:00.
MONDAY = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
WEDNESDAY_TEN = "2027-01-13T15:00:00+00:00"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as travel:
        yield travel


@pytest.fixture
def lesson(student: User) -> Appointment:
    return make_sold_lesson(student=student)


def address(lesson: Appointment, what: str) -> str:
    return f"/rendez-vous/{lesson.pk}/{what}/"


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    assert "no-store" in answer["Cache-Control"]
    return text_of(answer.content.decode())


class TestDashboard:
    def test_a_lesson_can_be_moved_and_called_off_while_there_is_time(self, lesson: Appointment) -> None:
        html = logged_in(lesson.student).get("/tableau-de-bord/").content.decode()
        assert address(lesson, "annuler") in html
        assert address(lesson, "deplacer") in html
        assert "possible" not in html

    def test_then_it_says_why_not_and_what_else(
        self, lesson: Appointment, clock: time_machine.Traveller
    ) -> None:
        clock.move_to(lesson.start - timedelta(hours=24) + timedelta(seconds=1))
        html = logged_in(lesson.student).get("/tableau-de-bord/").content.decode()
        assert address(lesson, "deplacer") not in html
        assert address(lesson, "annuler") in html
        words = text_of(html)
        assert "Le déplacer était possible jusqu’à 14 h 30 aujourd’hui" in words
        assert "l’annuler l’est jusqu’à 12 h 30 demain." in words

        clock.move_to(lesson.start - timedelta(hours=2) + timedelta(seconds=1))
        html = logged_in(lesson.student).get("/tableau-de-bord/").content.decode()
        assert address(lesson, "annuler") not in html
        assert "L’annuler en ligne était possible jusqu’à 12 h 30 aujourd’hui." in text_of(html)
        assert "soutien" in html


class TestCancelling:
    def test_the_consequence_is_said_before_the_click(self, lesson: Appointment) -> None:
        words = page(logged_in(lesson.student), address(lesson, "annuler"))
        assert "mardi 12 janvier 2027 14 h 30 à 15 h 30" in words
        assert "Vous recevez 45,00 $ en crédit" in words
        assert "C’est possible jusqu’à 12 h 30 demain , deux heures avant le cours" in words

    def test_a_discount_is_explained(self, student: User) -> None:
        lesson = make_sold_lesson(student=student, discount="9.00")
        words = page(logged_in(student), address(lesson, "annuler"))
        assert "Vous recevez 36,00 $ en crédit" in words
        assert "45,00 $ moins le rabais de 9,00 $" in words

    def test_a_lesson_that_cost_nothing_gives_no_credit(self, student: User) -> None:
        lesson = make_sold_lesson(student=student, discount="45.00")
        assert "il n’y a pas de crédit" in page(logged_in(student), address(lesson, "annuler"))

    def test_it_is_called_off_by_a_click_and_the_page_says_what_became_of_it(
        self, lesson: Appointment
    ) -> None:
        client = logged_in(lesson.student)
        answer = client.post(address(lesson, "annuler"), {"version": 0, "motif": ""})
        assert (answer.status_code, answer["Location"]) == (302, address(lesson, "annuler"))
        words = page(client, address(lesson, "annuler"))
        assert "Ce cours est annulé" in words
        assert "Vous l’avez annulé le lundi 11 janvier 2027 à 10 h." in words
        assert "45,00 $ sont portés à vos crédits" in words
        assert balance(user=lesson.student) == Decimal("45.00")

    def test_a_second_click_is_no_second_credit(self, lesson: Appointment) -> None:
        client = logged_in(lesson.student)
        for _click in range(2):
            answer = client.post(address(lesson, "annuler"), {"version": 0})
            assert (answer.status_code, answer["Location"]) == (302, address(lesson, "annuler"))
        assert balance(user=lesson.student) == Decimal("45.00")
        assert OutboxMessage.objects.filter(type="booking.cancelled").count() == 1

    def test_a_stale_page_says_that_the_other_was_first(self, lesson: Appointment) -> None:
        cancel_as_tutor(lesson, now=MONDAY)
        answer = logged_in(lesson.student).post(address(lesson, "annuler"), {"version": 0})
        words = text_of(answer.content.decode())
        assert answer.status_code == 409
        assert "Ce cours a changé depuis que cette page est ouverte." in words
        assert "Le tuteur l’a annulé" in words
        assert "Grippe" in words
        assert AppointmentChange.objects.count() == 1

    def test_a_lesson_that_was_moved_meanwhile_is_asked_about_again(self, lesson: Appointment) -> None:
        Appointment.objects.update(sequence=3)
        answer = logged_in(lesson.student).post(
            address(lesson, "annuler"), {"version": 0, "motif": "Je suis malade"}
        )
        html = answer.content.decode()
        assert answer.status_code == 409
        assert 'name="version" value="3"' in html
        assert "Je suis malade" in html
        assert not AppointmentChange.objects.exists()

    def test_after_the_deadline_it_says_until_when_it_was_possible(
        self, lesson: Appointment, clock: time_machine.Traveller
    ) -> None:
        clock.move_to(lesson.start - timedelta(hours=2) + timedelta(seconds=1))
        client = logged_in(lesson.student)
        words = page(client, address(lesson, "annuler"))
        assert "c’était possible jusqu’au mardi 12 janvier 2027 à 12 h 30" in words
        assert "soutien" in words
        assert "Oui, annuler" not in words
        assert client.post(address(lesson, "annuler"), {"version": 0}).status_code == 409
        assert not CreditEntry.objects.exists()

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"version": 0, "motif": "x" * 501}, "Le motif compte 501 caractères; il peut en avoir 500"),
            ({"motif": ""}, "n’a pas été compris"),
            ({"version": "beaucoup"}, "n’a pas été compris"),
            ({"version": "-1"}, "n’a pas été compris"),
        ],
    )
    def test_what_cannot_be_read_is_refused_with_a_sentence(
        self, lesson: Appointment, data: dict[str, str], said: str
    ) -> None:
        answer = logged_in(lesson.student).post(address(lesson, "annuler"), data)
        assert answer.status_code == 422
        assert said in text_of(answer.content.decode())
        assert not AppointmentChange.objects.exists()

    def test_a_tutor_says_why_and_sees_no_price(self, lesson: Appointment) -> None:
        client = logged_in(lesson.tutor.user)
        html = client.get(address(lesson, "annuler")).content.decode()
        assert "$" not in html
        assert "Tremblay" not in html
        assert client.post(address(lesson, "annuler"), {"version": 0, "motif": " "}).status_code == 422
        assert client.post(address(lesson, "annuler"), {"version": 0, "motif": "Grippe"}).status_code == 302
        html = client.get(address(lesson, "annuler")).content.decode()
        assert "Ce cours est annulé" in html
        assert "$" not in html
        assert balance(user=lesson.student) == Decimal("45.00")


class TestMoving:
    def test_the_picker_shows_the_tutors_times_and_the_lessons_own(self, lesson: Appointment) -> None:
        make_lesson(course=lesson.course, tutor=lesson.tutor, start=datetime(2027, 1, 13, 14, 0, tzinfo=UTC))
        html = logged_in(lesson.student).get(address(lesson, "deplacer")).content.decode()
        times = times_by_day(html)
        assert next(iter(times)) == "mardi 12 janvier 2027"
        # The lesson is at 14:30; its own time stands in nobody's way, and isn't offered.
        assert times["mardi 12 janvier 2027"][-5:] == ["13 h 30", "14 h", "15 h", "15 h 30", "16 h"]
        assert times["mercredi 13 janvier 2027"][0] == "10 h"
        assert "14 h 30 à 15 h 30 heure actuelle" in text_of(html)

    def test_it_is_moved_after_a_question(self, lesson: Appointment) -> None:
        client = logged_in(lesson.student)
        words = page(client, address(lesson, "deplacer") + "?debut=2027-01-13T15:00Z")
        assert "mardi 12 janvier 2027 14 h 30 à 15 h 30" in words
        assert "mercredi 13 janvier 2027 10 h à 11 h" in words
        answer = client.post(address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN})
        assert (answer.status_code, answer["Location"]) == (302, "/tableau-de-bord/")
        words = page(client, "/tableau-de-bord/")
        assert "C’est déplacé au mercredi 13 janvier 2027 à 10 h." in words
        claim = TimeClaim.objects.get()
        assert (claim.appointment, claim.during.lower.isoformat()) == (lesson, WEDNESDAY_TEN)

    def test_a_second_click_moves_nothing_more(self, lesson: Appointment) -> None:
        client = logged_in(lesson.student)
        for _click in range(2):
            answer = client.post(address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN})
            assert (answer.status_code, answer["Location"]) == (302, "/tableau-de-bord/")
        assert AppointmentChange.objects.count() == 1
        assert OutboxMessage.objects.filter(type="booking.rescheduled").count() == 1

    def test_a_time_that_was_taken_meanwhile_is_answered_with_near_ones(self, lesson: Appointment) -> None:
        hold_for(make_cart(), lesson, datetime.fromisoformat(WEDNESDAY_TEN))
        client = logged_in(lesson.student)
        asked = client.get(address(lesson, "deplacer") + "?debut=2027-01-13T15:00Z")
        sent = client.post(address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN})
        for answer in (asked, sent):
            assert answer.status_code == 409
            words = text_of(answer.content.decode())
            assert "Cette plage vient d’être prise." in words
            near = words.partition("Libre tout près")[2]
            assert "mercredi 13 janvier 2027 à 9 h" in near
            assert "mercredi 13 janvier 2027 à 11 h" in near
            assert starts(answer.content.decode())
        lesson.refresh_from_db()
        assert lesson.sequence == 0

    def test_ones_own_cart_is_in_the_way_too(self, lesson: Appointment) -> None:
        hold_for(make_cart(lesson.student), lesson, datetime.fromisoformat(WEDNESDAY_TEN))
        answer = logged_in(lesson.student).post(
            address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN}
        )
        assert answer.status_code == 409
        assert "Un cours de votre panier occupe déjà cette plage." in text_of(answer.content.decode())

    def test_a_stale_page_is_told_and_shows_the_new_time(self, lesson: Appointment) -> None:
        client = logged_in(lesson.tutor.user)
        client.post(address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN, "motif": "Grippe"})
        answer = logged_in(lesson.student).post(
            address(lesson, "deplacer"), {"version": 0, "debut": "2027-01-14T15:00:00+00:00"}
        )
        words = text_of(answer.content.decode())
        assert answer.status_code == 409
        assert "Ce cours a changé depuis que cette page est ouverte." in words
        assert "mercredi 13 janvier 2027 10 h à 11 h" in words

    def test_after_the_deadline_it_can_still_be_called_off(
        self, lesson: Appointment, clock: time_machine.Traveller
    ) -> None:
        clock.move_to(lesson.start - timedelta(hours=24) + timedelta(seconds=1))
        client = logged_in(lesson.student)
        words = page(client, address(lesson, "deplacer"))
        assert "c’était possible jusqu’au lundi 11 janvier 2027 à 14 h 30" in words
        assert "Vous pouvez encore l’annuler." in words
        sent = client.post(address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN})
        assert sent.status_code == 409
        assert not AppointmentChange.objects.exists()

    def test_a_tutor_says_why_and_what_was_typed_is_kept(self, lesson: Appointment) -> None:
        client = logged_in(lesson.tutor.user)
        assert times_by_day(client.get(address(lesson, "deplacer")).content.decode())
        without = client.post(address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN})
        assert without.status_code == 422
        assert "Dites pourquoi" in without.content.decode()
        too_long = client.post(
            address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN, "motif": "y" * 501}
        )
        assert too_long.status_code == 422
        assert "y" * 501 in too_long.content.decode()
        done = client.post(
            address(lesson, "deplacer"), {"version": 0, "debut": WEDNESDAY_TEN, "motif": "Grippe"}
        )
        assert done.status_code == 302

    @pytest.mark.parametrize("debut", ["", "demain", "2027-01-13T15:00", "9999-12-31T23:59Z"])
    def test_a_time_that_cannot_be_read_is_answered_with_the_picker(
        self, lesson: Appointment, debut: str
    ) -> None:
        answer = logged_in(lesson.student).post(address(lesson, "deplacer"), {"version": 0, "debut": debut})
        assert answer.status_code == 422
        assert re.search(r'role="alert"', answer.content.decode())
        assert starts(answer.content.decode())

    @pytest.mark.parametrize("debut", ["demain", "2027-01-13T15:00"])
    def test_a_link_that_cannot_be_read_too(self, lesson: Appointment, debut: str) -> None:
        answer = logged_in(lesson.student).get(address(lesson, "deplacer"), {"debut": debut})
        assert answer.status_code == 422

    def test_a_time_outside_the_rules_is_refused(self, lesson: Appointment) -> None:
        night = logged_in(lesson.student).get(address(lesson, "deplacer"), {"debut": "2027-01-14T03:00Z"})
        assert night.status_code == 409
        assert "Le tuteur n’est pas disponible à cette heure." in text_of(night.content.decode())

    def test_a_week_without_times_leads_to_the_next_that_has_some(self, lesson: Appointment) -> None:
        lesson.tutor.weekly_rules.exclude(weekday=0).delete()
        lesson.tutor.time_off.create(
            during=(datetime(2027, 1, 10, tzinfo=UTC), datetime(2027, 1, 24, tzinfo=UTC))
        )
        html = logged_in(lesson.student).get(address(lesson, "deplacer")).content.decode()
        assert "Prochaine date libre : lundi 25 janvier 2027" in text_of(html)
        assert f"{address(lesson, 'deplacer')}?semaine=2027-01-25#picker" in html


@pytest.mark.parametrize("what", ["annuler", "deplacer"])
class TestWhoMay:
    def test_a_stranger_finds_nothing(self, lesson: Appointment, stranger: User, what: str) -> None:
        other_tutor = make_user(Role.TUTOR)
        for person in (stranger, other_tutor):
            client = logged_in(person)
            assert client.get(address(lesson, what)).status_code == 404
            assert client.post(address(lesson, what), {"version": 0}).status_code == 404
        assert not AppointmentChange.objects.exists()

    def test_a_visitor_logs_in_first(self, lesson: Appointment, what: str) -> None:
        answer = Client().get(address(lesson, what))
        assert answer["Location"] == f"/connexion/?next={address(lesson, what)}"
