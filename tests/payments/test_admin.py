"""Orders in the Wagtail admin: found, filtered, read; changed by nobody, hidden from editors."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from accounts.services import create_account
from payments.models import Order
from payments.services import settle
from tests.factories import logged_in
from tests.payments.support import make_held_cart, make_shelf, start_and_pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]
ORDERS = "/admin/snippets/payments/order/"


def a_client(role: str) -> Client:
    user = create_account(email=f"{role}@exemple.ca", first_name="A", last_name="B", role=role)
    return logged_in(user)


def make_order(email: str = "zoe@exemple.ca") -> Order:
    checkout = start_and_pay(make_held_cart(*make_shelf()), email=email)
    settle(intent_id=str(checkout.intent_id), now=timezone.now())
    return Order.objects.get(checkout=checkout)


def html_of(answer: Any) -> str:
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def test_the_list_shows_number_status_date_student_and_total() -> None:
    order = make_order()
    html = html_of(a_client(Role.ADMIN).get(ORDERS))
    for shown in (order.number, "Payée", "Zoé Roy", "45,00\xa0$"):
        assert shown in html


def test_the_list_is_filtered_by_status_and_date_and_searched() -> None:
    zoe, lea = make_order(), make_order("lea@exemple.ca")
    Order.objects.filter(pk=lea.pk).update(
        status=Order.Status.REFUNDED, created_at=timezone.now().replace(year=2025)
    )
    client = a_client(Role.ADMIN)
    for query, found, left_out in (
        ("?status=paid", zoe, lea),
        ("?status=refunded", lea, zoe),
        ("?created_at_from=2025-01-01&created_at_to=2025-12-31", lea, zoe),
        ("?q=lea@exemple.ca", lea, zoe),
        (f"?q={zoe.number}", zoe, lea),
    ):
        html = html_of(client.get(ORDERS + query))
        assert found.number in html, query
        assert left_out.number not in html, query


def test_the_inspect_view_shows_lines_appointments_and_the_stripe_id() -> None:
    order = make_order()
    html = html_of(a_client(Role.ADMIN).get(f"{ORDERS}inspect/{order.pk}/"))
    for shown in (order.intent_id, "Mathématiques", "Maude Gagnon", "Prévu", "45,00\xa0$", "30,00\xa0$"):
        assert shown in html


@pytest.mark.parametrize("view", ["add", "edit/{pk}", "delete/{pk}", "copy/{pk}"])
def test_nobody_changes_an_order_by_hand(view: str) -> None:
    order = make_order()
    client = a_client(Role.ADMIN)
    User.objects.filter(role=Role.ADMIN).update(is_superuser=True)
    url = f"{ORDERS}{view.format(pk=order.pk)}/"
    for answer in (client.get(url), client.post(url, {"status": "refunded"})):
        assert answer.status_code in {302, 403, 404}
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


@pytest.mark.parametrize("role", [Role.EDITOR, Role.TUTOR, Role.STUDENT])
def test_only_admins_see_orders(role: str) -> None:
    order = make_order()
    client = a_client(role)
    for url in (ORDERS, f"{ORDERS}inspect/{order.pk}/", "/admin/snippets/payments/checkout/"):
        answer = client.get(url)
        assert answer.status_code in {302, 403}
        assert order.number not in answer.content.decode()
    assert "Commandes" not in client.get("/admin/", follow=True).content.decode()


def test_the_list_asks_as_many_questions_for_many_orders_as_for_one(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = a_client(Role.ADMIN)
    make_order()
    client.get(ORDERS)
    with django_assert_max_num_queries(40) as few:
        client.get(ORDERS)
    for number in range(4):
        make_order(f"eleve{number}@exemple.ca")
    with django_assert_max_num_queries(len(few)):
        client.get(ORDERS)
