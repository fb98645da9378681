"""A refund from an order's page is previewed to the cent, and what makes no sense is refused with a word."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from booking.models import Appointment, TimeClaim
from home.formats import long_date
from notifications.models import OutboxMessage
from payments.models import Order, OrderLine, Refund
from payments.services.credits import balance
from tests.notifications.support import written
from tests.payments.orders import Sold, make_paid_order
from tests.payments.refund_pages import (
    ORDERS,
    REFUNDS,
    by_line,
    confirm,
    hidden,
    inspect_url,
    preview,
    refund,
    refund_url,
    text_of,
    wish,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


class TestPreviewed:
    def test_what_the_preview_says_is_what_happens(self, office: Client, student: User) -> None:
        # 45 − 4.50 = 40.50, of which 20.25 by credits; 90 − 9 = 81, of which 40.50.
        order = make_paid_order(
            [Sold("45.00", "4.50", "20.25"), Sold("90.00", "9.00", "40.50")], student=student
        )
        answer = preview(office, order, by_line(order, "30,00", "", lessons="cancel"))
        said = text_of(answer)
        for shown in (
            "Sur la carte 20,25 $",
            "En crédits 9,75 $",
            "Le tuteur ne gagne plus 30,00 $",
            "Un courriel part à eleve@exemple.ca",
            "Le cours ne convenait pas.",
            "Rembourser 30,00 $",
            "20,25 $ 9,75 $ 30,00 $",
        ):
            assert shown in said, shown
        assert said.count("Cours annulés") == 1
        assert "Cours gardés" not in said
        assert not Refund.objects.exists(), "a preview does nothing"

        page = text_of(confirm(office, order, hidden(answer), follow=True))
        assert "20,25 $ retournent sur la carte, 9,75 $ sont rendus en crédits." in page
        made = order.refunds.get()
        assert (made.amount_cad, made.credits_cad, made.status) == (
            Decimal("20.25"),
            Decimal("9.75"),
            Refund.Status.SUCCEEDED,
        )
        first, second = order.lines.all()
        assert (first.returned_cad, second.returned_cad) == (Decimal("30.00"), Decimal("0.00"))
        assert first.earnings == OrderLine.Earnings.CANCELLED
        assert second.earnings == OrderLine.Earnings.SCHEDULED
        assert [line.appointment.status for line in (first, second) if line.appointment] == [
            Appointment.Status.REFUNDED,
            Appointment.Status.SCHEDULED,
        ]
        assert TimeClaim.objects.count() == 1
        assert balance(user=student) == Decimal("9.75")
        told = set(OutboxMessage.objects.values_list("type", flat=True))
        assert {"order.refunded", "booking.cancelled", "order.refund"} <= told

    def test_everything_keeps_the_lessons_when_asked_to(self, office: Client) -> None:
        order = make_paid_order([Sold(), Sold()])
        said = text_of(preview(office, order, wish()))
        assert "Cours gardés" in said
        assert "le tuteur est payé" in said
        assert "ne gagne plus" not in said
        refund(office, order, wish())
        order.refresh_from_db()
        assert order.status == Order.Status.REFUNDED
        assert Appointment.objects.filter(status=Appointment.Status.SCHEDULED).count() == 2
        assert TimeClaim.objects.count() == 2

    def test_one_amount_is_spread_over_the_lessons(self, office: Client) -> None:
        order = make_paid_order([Sold("45.00"), Sold("90.00")])
        refund(office, order, wish(extent="amount", amount="10 $"))
        assert [line.returned_cad for line in order.lines.all()] == [Decimal("3.33"), Decimal("6.67")]

    def test_one_amount_takes_the_card_before_any_credits(self, office: Client, student: User) -> None:
        order = make_paid_order(
            [Sold("40.00", credits="40.00"), Sold("60.00", credits="10.00")], student=student
        )
        refund(office, order, wish(extent="amount", amount="50.00"))
        made = order.refunds.get()
        assert (made.amount_cad, made.credits_cad) == (Decimal("50.00"), 0)
        refund(office, order, wish(extent="amount", amount="25"))
        assert balance(user=student) == Decimal("25.00")

    def test_all_as_credits(self, office: Client, student: User) -> None:
        order = make_paid_order(student=student)
        page = refund(office, order, wish(destination="credits"))
        assert "45,00 $ sont rendus en crédits." in page
        assert balance(user=student) == Decimal("45.00")

    def test_what_a_tutor_was_paid_is_said_to_stay_paid(self, office: Client) -> None:
        order = make_paid_order()
        OrderLine.objects.update(earnings=OrderLine.Earnings.PAID)
        Appointment.objects.update(status=Appointment.Status.COMPLETED)
        said = text_of(preview(office, order, wish(lessons="cancel")))
        assert "30,00 $ lui ont déjà été versés" in said
        assert "marqué comme donné" in said
        assert "ne gagne plus" not in said

    def test_part_and_part_and_the_rest(self, office: Client) -> None:
        order = make_paid_order([Sold(), Sold()])
        refund(office, order, by_line(order, "10", "0"))
        refund(office, order, by_line(order, "", "45,00"))
        page = refund(office, order, wish())
        assert "35,00 $ retournent sur la carte." in page
        assert "Remboursée" in page
        assert refund_url(order) not in page
        assert "Il ne reste rien à rembourser" in text_of(office.get(refund_url(order)))

    def test_modifying_loses_nothing_that_was_typed(self, office: Client) -> None:
        order = make_paid_order([Sold(), Sold()])
        shown = hidden(preview(office, order, by_line(order, "12,50", "7", lessons="cancel")))
        html = office.post(refund_url(order), shown | {"step": "edit"}).content.decode()
        for kept in ('value="12,50"', 'value="7"', 'value="Le cours ne convenait pas."'):
            assert kept in html
        assert re.search(r'value="cancel"[^>]*checked', html)
        assert not Refund.objects.exists()


def test_a_lesson_that_was_moved_is_refunded_under_the_date_that_it_has(
    office: Client, student: User
) -> None:
    order = make_paid_order([Sold(credits="45.00")], student=student)
    sold, moved = order.lines.get().start, datetime(2027, 1, 12, 19, 30, tzinfo=UTC)
    Appointment.objects.update(start=moved, end=moved + timedelta(hours=1))
    shown = preview(office, order, wish())
    pages = [office.get(refund_url(order)), shown]
    confirm(office, order, hidden(shown))
    made = Refund.objects.get()
    pages += [office.get(inspect_url(order)), office.get(f"{REFUNDS}inspect/{made.pk}/")]
    (mail,) = written(*OutboxMessage.objects.filter(type="order.refund"))
    said = [*map(text_of, pages), mail.text, mail.html]
    assert ["mardi 12 janvier 2027" in each for each in said] == [True] * 6
    assert not any(long_date(sold) in each for each in said)


class TestRefused:
    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"extent": "amount", "amount": "45,01"}, "Il reste 45,00 $ à rembourser."),
            ({"extent": "amount", "amount": ""}, "Donnez un montant."),
            ({"extent": "amount", "amount": "-1"}, "supérieure ou égale à 0"),
            ({"extent": "amount", "amount": "dix"}, "Saisissez un nombre"),
            ({"extent": "amount", "amount": "1,005"}, "2 chiffres après la virgule"),
            ({"extent": "amount", "amount": "NaN"}, "Saisissez un nombre"),
            ({"extent": "lines"}, "Donnez un montant pour un cours au moins."),
            ({"extent": "half"}, "half"),
            ({"reason": "  "}, "Dites pourquoi : l’élève le lira."),
            ({"reason": "x" * 501}, "500"),
            ({"lessons": ""}, "Dites si les rendez-vous ont lieu ou non."),
        ],
    )
    def test_what_makes_no_sense_is_said_and_nothing_is_lost(
        self, office: Client, changed: dict[str, str], said: str
    ) -> None:
        order = make_paid_order()
        answer = office.post(refund_url(order), wish(**changed) | {"step": "preview"})
        assert answer.status_code == 422
        assert said in text_of(answer)
        if "reason" not in changed:
            assert "Le cours ne convenait pas." in answer.content.decode()
        assert not Refund.objects.exists()

    def test_more_than_a_lesson_cost(self, office: Client) -> None:
        order = make_paid_order([Sold(), Sold()])
        answer = office.post(refund_url(order), by_line(order, "45.00", "45.01") | {"step": "preview"})
        assert answer.status_code == 422
        assert text_of(answer).count("Il reste 45,00 $ à rembourser.") == 1

    def test_another_orders_line_is_nobodys(self, office: Client) -> None:
        order, other = make_paid_order(), make_paid_order()
        answer = office.post(refund_url(order), by_line(other, "45.00") | {"step": "preview"})
        assert answer.status_code == 422
        assert not Refund.objects.exists()

    @pytest.mark.parametrize("token", ["", "x", "6b4aa555-a12a-4e17-937a-400c5031b609"])
    def test_a_confirmation_of_what_was_never_shown(self, office: Client, token: str) -> None:
        order = make_paid_order()
        answer = confirm(office, order, wish() | {"token": token, "shown": "guessed"})
        assert answer.status_code == 409
        assert "Rembourser 45,00 $" in text_of(answer)
        assert not Refund.objects.exists()

    def test_an_order_that_is_not_there(self, office: Client) -> None:
        assert office.get(f"{ORDERS}rembourser/{uuid.uuid4()}/").status_code == 404
        assert office.post(f"{ORDERS}verifier/{uuid.uuid4()}/").status_code == 404
