"""Refunding as the direction does it, in a browser: every page readable by all, in pictures."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Role, User
from payments.models import Order, Refund
from payments.services.refunds import promise_refund, send_refund, take_in_refunds
from tests.browser.conftest import SCREENSHOTS
from tests.chromium import Barriers
from tests.factories import PASSWORD, make_course, make_lesson, make_tutor, make_user
from tests.payments.orders import Sold, make_paid_order
from tests.payments.sandbox_process import StripeSandbox

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def look(page: Page, name: str) -> None:
    """The admin scrolls inside itself: a picture of all of it needs a window of that height."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for width, height in ((1280, 1500), (390, 2000)):
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", caret="initial")
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="null")


def log_in(page: Page, address: str) -> None:
    """As the direction, by the page that a stranger who asks for this address is led to."""
    page.goto(address)
    page.get_by_label("Courriel").fill("direction@exemple.ca")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Se connecter").click()


def refund_line(order: Order, n: int, amount: str, admin: User) -> Refund:
    refund = promise_refund(
        order=order,
        amounts={order.lines.all()[n].pk: Decimal(amount)},
        reason="Le tuteur était en retard.",
        source=Refund.Source.ADMIN,
        now=timezone.now(),
        by=admin,
    )
    return send_refund(refund_id=refund.pk, now=timezone.now())


def test_from_an_orders_page_to_a_refund_and_back(
    page: Page,
    live_server: LiveServer,
    stripe_sandbox: StripeSandbox,
    barriers: Barriers,
) -> None:
    admin = make_user(Role.ADMIN, email="direction@exemple.ca", first_name="Claire", last_name="Bouchard")
    order = make_paid_order([Sold("45.00", "4.50", "10.25"), Sold("67.50", "6.75"), Sold("45.00", "4.50")])
    refund_line(order, 0, "10.00", admin)
    stripe_sandbox.control("refund", status="pending")
    refund_line(order, 1, "5.00", admin)
    stripe_sandbox.control("reset")
    failed = refund_line(order, 1, "7.00", admin)
    stripe_sandbox.control("refund", status="failed", refund=failed.stripe_refund_id)
    take_in_refunds(intent_id=order.intent_id, now=timezone.now())

    log_in(page, f"{live_server.url}/admin/snippets/payments/order/inspect/{order.pk}/")
    expect(page.get_by_role("heading", name="À traiter")).to_be_visible()
    look(page, "refund-order")
    assert barriers(page) == []

    page.get_by_role("link", name="Rembourser").click()
    first = page.get_by_label("Mathématiques").first
    expect(first).to_be_hidden()
    page.get_by_label("Un montant par cours").check()
    expect(first).to_have_value("30,50")
    look(page, "refund-form")
    assert barriers(page) == []
    page.get_by_role("button", name="Voir ce qui se passera").click()
    expect(page.get_by_text("Dites pourquoi : l’élève le lira.")).to_be_visible()
    assert barriers(page) == []

    page.get_by_label("Tout ce qui reste").check()
    page.get_by_label("Annuler ceux qui sont remboursés").check()
    page.locator("[name=reason]").fill("Déménagement de l’élève.")
    page.get_by_role("button", name="Voir ce qui se passera").click()
    expect(page.get_by_role("button", name="Rembourser 126,75")).to_be_visible()
    look(page, "refund-preview")
    assert barriers(page) == []
    page.get_by_role("button", name="Rembourser 126,75").click()
    expect(
        page.get_by_text("116,50 $ retournent sur la carte, 10,25 $ sont rendus en crédits.")
    ).to_be_visible()
    expect(page.get_by_role("link", name="Rembourser")).to_have_count(0)

    page.goto(f"{live_server.url}/admin/snippets/payments/refund/inspect/{failed.pk}/")
    look(page, "refund-failed")
    assert barriers(page) == []


def test_on_a_phone_a_list_keeps_its_words_whole_and_scrolls_to_its_last_column(
    page: Page, live_server: LiveServer
) -> None:
    make_user(Role.ADMIN, email="direction@exemple.ca")
    course = make_course()
    make_lesson(course=course, tutor=make_tutor(courses=[course]), start=timezone.now())
    page.set_viewport_size({"width": 390, "height": 900})

    log_in(page, f"{live_server.url}/admin/snippets/booking/appointment/")

    title = page.locator("td.title").first
    box = title.bounding_box()
    assert box
    assert box["width"] >= 120
    last = page.locator("table.listing th").last
    expect(last).not_to_be_in_viewport()
    title.hover()
    page.mouse.wheel(800, 0)
    expect(last).to_be_in_viewport()
