"""Refunding from an order's page: once however often confirmed, followed at Stripe, by the direction only."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from wagtail.models import ModelLogEntry

from accounts.models import Role, User
from booking.models import Appointment
from payments.models import CreditEntry, Refund, Review
from payments.services.credits import balance
from payments.services.refunds import promise_refund, send_refund
from tests.factories import logged_in, make_user
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
from tests.payments.sandbox_process import StripeSandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


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
