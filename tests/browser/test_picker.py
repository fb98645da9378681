"""Choosing a time and filling the cart in Chromium: with script, without, by keyboard, in each width."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from booking.models import CartLine, TimeClaim
from booking.services import hold_slot
from courses.models import Course
from tests.browser.conftest import Screenshot
from tests.chromium import Barriers
from tests.factories import expire, make_cart, make_course, make_course_page, make_tutor

pytestmark = pytest.mark.browser

NEXT = re.compile("suivante", re.IGNORECASE)
ADD = "Ajouter au panier"


@pytest.fixture
def course(live_server: LiveServer) -> Course:
    """Taught each day from 9:00 to 12:00 by one and from 13:00 to 15:00 by another: no test needs a date."""
    course = make_course("Mathématiques, 4e secondaire", rate="45.00")
    make_tutor("Maude Gagnon", courses=[course], weekly=[(weekday, 540, 720) for weekday in range(7)])
    make_tutor("Luc Roy", courses=[course], weekly=[(weekday, 780, 900) for weekday in range(7)])
    make_course_page(course, slug="maths")
    return course


def week_of(page: Page) -> date:
    """The first day that the picker shows."""
    first = page.locator(".day").first.get_attribute("id")
    assert first
    return date.fromisoformat(first.removeprefix("jour-"))


def choose(page: Page, day: date, words: str) -> None:
    page.locator(f"#jour-{day.isoformat()}").get_by_text(words, exact=True).click()


def test_a_student_turns_to_the_week_ahead_and_holds_an_hour_and_a_half(
    page: Page, course: Course, screenshot: Screenshot, barriers: Barriers
) -> None:
    page.goto("/cours/maths/")
    first = week_of(page)
    page.get_by_role("link", name=NEXT).click()
    expect(page).to_have_url(re.compile(rf"/cours/maths/\?semaine={first + timedelta(days=7)}&duree=60$"))
    expect(page.locator("#picker-week")).to_be_focused()
    assert week_of(page) == first + timedelta(days=7)

    page.locator(".length", has_text="1 h 30").click()
    expect(page).to_have_url(re.compile(r"duree=90$"))
    expect(page.locator("#status")).to_have_text("42 heures libres.")
    expect(page.locator("#picker-duree-90")).to_be_focused()

    day = first + timedelta(days=8)
    choose(page, day, "10 h 30")
    expect(page.locator(".picker-choice")).to_contain_text(re.compile(r"10\sh\s30.*67,50"))
    assert barriers(page) == []
    screenshot(page, "picker")

    page.get_by_role("button", name=ADD).click()
    held = page.locator(".notice.ok")
    expect(held).to_contain_text("C’est retenu jusqu’à")
    expect(held).to_be_focused()
    expect(page.locator("#cart-badge")).to_contain_text(re.compile(r"1 cours,\s+encore\s+15\smin"))
    expect(page.locator(f"#jour-{day.isoformat()}")).to_contain_text("au panier")
    assert barriers(page) == []
    screenshot(page, "picker-held")

    page.get_by_role("link", name="Voir le panier").click()
    expect(page).to_have_url(re.compile(r"/panier/$"))
    expect(page.locator(".cart-line")).to_contain_text("10 h 30 à 12 h")
    expect(page.locator(".sums")).to_contain_text("67,50")
    assert barriers(page) == []
    screenshot(page, "cart")
    assert CartLine.objects.get().minutes == 90


def test_each_week_has_an_address_that_works_by_itself_and_the_way_back(page: Page, course: Course) -> None:
    page.goto("/cours/maths/")
    first = week_of(page)
    page.get_by_role("link", name=NEXT).click()
    expect(page.locator(f"#jour-{first + timedelta(days=7)}")).to_be_visible()
    page.reload()
    assert week_of(page) == first + timedelta(days=7)
    page.go_back()
    expect(page.locator(f"#jour-{first}")).to_be_visible()


def test_all_of_it_without_script(chromium: Browser, live_server: LiveServer, course: Course) -> None:
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/cours/maths/")
    first = week_of(page)
    page.get_by_role("link", name=NEXT).click()
    expect(page.locator(f"#jour-{first}")).to_have_count(0)
    assert week_of(page) == first + timedelta(days=7)
    page.locator(".length", has_text="1 h 30").click()
    page.get_by_label("Avec").select_option("Luc Roy")
    page.get_by_role("button", name="Afficher").click()
    expect(page).to_have_url(re.compile("duree=90"))
    expect(page.get_by_label("Avec")).to_have_value(re.compile("."))
    assert week_of(page) == first + timedelta(days=7)
    choose(page, first + timedelta(days=7), "13 h 30")
    page.get_by_role("button", name=ADD).click()
    expect(page).to_have_url(re.compile(r"/panier/$"))
    expect(page.locator(".cart-line")).to_contain_text("13 h 30 à 15 h")
    expect(page.locator(".cart-line")).to_contain_text("avec Luc Roy")
    page.get_by_role("button", name="Retirer").click()
    expect(page.locator("main")).to_contain_text("Votre panier est vide.")
    assert not TimeClaim.objects.exists()
    context.close()


def test_nothing_but_the_keyboard(page: Page, course: Course) -> None:
    page.goto("/cours/maths/")
    page.locator("#picker-duree-60").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"duree=90$"))
    expect(page.locator("#picker-duree-90")).to_be_focused()
    day = week_of(page) + timedelta(days=1)  # whole, whatever the hour is now
    page.locator(f"#jour-{day} input").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"#jour-{day} input").nth(1)).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator(".notice.ok")).to_contain_text("C’est retenu jusqu’à")
    expect(page.locator(".notice.ok")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/panier/$"))


def test_a_slot_that_was_just_taken_gets_a_word_and_fresh_times(page: Page, course: Course) -> None:
    page.goto("/cours/maths/")
    day = week_of(page) + timedelta(days=1)
    choose(page, day, "9 h")
    start = page.locator(f"#jour-{day} input").first.get_attribute("value")
    assert start
    hold_slot(
        cart=make_cart(),
        course=course,
        start=datetime.fromisoformat(start),
        duration=60,
        now=timezone.now(),
    )
    page.get_by_role("button", name=ADD).click()
    notice = page.locator("#picker .notice.error")
    expect(notice).to_contain_text("Cette plage vient d’être prise.")
    expect(notice).to_be_focused()
    expect(page.locator(f"#jour-{day} label").first).to_have_text(re.compile(r"^10\sh$"))
    expect(page.locator("#trouble")).to_be_hidden()


def test_adding_nothing_says_what_to_do(page: Page, course: Course) -> None:
    page.goto("/cours/maths/")
    page.get_by_role("button", name=ADD).click()
    expect(page.locator("#picker .notice.error")).to_contain_text(
        "Choisissez une heure, puis ajoutez-la au panier."
    )


def test_the_time_left_is_said_each_minute_warned_of_at_two_and_then_lost(
    page: Page, course: Course, screenshot: Screenshot, barriers: Barriers
) -> None:
    page.clock.install()
    page.goto("/cours/maths/")
    page.locator(".slot").nth(30).click()
    page.get_by_role("button", name=ADD).click()
    expect(page.locator(".notice.ok")).to_be_visible()
    page.goto("/panier/")
    left = page.locator(".cart-line .countdown")
    expect(left).to_have_text("encore 15 min")
    page.clock.run_for("10:00")
    expect(left).to_have_text("encore 5 min")
    expect(page.locator("#status")).to_be_empty()
    page.clock.run_for("03:10")
    expect(left).to_have_text("encore 2 min")
    expect(page.locator("#cart-badge .countdown")).to_have_text("2 min")
    expect(page.locator("#status")).to_contain_text("Il reste 2 minutes")

    expire(CartLine.objects.get())
    page.clock.run_for("02:00")
    expect(page.locator(".cart-line")).to_contain_text("N’est plus retenu, mais l’heure est encore libre.")
    expect(page.locator("#cart-badge")).to_contain_text("cours à reprendre")
    assert barriers(page) == []
    screenshot(page, "cart-lost")

    page.get_by_role("button", name="Reprendre").click()
    expect(left).to_have_text("encore 15 min")
    expect(page.locator("#status")).to_contain_text("C’est retenu jusqu’à")


def test_removing_answers_in_place_and_the_empty_cart_has_a_way_on(
    page: Page, course: Course, screenshot: Screenshot, barriers: Barriers
) -> None:
    page.goto("/cours/maths/")
    page.locator(".slot").nth(10).click()
    page.get_by_role("button", name=ADD).click()
    page.get_by_role("link", name="Voir le panier").click()
    page.get_by_role("button", name="Retirer").click()
    expect(page.locator("#status")).to_have_text("Le cours est retiré du panier; son heure est libérée.")
    expect(page.locator("#cart-badge")).not_to_contain_text("encore")
    expect(page.locator(".empty")).to_be_focused()
    assert barriers(page) == []
    screenshot(page, "cart-empty")
    page.get_by_role("link", name="Choisir un cours").click()
    expect(page).to_have_url(re.compile(r"/cours/$"))


def test_an_empty_week_offers_a_way_on(
    page: Page, course: Course, screenshot: Screenshot, barriers: Barriers
) -> None:
    course.tutor_courses.all().delete()
    make_tutor("Inès Pelletier", courses=[course], weekly=[])
    tutor = make_tutor("Omar Haddad", courses=[course], weekly=[(weekday, 540, 600) for weekday in range(7)])
    page.goto(f"/cours/maths/?tuteur={tutor.public_id}&duree=90")
    expect(page.locator(".picker-empty")).to_contain_text("Omar Haddad n’a aucune heure libre")
    assert barriers(page) == []
    screenshot(page, "picker-empty")
    page.get_by_role("link", name="Un cours de 60 min").click()
    expect(page.locator(".slot").first).to_be_visible()
    expect(page.locator("#picker-week")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 640, 900, 1280])
def test_nothing_is_cut_off_or_too_small_to_touch(
    context: BrowserContext, course: Course, width: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/cours/maths/")
    page.locator(".slot").nth(3).click()
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(sideways) == 0
    chip = page.locator(".slot").first.bounding_box()
    assert chip
    assert chip["height"] >= 44
    page.get_by_role("button", name=ADD).click()
    page.get_by_role("link", name="Voir le panier").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Panier")
    assert page.evaluate(sideways) == 0
