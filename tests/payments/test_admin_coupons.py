"""Coupons in the Wagtail admin: made, watched, kept once they were used."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from wagtail.models import ModelLogEntry

from accounts.models import Role, User
from payments.models import Checkout, Coupon, CouponRedemption, Order
from tests.booking.pages import text_of
from tests.factories import logged_in, make_user
from tests.payments.support import make_checkout, make_coupon

pytestmark = pytest.mark.django_db
COUPONS = "/admin/snippets/payments/coupon/"


def typed(**changes: object) -> dict[str, object]:
    return {
        "code": "RENTREE10", "kind": "percent", "value": "10", "starts_at": "", "ends_at": "",
        "max_redemptions": "", "active": "on", **changes,
    }  # fmt: skip


def use(coupon: Coupon, *, number: str, discount: str = "4.50", paid: bool = True) -> CouponRedemption:
    """Somebody paid with it, or is about to."""
    checkout = make_checkout(discount=discount, code=coupon.code)
    if paid:
        Checkout.objects.filter(pk=checkout.pk).update(status=Checkout.Status.SETTLED)
        Order.objects.create(
            number=number, status=Order.Status.PAID, user=make_user(), checkout=checkout,
            subtotal_cad=Decimal("45.00"), total_cad=Decimal("40.50"),
        )  # fmt: skip
    return CouponRedemption.objects.create(
        coupon=coupon,
        checkout=checkout,
        discount_cad=Decimal(discount),
        used_at=timezone.now() if paid else None,
    )


def page(client: Client, path: str = "", **query: str) -> str:
    answer = client.get(COUPONS + path, query)
    assert answer.status_code == 200, answer
    return text_of(answer.content.decode())


def edit(client: Client, coupon: Coupon, **changes: object) -> Any:
    return client.post(f"{COUPONS}edit/{coupon.pk}/", typed(code=coupon.code, **changes))


def test_a_coupon_is_made_with_its_code_in_capitals(office: Client, admin: User) -> None:
    answer = office.post(
        f"{COUPONS}add/", typed(code=" rentree 10 ", ends_at="2099-12-31 23:59", max_redemptions="10")
    )
    assert answer.status_code == 302
    coupon = Coupon.objects.get()
    assert (coupon.code, coupon.kind, coupon.value) == ("RENTREE10", "percent", Decimal("10.00"))
    assert (coupon.max_redemptions, coupon.active) == (10, True)
    assert ModelLogEntry.objects.get(action="wagtail.create").user == admin


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"code": ""}, "Champ requis."),
        ({"code": "RENTRÉE"}, "Des lettres sans accent, des chiffres et des traits d’union."),
        ({"code": "-" * 41}, "au plus 40 caractères"),
        ({"code": "connu"}, "existe déjà"),
        ({"value": ""}, "Champ requis."),
        ({"value": "0"}, "Écrivez une valeur plus grande que zéro."),
        ({"value": "-5"}, "Écrivez une valeur plus grande que zéro."),
        ({"value": "dix"}, "Saisissez un nombre."),
        ({"value": "100.01"}, "Un pourcentage va jusqu’à 100."),
        ({"kind": "gratuit"}, "Sélectionnez un choix valide."),
        ({"max_redemptions": "0"}, "supérieure ou égale à 1"),
        ({"starts_at": "2099-02-01 00:00", "ends_at": "2099-01-01 00:00"}, "La fin vient après le début."),
        ({"ends_at": "2020-01-01 00:00"}, "Cette date est passée : changez-la, ou désactivez le code."),
    ],
)
def test_a_coupon_that_makes_no_sense_is_refused(
    office: Client, changes: dict[str, object], reason: str
) -> None:
    make_coupon("CONNU")
    answer = office.post(f"{COUPONS}add/", typed(**changes))
    assert answer.status_code in {200, 422}
    assert reason in text_of(answer.content.decode())
    assert Coupon.objects.count() == 1


def test_the_list_shows_worth_state_usage_and_what_was_given(office: Client) -> None:
    ten = make_coupon("RENTREE10", max_redemptions=10)
    for number in range(3):
        use(ten, number=f"2026-0000{number}")
    use(ten, number="", paid=False)
    make_coupon("BIENVENUE15", kind="fixed", value="15.00")
    make_coupon("FINI", value="12.50", ends_at=timezone.now())
    make_coupon("BIENTOT", starts_at=timezone.now() + timedelta(days=3))
    shown = page(office)
    for words in (
        "10 % En vigueur 3 / 10 13,50 $",
        "15,00 $ En vigueur 0 0,00 $",
        "12,5 % Terminé 0 0,00 $",
        "10 % À venir 0 0,00 $",
    ):
        assert words in shown, (words, shown)


def test_the_list_is_filtered_and_searched(office: Client) -> None:
    make_coupon("ENCORE")
    make_coupon("FINI", ends_at=timezone.now())
    make_coupon("ETEINT", active=False, starts_at=timezone.now() + timedelta(days=1))
    make_coupon("BIENTOT", kind="fixed", starts_at=timezone.now() + timedelta(days=1))
    codes = {"ENCORE", "FINI", "ETEINT", "BIENTOT"}
    for query, found in (
        ({"state": "running"}, {"ENCORE"}),
        ({"state": "ended"}, {"FINI", "ETEINT"}),
        ({"state": "upcoming"}, {"BIENTOT"}),
        ({"kind": "fixed"}, {"BIENTOT"}),
        ({"q": "enc"}, {"ENCORE"}),
    ):
        shown = page(office, **query)
        assert {code for code in codes if code in shown} == found, query


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("starts", [None, -1, 0, 1])
@pytest.mark.parametrize("ends", [None, 0, 2])
def test_state_and_its_filter_agree(active: bool, starts: int | None, ends: int | None) -> None:
    now = timezone.now()

    def on(days: int | None) -> datetime | None:
        return None if days is None else now + timedelta(days=days)

    if starts is not None and ends is not None and ends <= starts:
        starts = ends - 5
    coupon = make_coupon("X", active=active, starts_at=on(starts), ends_at=on(ends))
    states = [state for state in Coupon.State if Coupon.objects.in_state(state, now).exists()]
    assert states == [coupon.state(now)]


def test_its_page_names_the_orders_that_used_it(office: Client) -> None:
    coupon = make_coupon("RENTREE10", max_redemptions=10)
    order = Order.objects.get(checkout=use(coupon, number="2026-00042").checkout)
    use(coupon, number="", paid=False)
    answer = office.get(f"{COUPONS}inspect/{coupon.pk}/")
    html = answer.content.decode()
    assert f'href="/admin/snippets/payments/order/inspect/{order.pk}/">2026-00042</a>' in html
    words = text_of(html)
    assert "Utilisations 1 / 10 Rabais accordés 4,50 $" in words
    assert "Paiement en cours – Zoé Roy 4,50 $" in words


def test_what_a_used_coupon_is_worth_never_changes_and_the_page_says_why(office: Client) -> None:
    coupon = make_coupon("RENTREE10", max_redemptions=10)
    use(coupon, number="2026-00001")
    shown = page(office, f"edit/{coupon.pk}/")
    assert shown.count("Ce code a déjà servi : il reste tel que les commandes l’ont vu.") == 3

    # Disabled fields are not sent; the limits may change.
    sent = {"starts_at": "", "ends_at": "", "max_redemptions": "20", "active": "on"}
    assert office.post(f"{COUPONS}edit/{coupon.pk}/", sent).status_code == 302
    coupon.refresh_from_db()
    assert (coupon.max_redemptions, coupon.code, coupon.value) == (20, "RENTREE10", Decimal("10.00"))


@pytest.mark.parametrize("change", [{"code": "AUTRE"}, {"kind": "fixed"}, {"value": "50"}, {"value": "rien"}])
def test_a_page_opened_before_the_first_use_changes_nothing(
    office: Client, change: dict[str, object]
) -> None:
    coupon = make_coupon("RENTREE10")
    use(coupon, number="2026-00001")
    sent = typed(**change, max_redemptions="20")
    answer = office.post(f"{COUPONS}edit/{coupon.pk}/", sent)
    assert "Ce code vient de servir : cela ne change plus." in text_of(answer.content.decode())
    coupon.refresh_from_db()
    assert (coupon.code, coupon.kind, coupon.value) == ("RENTREE10", "percent", Decimal("10.00"))
    assert coupon.max_redemptions is None


def test_an_unused_coupon_may_change_altogether(office: Client) -> None:
    coupon = make_coupon("RENTREE10")
    answer = office.post(f"{COUPONS}edit/{coupon.pk}/", typed(code="autre", kind="fixed", value="20.00"))
    assert answer.status_code == 302
    coupon.refresh_from_db()
    assert (coupon.code, coupon.kind, coupon.value) == ("AUTRE", "fixed", Decimal("20.00"))


def test_deleting_a_used_coupon_switches_it_off(office: Client) -> None:
    used, unused = make_coupon("SERVI"), make_coupon("NEUF")
    use(used, number="2026-00001")
    assert "Un code qui n’a jamais servi est supprimé." in page(office, f"delete/{used.pk}/")
    for coupon in (used, unused):
        assert office.post(f"{COUPONS}delete/{coupon.pk}/").status_code == 302
    assert [(coupon.code, coupon.active) for coupon in Coupon.objects.all()] == [("SERVI", False)]
    assert "Le code SERVI a déjà servi : désactivé, et plus accepté." in page(office)


def test_deleting_several_keeps_the_used_ones_too(office: Client) -> None:
    used, unused = make_coupon("SERVI"), make_coupon("NEUF")
    use(used, number="2026-00001")
    office.post(f"/admin/bulk/payments/coupon/delete/?id={used.pk}&id={unused.pk}")
    assert [(coupon.code, coupon.active) for coupon in Coupon.objects.all()] == [("SERVI", False)]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.TUTOR, Role.STUDENT])
def test_only_the_direction_sees_coupons(role: str) -> None:
    coupon = make_coupon("SECRET")
    client = logged_in(make_user(role))
    for path in ("", "add/", f"edit/{coupon.pk}/", f"delete/{coupon.pk}/", f"inspect/{coupon.pk}/"):
        answer = client.get(COUPONS + path)
        assert answer.status_code in {302, 403}
        assert "SECRET" not in answer.content.decode()


def test_the_list_asks_no_more_for_many_coupons_than_for_one(
    office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    use(make_coupon("PREMIER"), number="2026-00001")
    page(office)
    with django_assert_max_num_queries(40) as few:
        page(office)
    for number in range(5):
        coupon = make_coupon(f"CODE{number}")
        use(coupon, number=f"2026-0001{number}")
        use(coupon, number="", paid=False)
    with django_assert_max_num_queries(len(few)):
        page(office)
