"""A lost time that somebody else took, in Chromium: one click on a near one puts it right."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from booking.models import CartLine, TimeClaim
from tests.browser.conftest import Screenshot
from tests.chromium import Barriers
from tests.factories import expire, make_course, make_course_page, make_lesson, make_tutor

pytestmark = pytest.mark.browser


def test_a_lost_time_is_replaced_by_a_near_one_in_one_click(
    page: Page, live_server: LiveServer, screenshot: Screenshot, barriers: Barriers
) -> None:
    course = make_course("Mathématiques, 4e secondaire")
    tutor = make_tutor("Maude Gagnon", courses=[course], weekly=[(day, 540, 720) for day in range(7)])
    make_course_page(course, slug="maths")
    page.goto("/cours/maths/")
    page.locator(".day").nth(1).get_by_text("10 h 30", exact=True).click()
    page.get_by_role("button", name="Ajouter au panier").click()
    expect(page.locator(".notice.ok")).to_contain_text("C’est retenu")
    line = CartLine.objects.get()
    expire(line)
    TimeClaim.objects.all().delete()
    make_lesson(course=course, tutor=tutor, start=line.start)

    page.goto("/panier/")
    buttons = page.locator(".cart-line form[action='/panier/ajouter/'] button")
    expect(buttons).to_have_count(3)
    assert barriers(page) == []
    screenshot(page, "cart-alternatives")
    buttons.first.click()
    expect(page.locator(".messages")).to_contain_text("C’est retenu jusqu’à")
    expect(page.locator(".cart-line")).to_have_count(1)
    expect(page.get_by_role("link", name="Passer au paiement")).to_be_visible()
