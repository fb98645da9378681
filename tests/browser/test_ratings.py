"""A rating by keyboard alone, from the dashboard to the tutor's page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Screenshot
from tests.browser.sessions import log_in
from tests.chromium import Barriers
from tests.courses.support import make_tutor_page
from tests.factories import make_course, make_tutor, make_user
from tests.ratings.support import make_given

pytestmark = pytest.mark.browser


def test_a_student_rates_by_keyboard_and_the_tutors_page_shows_it(
    page: Page, screenshot: Screenshot, barriers: Barriers
) -> None:
    student = make_user(first_name="Octavie")
    course = make_course("Algèbre")
    tutor = make_tutor("Maude Gagnon", courses=[course])
    address = make_tutor_page(tutor).url
    make_given(student=student, tutor=tutor, course=course)

    log_in(page, student)
    page.get_by_role("link", name=re.compile("^Évaluer")).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Votre avis sur Maude Gagnon"))
    page.get_by_role("group", name="Courtoisie").get_by_role("radio").first.focus()
    for ups in (4, 3, 4, 4):  # a space takes the first star, each arrow one more
        page.keyboard.press("Space")
        for _ in range(ups):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
    expect(page.get_by_role("group", name="Maîtrise").get_by_text("4 sur 5, très bien")).to_be_visible()
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Patiente et drôle.")
    assert barriers(page) == []
    screenshot(page, "rating")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url("/tableau-de-bord/evaluations/")
    expect(page.get_by_text("Merci! Votre avis sur Maude Gagnon en Algèbre est publié.")).to_be_visible()
    assert barriers(page) == []
    page.goto(address)
    page.get_by_role("link", name="4,8").press("Enter")
    expect(page.locator("#avis")).to_be_in_viewport()
    expect(page.locator("#avis")).to_contain_text("Octavie")
    assert barriers(page) == []
    screenshot(page, "tutor-with-reviews")

    page.context.clear_cookies()
    log_in(page, tutor.user)
    page.goto("/tableau-de-bord/evaluations/")
    expect(page.get_by_text("Patiente et drôle.")).to_be_visible()
    assert "Octavie" not in page.content()
    assert barriers(page) == []
