"""Refunding from an order's page: previewed to the cent, confirmed once, by the direction only."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from wagtail.models import ModelLogEntry

from accounts.models import Role, User
from booking.models import Appointment, TimeClaim
from notifications.models import OutboxMessage
from payments.models import CreditEntry, Order, OrderLine, Refund, Review
from payments.services.credits import balance
from payments.services.refunds import promise_refund, send_refund
from tests.factories import make_user
from tests.payments.orders import Sold, make_paid_order
from tests.payments.sandbox_process import StripeSandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]
ORDERS = "/admin/snippets/payments/order/"
REFUNDS = "/admin/snippets/payments/refund/"


def inspect_url(order: Order) -> str:
    return f"{ORDERS}inspect/{order.pk}/"


def refund_url(order: Order) -> str:
    return f"{ORDERS}rembourser/{order.pk}/"


@pytest.fixture
def office(admin: User) -> Client:
    return logged_in(admin)


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def wish(**more: str) -> dict[str, str]:
    return {
        "extent": "all",
        "destination": "card",
        "lessons": "keep",
        "reason": "Le cours ne convenait pas.",
        **more,
    }


def by_line(order: Order, *amounts: str, **more: str) -> dict[str, str]:
    lines = zip(order.lines.all(), amounts, strict=True)
    return wish(extent="lines", **{f"line-{line.pk}": amount for line, amount in lines}, **more)


def text_of(answer: Any) -> str:
    body = re.sub(r"(?s)<(style|script|svg).*?</\1>", " ", answer.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", body).split()).replace("\xa0", " ").replace("&#x27;", "'")


def hidden(answer: Any) -> dict[str, str]:
    """What the preview's form would send."""
    form = re.search(
        r'(?s)<form action="" method="post" class="refund-confirm">.*?</form>', answer.content.decode()
    )
    assert form, text_of(answer)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found[name[1]] = value[1].replace("&#x27;", "'")
    return found


def preview(client: Client, order: Order, data: dict[str, str]) -> Any:
    answer = client.post(refund_url(order), data | {"step": "preview"})
    assert answer.status_code == 200, text_of(answer)
    return answer


def confirm(client: Client, order: Order, shown: dict[str, str], **follow: bool) -> Any:
    return client.post(refund_url(order), shown | {"step": "confirm"}, **follow)  # type: ignore[arg-type]


def refund(client: Client, order: Order, data: dict[str, str]) -> str:
    """All three steps; gives what the order's page says then."""
    answer = confirm(client, order, hidden(preview(client, order, data)), follow=True)
    assert answer.redirect_chain == [(inspect_url(order), 302)]
    return text_of(answer)


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
            ({"reason": "x" * 201}, "200"),
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


class TestRepeated:
    def test_a_double_click_is_one_refund(self, office: Client) -> None:
        order = make_paid_order([Sold(), Sold()])
        shown = hidden(preview(office, order, by_line(order, "20", "")))
        confirm(office, order, shown)
        page = text_of(confirm(office, order, shown, follow=True))
        assert "déjà enregistré" in page
        assert order.refunds.count() == 1
        assert ModelLogEntry.objects.filter(action="payments.refund").count() == 1

    def test_going_back_after_a_full_refund_is_one_refund(self, office: Client) -> None:
        order = make_paid_order()
        shown = hidden(preview(office, order, wish(lessons="cancel")))
        for _time in range(3):
            assert confirm(office, order, shown).status_code == 302
        assert order.refunds.count() == 1

    def test_a_stale_preview_is_shown_anew(self, office: Client) -> None:
        order = make_paid_order([Sold(), Sold()])
        stale = hidden(preview(office, order, wish()))
        other = logged_in(make_user(Role.ADMIN))
        refund(other, order, by_line(order, "20", ""))
        answer = confirm(office, order, stale)
        assert answer.status_code == 409
        said = text_of(answer)
        assert "La commande a changé depuis cet aperçu : rien n’a été remboursé." in said
        assert "Rembourser 70,00 $" in said
        assert order.refunds.count() == 1
        confirm(office, order, hidden(answer))
        assert sorted(each.amount_cad for each in order.refunds.all()) == [Decimal("20.00"), Decimal("70.00")]

    def test_amounts_that_no_longer_fit_go_back_to_the_form(self, office: Client) -> None:
        order = make_paid_order([Sold(), Sold()])
        stale = hidden(preview(office, order, by_line(order, "40", "")))
        refund(logged_in(make_user(Role.ADMIN)), order, by_line(order, "20", ""))
        answer = confirm(office, order, stale)
        assert answer.status_code == 422
        said = text_of(answer)
        assert "La commande a changé" in said
        assert "Il reste 25,00 $ à rembourser." in said
        assert 'value="40"' in answer.content.decode()
        assert order.refunds.count() == 1

    def test_a_lesson_that_was_called_off_meanwhile_changes_the_plan(self, office: Client) -> None:
        order = make_paid_order([Sold(), Sold()])
        stale = hidden(preview(office, order, wish(lessons="cancel")))
        first = order.lines.all()[0].appointment
        assert first
        Appointment.objects.filter(pk=first.pk).update(status=Appointment.Status.CANCELLED)
        assert confirm(office, order, stale).status_code == 409
        assert not Refund.objects.exists()


