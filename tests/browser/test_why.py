"""A tutor asks in Chromium why a day offers nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.conftest import Screenshot
from tests.chromium import Barriers
from tests.factories import PASSWORD, make_course, make_course_page, make_tutor

pytestmark = pytest.mark.browser


def test_a_tutor_finds_out_which_rule_took_the_hours_away(
    page: Page, live_server: LiveServer, screenshot: Screenshot, barriers: Barriers
) -> None:
    course = make_course("Mathématiques, 4e secondaire")
    tutor = make_tutor("Maude Gagnon", courses=[course], weekly=[(day, 540, 570) for day in range(7)])
    make_course_page(course, slug="maths")
    page.goto("/connexion/?next=/cours/maths/")
    page.get_by_label("Courriel").fill(tutor.user.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")

    why = page.locator(".picker-why")
    why.get_by_text("Pourquoi aucun créneau?").click()
    assert barriers(page) == []
    screenshot(page, "picker-why")
    why.get_by_role("link").nth(3).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pourquoi aucun créneau?")
    expect(page.get_by_role("row").nth(2)).to_contain_text("Trop court pour un cours de cette durée")
    assert barriers(page) == []
    screenshot(page, "why")
