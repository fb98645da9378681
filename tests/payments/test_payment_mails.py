"""What a buyer is written when a payment goes wrong, and how a confirmation reads when things moved on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from icalendar import Calendar

from accounts.models import User
from booking.models import Appointment
from notifications.composing import Mail
from notifications.models import OutboxMessage
from notifications.services import record
from payments import mails
from payments.errors import PaymentDeclined
from payments.models import Checkout, Order
from payments.services import reconcile
from payments.services.settlement import settle
from tests.notifications.support import written
from tests.payments.sold import START, make_sold_lesson
from tests.payments.support import (
    ASKS_3D_SECURE,
    NO_FUNDS,
    make_checkout,
    make_held_cart,
    make_shelf,
    start_and_pay,
)

pytestmark = pytest.mark.django_db


def sent(kind: str) -> list[Mail]:
    return written(*OutboxMessage.objects.filter(type=kind))


class TestConfirmation:
    def test_lessons_stand_there_as_they_are_when_it_goes_out(self) -> None:
        lesson = make_sold_lesson()
        order = Order.objects.get()
        record(*mails.confirmation_mails(order, []), now=START)
        Appointment.objects.filter(pk=lesson.pk).update(
            start=START + timedelta(days=1), end=START + timedelta(days=1, hours=1), sequence=1
        )
        (mail,) = sent("order.confirmation")
        assert "mercredi 13 janvier 2027, 14\xa0h\xa030 à 15\xa0h\xa030" in mail.text
        assert "mardi 12" not in mail.text + mail.html
        (attachment,) = mail.attachments
        calendar = Calendar.from_ical(attachment.content)
        (event,) = calendar.walk("VEVENT")
        assert (calendar["METHOD"], event["UID"], event["SEQUENCE"]) == ("PUBLISH", f"{lesson.pk}@fanal", 1)
        assert attachment.mimetype == "text/calendar; method=PUBLISH"

    def test_one_that_was_called_off_since_is_said_to_be_and_is_in_no_calendar(self) -> None:
        lesson = make_sold_lesson()
        record(*mails.confirmation_mails(Order.objects.get(), []), now=START)
        Appointment.objects.filter(pk=lesson.pk).update(status="cancelled")
        (mail,) = sent("order.confirmation")
        assert "(annulé depuis)" in mail.text
        assert "Annulé depuis." in mail.html
        assert "cours.ics" not in mail.text + mail.html
        assert mail.attachments == []


@pytest.mark.usefixtures("stripe_sandbox")
class TestMoneyThatDoesNotMatch:
    def test_its_buyer_hears_once_that_nothing_is_booked_and_a_person_looks(self) -> None:
        checkout = start_and_pay(make_held_cart(*make_shelf()))
        Checkout.objects.filter(pk=checkout.pk).update(total_cad=Decimal("46.00"))
        for _time in range(2):
            settle(intent_id=str(checkout.intent_id), now=timezone.now())
        (mail,) = sent("payment.held")
        assert (mail.to, mail.subject) == ("zoe@exemple.ca", "Nous vérifions votre paiement")
        for body in (mail.text, mail.html):
            assert "Rien n’est encore réservé" in body
            assert "Mathématiques" in body

        Checkout.objects.update(status=Checkout.Status.CLOSED)
        assert sent("payment.held") == []


def refused(*, user: User | None = None) -> Checkout:
    """A checkout whose card was refused and whose time then ran out."""
    checkout = make_checkout(user=user, status=Checkout.Status.CANCELLED)
    mails.record_payment_failed(checkout, now=timezone.now())
    return checkout


class TestRefusedCard:
    @pytest.mark.usefixtures("stripe_sandbox")
    def test_the_buyer_hears_of_it_once_the_time_to_try_again_is_over(self, student: User) -> None:
        cart = make_held_cart(*make_shelf(), user=student)
        with pytest.raises(PaymentDeclined):
            start_and_pay(cart, card=NO_FUNDS, user=student, email=student.email)
        checkout = Checkout.objects.get()
        reconcile(now=checkout.deadline - timedelta(seconds=1))
        assert sent("payment.failed") == []
        reconcile(now=checkout.deadline)
        reconcile(now=checkout.deadline + timedelta(minutes=10))
        (mail,) = sent("payment.failed")
        assert (mail.to, mail.subject) == (student.email, "Votre paiement n’a pas abouti")
        for body in (mail.text, mail.html):
            assert f"Bonjour {student.first_name}," in body
            assert "Les fonds disponibles sur cette carte sont insuffisants." in body
            assert "Rien n’a été pris sur votre carte" in body

    @pytest.mark.usefixtures("stripe_sandbox")
    def test_who_left_at_the_banks_question_hears_that_nothing_was_taken(self, student: User) -> None:
        cart = make_held_cart(*make_shelf(), user=student)
        checkout = start_and_pay(cart, card=ASKS_3D_SECURE, user=student, email=student.email)
        reconcile(now=checkout.deadline)
        (mail,) = sent("payment.failed")
        for body in (mail.text, mail.html):
            assert "Il n’a pas été terminé à temps" in body
            assert "Rien n’a été pris sur votre carte" in body

    def test_a_stranger_whose_address_somebody_typed_reads_no_word_of_theirs(self) -> None:
        refused()
        (mail,) = sent("payment.failed")
        assert "Zoé" not in mail.text + mail.html
        assert "Bonjour," in mail.text

    @pytest.mark.parametrize("status", ["paying", "settled", "review"])
    def test_nothing_is_said_to_who_has_tried_again(self, student: User, status: str) -> None:
        refused(user=student)
        make_checkout(user=student, status=status)
        assert sent("payment.failed") == []