class TestStripe:
    def test_stripe_away_is_a_refund_that_waits(self, office: Client, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        stripe_sandbox.control("fail", path="/v1/refunds", n=9, status=503)
        page = refund(office, order, wish())
        assert "Stripe ne l’a pas encore confirmé" in page
        assert "En cours" in page
        assert order.refunds.get().status == Refund.Status.PENDING
        stripe_sandbox.control("reset")
        page = text_of(office.post(f"{ORDERS}verifier/{order.pk}/", follow=True))
        assert "Les remboursements sont à jour avec Stripe." in page
        assert order.refunds.get().status == Refund.Status.SUCCEEDED

    def test_a_time_out_after_stripe_refunded_is_one_refund(
        self, office: Client, stripe_sandbox: StripeSandbox
    ) -> None:
        order = make_paid_order([Sold(), Sold()])
        stripe_sandbox.control("fail", path="/v1/refunds", method="POST", n=3, lost=True, after=True)
        shown = hidden(preview(office, order, by_line(order, "45", "")))
        confirm(office, order, shown)
        confirm(office, order, shown)
        office.post(f"{ORDERS}verifier/{order.pk}/")
        [made] = order.refunds.all()
        assert made.status == Refund.Status.SUCCEEDED
        refunds = stripe_sandbox.http.get(
            "/v1/refunds", params={"payment_intent": order.intent_id}, headers=stripe_sandbox.as_merchant
        ).json()["data"]
        assert [each["amount"] for each in refunds] == [4500]

    def test_asking_while_stripe_is_away(self, office: Client, stripe_sandbox: StripeSandbox) -> None:
        order = make_paid_order()
        stripe_sandbox.control("fail", path="/v1/refunds", n=9, status=503)
        page = text_of(office.post(f"{ORDERS}verifier/{order.pk}/", follow=True))
        assert "Stripe ne répond pas pour le moment." in page

    def test_a_refund_that_fails_later_is_shown_with_its_reason_and_can_be_given_as_credits(
        self, office: Client, stripe_sandbox: StripeSandbox, student: User
    ) -> None:
        order = make_paid_order(student=student)
        refund(office, order, wish())
        stripe_sandbox.control("refund", status="failed", refund=order.refunds.get().stripe_refund_id)
        page = text_of(office.post(f"{ORDERS}verifier/{order.pk}/", follow=True))
        assert "45,00 $ ne sont pas retournés : la carte a été déclarée perdue ou volée." in page
        assert "À traiter Dossier Depuis Issue Remboursement échoué" in page
        assert "Ouvert" in page
        page = refund(office, order, wish(destination="credits"))
        assert "Rendu autrement." in page
        assert not Review.objects.open().exists()
        assert balance(user=student) == Decimal("45.00")

    def test_a_refund_of_the_dashboard_is_fetched_and_shown(
        self, office: Client, stripe_sandbox: StripeSandbox
    ) -> None:
        order = make_paid_order()
        stripe_sandbox.http.post(
            "/v1/refunds",
            headers=stripe_sandbox.as_merchant,
            data={"payment_intent": order.intent_id, "amount": "1500"},
        ).raise_for_status()
        page = text_of(office.post(f"{ORDERS}verifier/{order.pk}/", follow=True))
        assert "Tableau de bord de Stripe" in page
        assert "Reste à rendre, au plus 30,00 $" in page


class TestWho:
    @pytest.mark.parametrize("role", [Role.EDITOR, Role.TUTOR, Role.STUDENT, None])
    def test_nobody_but_the_direction(self, role: str | None) -> None:
        order = make_paid_order()
        client = logged_in(make_user(role)) if role else Client()
        for answer in (
            client.get(refund_url(order)),
            client.post(refund_url(order), wish() | {"step": "preview"}),
            client.post(refund_url(order), wish() | {"step": "confirm", "token": str(uuid.uuid4())}),
            client.post(f"{ORDERS}verifier/{order.pk}/"),
            client.get(REFUNDS),
        ):
            assert answer.status_code in {302, 403}
            assert order.number not in answer.content.decode()
        assert not Refund.objects.exists()

    def test_who_may_only_look_sees_no_way_to_refund(self) -> None:
        order, clerk = make_paid_order(), make_user(Role.EDITOR)
        names = ("view_order", "view_refund")
        clerk.user_permissions.add(*Permission.objects.filter(codename__in=names))
        client = logged_in(clerk)
        page = client.get(inspect_url(order))
        assert page.status_code == 200
        assert "rembourser" not in page.content.decode()
        assert "verifier" not in page.content.decode()
        assert client.get(refund_url(order)).status_code == 302
        assert client.post(f"{ORDERS}verifier/{order.pk}/").status_code == 302

    def test_each_refund_is_in_the_audit_log(self, office: Client, admin: User) -> None:
        order = make_paid_order()
        refund(office, order, wish(lessons="cancel"))
        entry = ModelLogEntry.objects.get(action="payments.refund")
        made = order.refunds.get()
        lesson = order.lines.get().appointment
        assert lesson
        assert (entry.user, entry.object_id, entry.data) == (
            admin,
            str(order.pk),
            {
                "refund": str(made.pk),
                "card_cad": "45.00",
                "credits_cad": "0.00",
                "reason": "Le cours ne convenait pas.",
                "cancelled": [str(lesson.pk)],
            },
        )
        assert made.processed_by == admin


class TestList:
    def test_it_is_filtered_and_searched(self, office: Client, stripe_sandbox: StripeSandbox) -> None:
        zoe = make_paid_order(student=make_user(email="zoe@exemple.ca"))
        lea = make_paid_order(student=make_user(email="lea@exemple.ca"))
        refund(office, zoe, wish())
        stripe_sandbox.control("fail", path="/v1/refunds", n=9, status=503)
        refund(office, lea, wish())
        Refund.objects.filter(order=lea).update(source=Refund.Source.STRIPE)
        for query, found, left_out in (
            ("?status=pending", lea, zoe),
            ("?status=succeeded", zoe, lea),
            ("?source=stripe", lea, zoe),
            ("?q=zoe@exemple.ca", zoe, lea),
            (f"?q={lea.number}", lea, zoe),
        ):
            html = office.get(REFUNDS + query).content.decode()
            assert found.number in html, query
            assert left_out.number not in html, query

    def test_a_refund_is_read_and_never_written_by_hand(self, office: Client) -> None:
        order = make_paid_order()
        refund(office, order, wish())
        made = order.refunds.get()
        page = text_of(office.get(f"{REFUNDS}inspect/{made.pk}/"))
        for shown in (order.number, made.stripe_refund_id, "Mathématiques", "45,00 $", "Direction"):
            assert shown in page
        for view in ("add", f"edit/{made.pk}", f"delete/{made.pk}"):
            assert office.post(f"{REFUNDS}{view}/", {"status": "failed"}).status_code in {302, 403, 404}
        made.refresh_from_db()
        assert made.status == Refund.Status.SUCCEEDED

    def test_lists_and_pages_ask_as_much_for_many_as_for_one(
        self, office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        order = make_paid_order([Sold(), Sold()])

        def some(amount: str) -> None:
            made = promise_refund(
                order=order,
                amounts={line.pk: Decimal(amount) for line in order.lines.all()},
                reason="x",
                source=Refund.Source.ADMIN,
                now=timezone.now(),
            )
            send_refund(refund_id=made.pk, now=timezone.now())

        some("1.00")
        for url in (REFUNDS, inspect_url(order)):
            office.get(url)
            with django_assert_max_num_queries(40) as few:
                office.get(url)
            some("2.00")
            some("3.00")
            with django_assert_max_num_queries(len(few)):
                office.get(url)


def test_credits_of_a_refund_are_in_the_ledger_under_their_cause(office: Client, student: User) -> None:
    order = make_paid_order([Sold(credits="45.00")], student=student)
    page = refund(office, order, wish())
    entry = CreditEntry.objects.get(cause=CreditEntry.Cause.REFUND)
    assert (entry.amount_cad, entry.order, entry.refund) == (Decimal("45.00"), order, order.refunds.get())
    assert "Crédits Date Cause Montant Par" in page
