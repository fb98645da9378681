"""A coupon on the cart, in Chromium: seen at once, refused with a reason, taken off again."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Screenshot
from tests.chromium import Barriers
from tests.factories import make_course, make_course_page, make_tutor
from tests.payments.support import make_coupon

pytestmark = pytest.mark.browser


def test_a_code_is_refused_taken_and_removed_without_leaving_the_page(
    page: Page, live_server: LiveServer, screenshot: Screenshot, barriers: Barriers
) -> None:
    make_coupon("AUTOMNE10")
    course = make_course("Mathématiques, 4e secondaire", rate="45.00")
    make_tutor("Maude Gagnon", courses=[course], weekly=[(day, 540, 720) for day in range(7)])
    make_course_page(course, slug="maths")
    page.goto("/cours/maths/")
    page.locator("label.slot").first.click()
    page.get_by_role("button", name="Ajouter au panier").click()
    expect(page.locator(".notice.ok")).to_contain_text("C’est retenu")
    page.goto("/panier/")
    screenshot(page, "cart-plain")

    page.get_by_text("J’ai un code promo").click()
    page.get_by_label("Code promo").fill("automme10")
    page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_text("Ce code n’existe pas.")).to_be_visible()
    expect(page.get_by_label("Code promo")).to_be_focused()
    expect(page.get_by_label("Code promo")).to_have_value("automme10")
    assert barriers(page) == []
    screenshot(page, "cart-coupon-refused")

    page.get_by_label("Code promo").fill("automne10")
    page.keyboard.press("Enter")
    expect(page.locator(".sums")).to_contain_text("40,50\xa0$")
    expect(page.locator(".sums")).to_be_focused()
    expect(page.locator("#status")).to_have_text("Le code AUTOMNE10 est appliqué.")
    assert barriers(page) == []
    screenshot(page, "cart-coupon")

    page.get_by_role("button", name="Retirer le code promo").click()
    expect(page.locator(".sums")).to_have_text("Total 45,00\xa0$", use_inner_text=False)
    expect(page.locator(".sums")).not_to_contain_text("Rabais")
