"""Lessons in the Wagtail admin: found, read with their money and history, and arranged with a reason."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from wagtail.models import ModelLogEntry

from accounts.models import Role, User
from booking.models import Appointment, AppointmentChange, TimeClaim
from notifications.models import OutboxMessage
from payments.models import Order, OrderLine, Refund
from payments.services import settle
from payments.services.credits import balance
from tests.booking.pages import text_of
from tests.factories import logged_in, make_course, make_lesson, make_tutor, make_user
from tests.payments.sold import START, make_sold_lesson
from tests.payments.support import make_held_cart, next_lesson_time, start_and_pay

pytestmark = pytest.mark.django_db
LESSONS = "/admin/snippets/booking/appointment/"
MONDAY = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest) -> Iterator[None]:
    if "stripe_sandbox" in request.fixturenames:
        yield
        return
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def direction(admin: User) -> Client:
    return logged_in(admin)


def read(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return text_of(answer.content.decode())


def lesson_page(client: Client, lesson: Appointment) -> str:
    return read(client.get(f"{LESSONS}inspect/{lesson.pk}/"))


def send(client: Client, what: str, lesson: Appointment, **data: Any) -> Any:
    return client.post(
        f"{LESSONS}{what}/{lesson.pk}/", {"version": lesson.sequence, "motif": "Tempête", **data}
    )


class TestList:
    def test_it_is_narrowed_by_state_tutor_course_and_date_and_searched(self, direction: Client) -> None:
        maths = make_sold_lesson()
        french = make_course("Français")
        tutor = make_tutor("Karim Haddad", courses=[french])
        other = make_lesson(
            course=french,
            tutor=tutor,
            start=START + timedelta(days=30),
            student=make_user(first_name="Léa", last_name="Fortin", email="lea@exemple.ca"),
        )
        Appointment.objects.filter(pk=other.pk).update(status=Appointment.Status.CANCELLED)
        number = maths.order_line.order.number
        for query, found, left_out in (
            ("?status=scheduled", maths, other),
            ("?status=cancelled", other, maths),
            (f"?tutor={tutor.pk}", other, maths),
            (f"?course={french.pk}", other, maths),
            ("?start_from=2027-02-01&start_to=2027-02-28", other, maths),
            ("?q=lea@exemple.ca", other, maths),
            (f"?q={number}", maths, other),
        ):
            page = direction.get(LESSONS + query).content.decode()
            assert str(found.pk) in page, query
            assert str(left_out.pk) not in page, query

    def test_its_queries_do_not_grow(
        self, direction: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        first = make_sold_lesson()
        direction.get(LESSONS)
        with CaptureQueriesContext(connection) as few:
            direction.get(LESSONS)
        for day in range(1, 6):
            make_sold_lesson(course=first.course, tutor=first.tutor, start=START + timedelta(days=day))
        with django_assert_num_queries(len(few)):
            direction.get(LESSONS)


class TestReading:
    def test_money_and_history_are_there_and_the_order_leads_back(self, direction: Client) -> None:
        lesson = make_sold_lesson(discount="9.00", credits="6.00")
        order = Order.objects.get()
        send(direction, "annuler", lesson, compensation="credit", shown="30.00+6.00")
        words = lesson_page(direction, lesson)
        assert "36,00 $ dont 6,00 $ en crédits (prix 45,00 $, rabais 9,00 $)" in words
        assert "36,00 $ en crédits, 0,00 $ sur la carte" in words
        assert "30,00 $ (Annulés)" in words
        assert "Tempête" in words
        assert "Prévu Annulé" in words
        page = direction.get(f"{LESSONS}inspect/{lesson.pk}/").content.decode()
        assert f"/admin/snippets/payments/order/inspect/{order.pk}/" in page
        page = direction.get(f"/admin/snippets/payments/order/inspect/{order.pk}/").content.decode()
        assert f"{LESSONS}inspect/{lesson.pk}/" in page

    def test_only_what_can_be_done_is_offered(self, direction: Client) -> None:
        lesson = make_sold_lesson()

        def offered() -> set[str]:
            page = direction.get(f"{LESSONS}inspect/{lesson.pk}/").content.decode()
            return set(re.findall(rf"appointment/(\w+)/{lesson.pk}/", page)) - {"inspect"}

        assert offered() == {"annuler", "deplacer"}
        with time_machine.travel(START, tick=False):
            assert offered() == {"annuler", "deplacer", "donne"}
        Appointment.objects.update(status=Appointment.Status.CANCELLED)
        assert offered() == {"retablir"}


class TestCancelling:
    def test_the_amounts_are_said_before_the_click(self, direction: Client) -> None:
        lesson = make_sold_lesson(discount="5.00", credits="10.00")
        words = read(direction.get(f"{LESSONS}annuler/{lesson.pk}/"))
        assert "Un crédit de 40,00 $" in words
        assert "Un remboursement : 30,00 $ sur la carte, 10,00 $ en crédits, comme payé" in words
        assert "Rien" in words
        assert "Le tuteur ne gagne plus 30,00 $." in words

    def test_by_credit_it_is_in_history_and_log(self, direction: Client, admin: User) -> None:
        lesson = make_sold_lesson()
        answer = send(direction, "annuler", lesson, compensation="credit", shown="45.00+0.00")
        assert (answer.status_code, answer["Location"]) == (302, f"{LESSONS}inspect/{lesson.pk}/")
        assert "Ce cours est annulé; 45,00 $ en crédit." in lesson_page(direction, lesson)
        assert balance(user=lesson.student) == Decimal("45.00")
        assert (AppointmentChange.objects.get().actor, AppointmentChange.objects.get().by) == ("admin", admin)
        entry = ModelLogEntry.objects.get(action="payments.cancel")
        assert (entry.user, entry.object_id, entry.data) == (admin, str(lesson.pk), {"reason": "Tempête"})
        payload = OutboxMessage.objects.get(type="booking.cancelled").payload
        assert (payload["cancelled_by"], payload["cancelled_by_id"]) == ("admin", str(admin.pk))

    def test_twice_is_once(self, direction: Client) -> None:
        lesson = make_sold_lesson()
        for _click in range(2):
            send(direction, "annuler", lesson, compensation="credit", shown="45.00+0.00")
        assert "C’est déjà fait" in lesson_page(direction, lesson)
        assert balance(user=lesson.student) == Decimal("45.00")
        assert ModelLogEntry.objects.filter(action="payments.cancel").count() == 1

    def test_amounts_that_changed_meanwhile_are_shown_again(self, direction: Client) -> None:
        lesson = make_sold_lesson()
        OrderLine.objects.update(returned_cad=Decimal("20.00"))
        answer = send(direction, "annuler", lesson, compensation="credit", shown="45.00+0.00")
        assert answer.status_code == 409
        words = text_of(answer.content.decode())
        assert "Ce cours a changé" in words
        assert "Un crédit de 25,00 $" in words
        assert "Tempête" in html.unescape(answer.content.decode())
        assert 'value="25.00+0.00"' in answer.content.decode()
        assert not AppointmentChange.objects.exists()

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ({"motif": "", "compensation": "nothing"}, "Dites pourquoi"),
            ({"motif": "x" * 501, "compensation": "nothing"}, "501 caractères"),
            ({"compensation": ""}, "Dites ce que reçoit"),
            ({"compensation": "or"}, "Ce choix n’est plus possible."),
        ],
    )
    def test_what_cannot_be_read_is_refused(self, direction: Client, data: dict[str, str], said: str) -> None:
        lesson = make_sold_lesson()
        answer = send(direction, "annuler", lesson, shown="45.00+0.00", **data)
        assert answer.status_code == 422
        assert said in text_of(answer.content.decode())
        assert not AppointmentChange.objects.exists()


class TestMoving:
    def test_the_rules_are_shown_and_may_be_left_aside(self, direction: Client) -> None:
        lesson = make_sold_lesson()
        night = {"date": "2027-01-14", "time": "23:10"}
        words = read(send(direction, "deplacer", lesson, **night))
        assert "jeudi 14 janvier 2027, 23 h 10 à 0 h 10" in words
        assert "Un cours commence à l’heure juste ou à la demie." in words
        assert "Le tuteur n’est pas disponible à cette heure." in words
        assert not AppointmentChange.objects.exists()
        for _click in range(2):
            assert send(direction, "deplacer", lesson, step="confirm", **night).status_code == 302
        assert "Ce cours est déplacé au jeudi 14 janvier 2027 à 23 h 10." in lesson_page(direction, lesson)
        assert AppointmentChange.objects.count() == 1
        assert ModelLogEntry.objects.filter(action="payments.move").count() == 1
        assert TimeClaim.objects.get().during.lower == datetime(2027, 1, 15, 4, 10, tzinfo=UTC)

    def test_never_what_others_have(self, direction: Client) -> None:
        lesson = make_sold_lesson()
        make_lesson(course=lesson.course, tutor=lesson.tutor, start=START + timedelta(days=1))
        there = {"date": "2027-01-13", "time": "15:00"}
        assert "Cette plage est déjà prise." in read(send(direction, "deplacer", lesson, **there))
        answer = send(direction, "deplacer", lesson, step="confirm", **there)
        assert answer.status_code == 409
        assert "Cette plage vient d’être prise." in text_of(answer.content.decode())
        assert not AppointmentChange.objects.exists()

    def test_the_hour_that_the_clocks_skip_does_not_exist(self, direction: Client) -> None:
        lesson = make_sold_lesson()
        answer = send(direction, "deplacer", lesson, date="2027-03-14", time="02:30")
        assert answer.status_code == 422
        assert "Cette heure n’existe pas ce jour-là" in text_of(answer.content.decode())

    @pytest.mark.parametrize("day", ["0001-01-01", "0227-01-14", "2207-01-14", "9999-12-31"])
    def test_a_slip_in_the_year_is_said(self, direction: Client, day: str) -> None:
        answer = send(direction, "deplacer", make_sold_lesson(), date=day, time="23:30", step="confirm")
        assert answer.status_code == 422
        assert "Cette date est trop lointaine. Vérifiez l’année." in text_of(answer.content.decode())

    @pytest.mark.parametrize("data", [{"date": "", "time": "14:00"}, {"date": "2027-01-14", "time": "tôt"}])
    def test_a_time_that_cannot_be_read_is_refused(self, direction: Client, data: dict[str, str]) -> None:
        assert send(direction, "deplacer", make_sold_lesson(), **data).status_code == 422


def test_an_order_says_beside_its_state_what_was_called_off_and_credited(direction: Client) -> None:
    lesson = make_sold_lesson(discount="5.00", credits="10.00")
    orders = "/admin/snippets/payments/order/"
    page = f"{orders}inspect/{Order.objects.get().pk}/"
    assert "annulé" not in read(direction.get(page))
    assert "30,00 $ –" in read(direction.get(orders))

    send(direction, "annuler", lesson, compensation="credit", shown="30.00+10.00")
    assert "Payée 1 cours annulé, crédité 40,00 $ Date" in read(direction.get(page))
    assert "30,00 $ 40,00 $" in read(direction.get(orders))
    second = OrderLine.objects.get()
    other = make_sold_lesson(start=START + timedelta(days=1), student=lesson.student)
    OrderLine.objects.exclude(pk=second.pk).update(order=second.order_id)
    other.refresh_from_db()
    send(direction, "annuler", other, compensation="credit", shown="45.00+0.00")
    assert "Payée 2 cours annulés, crédités 85,00 $ en tout Date" in read(direction.get(page))

    for each in (lesson, other):
        each.refresh_from_db()
        send(direction, "retablir", each, takes_credit_back="on" if each == lesson else "")
    assert "cours annulé" not in read(direction.get(page))
    assert "30,00 $ 45,00 $" in read(direction.get(orders))  # of the two, one was not taken back


class TestBringingBack:
    def test_with_its_credit_taken_back(self, direction: Client) -> None:
        lesson = make_sold_lesson()
        send(direction, "annuler", lesson, compensation="credit", shown="45.00+0.00")
        lesson.refresh_from_db()
        assert "Reprendre le crédit de 45,00 $" in read(direction.get(f"{LESSONS}retablir/{lesson.pk}/"))
        for _click in range(2):
            assert send(direction, "retablir", lesson, takes_credit_back="on").status_code == 302
        lesson.refresh_from_db()
        assert lesson.status == Appointment.Status.SCHEDULED
        assert balance(user=lesson.student) == 0
        assert ModelLogEntry.objects.filter(action="payments.restore").count() == 1

    def test_a_taken_time_is_said_and_what_was_typed_is_kept(self, direction: Client) -> None:
        lesson = make_sold_lesson()
        send(direction, "annuler", lesson, compensation="nothing", shown="45.00+0.00")
        lesson.refresh_from_db()
        make_lesson(course=lesson.course, tutor=lesson.tutor, start=START)
        answer = send(direction, "retablir", lesson)
        assert answer.status_code == 409
        assert "Cette plage vient d’être prise." in text_of(answer.content.decode())
        assert "Tempête" in answer.content.decode()


class TestGiven:
    def test_once_it_has_begun(self, direction: Client) -> None:
        lesson = make_sold_lesson()
        assert send(direction, "donne", lesson).status_code == 302
        assert not AppointmentChange.objects.exists()
        with time_machine.travel(START + timedelta(minutes=50), tick=False):
            for _click in range(2):
                assert send(direction, "donne", lesson).status_code == 302
        assert OrderLine.objects.get().earnings == OrderLine.Earnings.EARNED
        assert ModelLogEntry.objects.filter(action="payments.complete").count() == 1
        assert OutboxMessage.objects.filter(type="appointment.completed").count() == 1


@pytest.mark.parametrize("what", ["annuler", "deplacer", "retablir", "donne"])
def test_nobody_else_arranges_lessons(what: str) -> None:
    lesson = make_sold_lesson()
    for person in (make_user(Role.EDITOR), lesson.student, lesson.tutor.user):
        client = logged_in(person)
        answer = send(client, what, lesson, compensation="credit", shown="45.00+0.00")
        assert answer.status_code in {302, 403}
    assert not AppointmentChange.objects.exists()


@pytest.mark.usefixtures("stripe_sandbox")
def test_a_refund_goes_to_the_card_after_the_commit(direction: Client, student: User) -> None:
    course = make_course("Mathématiques", rate="45.00")
    tutor = make_tutor("Maude Gagnon", courses=[course])
    cart = make_held_cart(course, tutor, user=student, starts=[next_lesson_time()])
    checkout = start_and_pay(cart, user=student, email=student.email)
    settle(intent_id=str(checkout.intent_id), now=timezone.now())
    lesson = Appointment.objects.get()
    send(direction, "annuler", lesson, compensation="refund", shown="45.00+0.00")
    refund = Refund.objects.get()
    assert (refund.status, refund.amount_cad) == (Refund.Status.SUCCEEDED, Decimal("45.00"))
    assert refund.stripe_refund_id.startswith("re_")
    lesson.refresh_from_db()
    assert lesson.status == Appointment.Status.REFUNDED
    assert Order.objects.get().status == Order.Status.REFUNDED
    assert balance(user=student) == 0
    assert OutboxMessage.objects.get(type="booking.cancelled").payload["credit_issued"] == 0


def test_the_list_begins_with_the_next_lesson_and_can_be_sorted(direction: Client) -> None:
    """A lesson under way comes before what is to come, and that before what is over, the newest first."""
    days = {"under way": -0.02, "today": 0.2, "next month": 30, "yesterday": -1, "last year": -365}
    course = make_course()
    for name, day in days.items():
        tutor = make_tutor(name, courses=[course])
        make_lesson(course=course, tutor=tutor, start=MONDAY + timedelta(days=day))

    def listed(query: str = "") -> list[str]:
        words = read(direction.get(f"{LESSONS}{query}"))
        return sorted((name for name in days if name in words), key=words.rindex)

    assert listed() == ["under way", "today", "next month", "yesterday", "last year"]
    assert listed("?ordering=start") == ["last year", "yesterday", "under way", "today", "next month"]
    assert listed("?ordering=-start") == ["next month", "today", "under way", "yesterday", "last year"]
    assert "ordering=start" in direction.get(LESSONS).content.decode()
