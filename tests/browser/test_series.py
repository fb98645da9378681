"""The same hour for weeks ahead, in Chromium: from the cart and back into it."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from booking.grid import local_day
from tests.browser.conftest import Screenshot
from tests.chromium import Barriers
from tests.factories import make_course, make_course_page, make_lesson, make_tutor

pytestmark = pytest.mark.browser


def test_a_student_repeats_a_lesson_each_week_around_one_that_is_taken(
    page: Page, live_server: LiveServer, screenshot: Screenshot, barriers: Barriers
) -> None:
    course = make_course("Mathématiques, 4e secondaire")
    tutor = make_tutor("Maude Gagnon", courses=[course], weekly=[(day, 540, 720) for day in range(7)])
    make_course_page(course, slug="maths")
    page.goto("/cours/maths/")
    page.locator(".day").nth(1).get_by_text("10 h 30", exact=True).click()
    page.get_by_role("button", name="Ajouter au panier").click()
    page.get_by_role("link", name="Voir le panier").click()

    day = local_day(timezone.now() + timedelta(hours=12))
    while not page.locator(f"time[datetime^='{day.isoformat()}']").count():
        day += timedelta(days=1)
    taken = datetime.combine(day + timedelta(weeks=2), time(10), timezone.get_default_timezone())
    make_lesson(course=course, tutor=tutor, start=taken, minutes=90)

    page.get_by_role("link", name="Répéter chaque semaine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Répéter chaque semaine")
    page.get_by_label("Nombre de semaines").select_option("10")
    page.get_by_role("button", name="Afficher").click()
    weeks = page.locator(".series-week")
    expect(weeks).to_have_count(10)
    expect(weeks.nth(1)).to_contain_text("Cette plage est déjà prise.")
    expect(weeks.nth(9)).to_contain_text("au plus 60 jours d’avance")
    assert barriers(page) == []
    screenshot(page, "series")

    weeks.nth(0).get_by_role("checkbox").uncheck()
    weeks.nth(1).get_by_role("checkbox", name=re.compile(r"Plutôt 9\sh à 10\sh")).check()
    for late in range(4, 8):
        weeks.nth(late).get_by_role("checkbox").uncheck()
    lost = datetime.combine(day + timedelta(weeks=3), time(10, 30), timezone.get_default_timezone())
    make_lesson(course=course, tutor=tutor, start=lost)
    page.get_by_role("button", name="Ajouter au panier").click()
    expect(page.get_by_role("alert")).to_contain_text("rien n’a été ajouté au panier")
    assert barriers(page) == []
    screenshot(page, "series-refused")

    page.get_by_label("Celles qui sont encore libres").check()
    page.get_by_role("button", name="Ajouter au panier").click()
    expect(page.locator(".messages")).to_contain_text("2 cours de la série sont retenus dans votre panier.")
    expect(page.locator(".cart-line")).to_have_count(3)
    screenshot(page, "cart-series")
