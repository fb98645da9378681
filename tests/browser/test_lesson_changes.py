"""A student moves a lesson, calls it off and sees the credit; a tutor does the same with a reason."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.models import Appointment
from home.formats import long_date
from tests.browser.conftest import Screenshot
from tests.browser.sessions import log_in
from tests.chromium import Barriers
from tests.factories import make_user
from tests.payments.sold import make_sold_lesson
from tests.payments.support import next_lesson_time

pytestmark = pytest.mark.browser


def look(page: Page, name: str, screenshot: Screenshot, barriers: Barriers) -> None:
    """A picture; nothing keeps anybody out, nothing is wider than a small telephone."""
    screenshot(page, name)
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})
    assert barriers(page) == []


def test_a_student_moves_a_lesson_then_calls_it_off(
    page: Page, screenshot: Screenshot, barriers: Barriers
) -> None:
    student = make_user(email="zoe@exemple.ca", first_name="Zoé")
    lesson = make_sold_lesson(student=student, start=next_lesson_time(days=4), discount="9.00")
    soon = make_sold_lesson(
        student=student, start=timezone.now() + timedelta(hours=20), course=lesson.course, tutor=lesson.tutor
    )
    make_sold_lesson(
        student=student, start=timezone.now() + timedelta(hours=1), course=lesson.course, tutor=lesson.tutor
    )
    log_in(page, student)
    expect(page.get_by_role("link", name=re.compile("^Déplacer"))).to_have_count(1)
    expect(page.get_by_role("link", name=re.compile("^Annuler"))).to_have_count(2)
    look(page, "lessons-changeable", screenshot, barriers)

    page.get_by_role("link", name=re.compile("^Déplacer")).click()
    expect(page.get_by_text("heure actuelle", exact=True)).to_be_visible()
    look(page, "lesson-move", screenshot, barriers)
    page.locator("fieldset.day").last.get_by_text("15 h", exact=True).click()
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Déplacer ce cours?")
    look(page, "lesson-move-confirm", screenshot, barriers)
    page.get_by_role("button", name="Oui, déplacer ce cours").click()
    expect(page).to_have_url("/tableau-de-bord/")
    expect(page.locator(".messages")).to_contain_text("C’est déplacé au")
    lesson.refresh_from_db()
    assert lesson.sequence == 1
    expect(page.locator(".lesson").last).to_contain_text(long_date(lesson.start))

    page.get_by_role("link", name=re.compile("^Annuler")).last.click()
    expect(page.get_by_text("Vous recevez 36,00")).to_be_visible()
    look(page, "lesson-cancel", screenshot, barriers)
    page.get_by_label("Motif").fill("Un examen ce jour-là")
    page.get_by_role("button", name="Oui, annuler ce cours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce cours est annulé")
    expect(page.get_by_text("36,00 $ sont portés à vos crédits")).to_be_visible()
    look(page, "lesson-cancelled", screenshot, barriers)
    page.get_by_role("link", name="Voir mes crédits").click()
    expect(page.locator("main")).to_contain_text("Cours annulé")
    expect(page.locator("main")).to_contain_text("36,00\xa0$")

    page.goto(f"/rendez-vous/{soon.pk}/deplacer/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce cours ne peut plus être déplacé")
    look(page, "lesson-too-late", screenshot, barriers)


def test_a_tutor_calls_a_lesson_off_and_says_why(
    page: Page, screenshot: Screenshot, barriers: Barriers
) -> None:
    lesson = make_sold_lesson(start=next_lesson_time(days=4))
    log_in(page, lesson.tutor.user)
    page.get_by_role("link", name=re.compile("^Annuler")).click()
    expect(page.get_by_label("Motif")).to_be_visible()
    look(page, "lesson-cancel-tutor", screenshot, barriers)
    page.get_by_label("Motif").fill("Grippe")
    page.get_by_role("button", name="Oui, annuler ce cours").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce cours est annulé")
    lesson.refresh_from_db()
    assert lesson.status == Appointment.Status.CANCELLED
