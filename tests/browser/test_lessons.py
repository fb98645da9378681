"""The list of lessons, as a student and as a tutor see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from booking.models import Appointment
from tests.browser.conftest import Screenshot
from tests.browser.sessions import log_in
from tests.chromium import Barriers
from tests.factories import make_course, make_lesson, make_tutor, make_user

pytestmark = pytest.mark.browser


def test_lessons_are_listed_and_can_be_joined_and_kept(
    page: Page, screenshot: Screenshot, barriers: Barriers
) -> None:
    student = make_user(email="zoe@exemple.ca", first_name="Zoé")
    course = make_course("Mathématiques, 4e secondaire")
    tutor = make_tutor("Maude Gagnon", courses=[course])
    today = timezone.now().replace(minute=0, second=0, microsecond=0)
    soon = make_lesson(course=course, tutor=tutor, student=student, start=today + timedelta(days=1))
    make_lesson(course=course, tutor=tutor, student=student, start=today + timedelta(days=8), minutes=90)
    make_lesson(course=course, tutor=tutor, student=student, start=today - timedelta(days=30))
    Appointment.objects.filter(pk=soon.pk).update(meeting_link="https://rencontre.example/abc")

    log_in(page, student)
    expect(page.locator(".lesson")).to_have_count(3)
    expect(page.get_by_role("link", name="Rejoindre")).to_have_attribute(
        "href", "https://rencontre.example/abc"
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="Ajouter au calendrier").first.click()
    assert download.value.suggested_filename == "cours-fanal.ics"
    assert barriers(page) == []
    screenshot(page, "dashboard")


def test_an_empty_list_leads_to_the_courses(page: Page, screenshot: Screenshot) -> None:
    log_in(page, make_user(email="zoe@exemple.ca"))
    expect(page.get_by_role("link", name="Choisir un cours")).to_have_attribute("href", "/cours/")
    screenshot(page, "dashboard-empty")
