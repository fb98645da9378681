"""A student's credits and the direction's pages for coupons and credits, looked at in Chromium."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from payments.models import CreditEntry, Order
from payments.services.credits import add_entry
from tests.browser.conftest import Screenshot
from tests.browser.sessions import go_on_as
from tests.chromium import Barriers
from tests.factories import logged_in
from tests.payments.support import make_coupon

pytestmark = pytest.mark.browser


def give(user: User, amount: str, cause: CreditEntry.Cause, order: Order | None = None) -> None:
    add_entry(user=user, amount=Decimal(amount), cause=cause, now=timezone.now(), order=order)


def test_a_students_credits_have_no_barrier_empty_or_full(
    page: Page,
    live_server: LiveServer,
    student: User,
    screenshot: Screenshot,
    barriers: Barriers,
) -> None:
    go_on_as(logged_in(student), page.context, live_server.url)
    page.goto("/tableau-de-bord/")
    page.get_by_role("link", name="Crédits").click()
    expect(page.get_by_text("Aucun crédit pour le moment.")).to_be_visible()
    assert barriers(page) == []
    screenshot(page, "credits-empty")

    order = Order.objects.create(
        number="2026-00042", status=Order.Status.PAID, user=student,
        subtotal_cad=Decimal(45), total_cad=Decimal(45),
    )  # fmt: skip
    give(student, "45.00", CreditEntry.Cause.CANCELLATION, order)
    give(student, "-12.50", CreditEntry.Cause.SPENT, order)
    page.reload()
    expect(page.locator(".balance")).to_contain_text("32,50\xa0$")
    assert barriers(page) == []
    screenshot(page, "credits")
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_direction_makes_a_coupon_and_gives_a_credit(
    page: Page, live_server: LiveServer, admin: User, student: User, screenshot: Screenshot
) -> None:
    make_coupon("AUTOMNE10", max_redemptions=10)
    make_coupon("ETE25", value="25.00", ends_at=timezone.now() - timedelta(days=9), active=False)
    go_on_as(logged_in(admin), page.context, live_server.url)
    page.goto("/admin/snippets/payments/coupon/add/")
    page.get_by_label("Code", exact=False).first.fill("hiver 15")
    page.get_by_label("Genre").select_option("fixed")
    page.get_by_label("Valeur").fill("15")
    screenshot(page, "admin-coupon-add")
    page.get_by_role("button", name="Enregistrer").first.click()
    expect(page.get_by_role("link", name="HIVER15")).to_be_visible()
    screenshot(page, "admin-coupons")

    page.goto("/admin/snippets/payments/creditentry/")
    page.get_by_role("link", name="Donner un crédit").click()
    page.get_by_label("Courriel de l’élève").fill(student.email)
    page.get_by_label("Montant").fill("15.50")
    page.get_by_label("Note").fill("Pour la panne de mardi")
    screenshot(page, "admin-credit-give")
    page.get_by_role("button", name="Donner un crédit").click()
    expect(page.get_by_text("+15,50\xa0$ pour Zoé Roy.")).to_be_visible()
    screenshot(page, "admin-credits")
