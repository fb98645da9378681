"""Finding a course: filters without a reload, suggestions while typing, a bar that hides nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from tests.chromium import Barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE: ViewportSize = {"width": 390, "height": 667}


def test_filters_change_the_list_the_address_and_the_count_and_leave_the_focus(
    page: Page, demo_today: None
) -> None:
    page.goto("/cours/")
    status, heading = page.locator("#status"), page.locator("#results-title")
    expect(heading).to_have_text("6 cours")
    everything = page.get_by_label("Toutes")
    everything.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    maths = page.get_by_label("Mathématiques", exact=True)
    expect(heading).to_have_text("2 cours")
    expect(status).to_have_text("2 cours")
    expect(maths).to_be_focused()
    expect(page).to_have_url(re.compile(r"/cours/\?matiere=mathematiques$"))

    page.get_by_label("Niveau").select_option("Cégep")
    expect(page).to_have_url(re.compile(r"/cours/\?matiere=mathematiques&niveau=cegep$"))
    expect(page.locator(".course-card .card-title")).to_have_text(["Calcul différentiel"])

    page.go_back()
    expect(heading).to_have_text("2 cours")
    page.reload()
    expect(page.get_by_label("Mathématiques", exact=True)).to_be_checked()

    page.get_by_role("link", name="Tout effacer").click()
    expect(page).to_have_url(re.compile(r"/cours/$"))
    expect(heading).to_have_text("6 cours")


def test_pages_are_suggested_and_reached_by_keyboard(
    page: Page, demo_today: None, barriers: Barriers
) -> None:
    page.goto("/cours/")
    field = page.get_by_label("Un cours, un sujet, une personne")
    field.press_sequentially("chim")
    suggestion = page.locator("#suggestions a").first
    expect(suggestion).to_contain_text("Chimie générale")
    expect(page.locator("#status")).to_contain_text("suggestion")
    assert barriers(page) == []

    field.press("Escape")
    expect(suggestion).to_be_hidden()
    field.press_sequentially("chim")
    expect(suggestion).to_be_visible()
    field.press("Tab")
    expect(suggestion).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/cours/chimie-generale/$"))


def test_words_and_filters_work_without_scripts(
    chromium: Browser, live_server: LiveServer, demo_today: None
) -> None:
    with chromium.new_context(base_url=live_server.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/cours/")
        page.get_by_label("Un cours, un sujet, une personne").fill("dérivées")
        page.get_by_label("Niveau").select_option("Cégep")
        page.get_by_role("button", name="Chercher").click()

        expect(page.locator("#results-title")).to_have_text(re.compile("^1 cours pour"))
        expect(page.locator(".course-card .card-title")).to_have_text(["Calcul différentiel"])


def test_nothing_found_says_how_to_go_on(page: Page, demo_today: None, barriers: Barriers) -> None:
    page.goto("/cours/?matiere=anglais&q=moles")
    expect(page.get_by_text("Rien pour «\xa0moles\xa0»")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name="Sans «\xa0Anglais\xa0»").click()
    expect(page.locator(".course-card .card-title")).to_have_text(["Chimie générale"])


@pytest.mark.parametrize("path", ["/cours/calcul-differentiel/", "/tuteurs/maude-gagnon/"])
def test_the_bar_on_phones_leads_to_the_picker_and_hides_no_focus(
    page: Page, demo_today: None, path: str
) -> None:
    page.set_viewport_size(PHONE)
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    book = page.get_by_role("link", name="Réserver").first
    expect(book).to_be_in_viewport()
    book.click()
    expect(page.locator("#picker-title")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Réserver").first).not_to_be_in_viewport()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    bar, footer = page.locator(".book-bar").last.bounding_box(), page.locator(".site-footer").bounding_box()
    assert bar is not None
    assert footer is not None
    assert bar["y"] + bar["height"] <= footer["y"]

    page.goto(path)
    hidden = []
    for _ in range(140):
        page.keyboard.press("Tab")
        where = page.evaluate(COVERED)
        if where == "end":
            break
        hidden += [where] if where else []
    assert hidden == []


# What has the focus, when a bar lies on its middle; "end" on the last thing there is.
COVERED = """() => {
    const one = document.activeElement;
    if (!one || one === document.body || one.closest(".site-footer")) return "end";
    const box = (one.closest("label") || one).getBoundingClientRect();
    for (const bar of document.querySelectorAll(".book-bar")) {
        const lies = bar.getBoundingClientRect();
        const apart = box.bottom <= lies.top + 1 || box.top >= lies.bottom - 1;
        if (!bar.contains(one) && !apart) return one.outerHTML;
    }
    return "";
}"""
