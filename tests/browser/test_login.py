"""The log-in as people meet it: by keyboard, on a telephone, in both themes, with a screen reader."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from tests.chromium import Barriers
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def test_by_keyboard_from_the_refusal_to_the_profile(page: Page, student: User, barriers: Barriers) -> None:
    page.goto("/connexion/?next=/tableau-de-bord/profil/")
    expect(page.get_by_label("Courriel")).to_be_focused()
    page.keyboard.type(student.email)
    page.keyboard.press("Tab")
    page.keyboard.type("pas-le-bon-mot")
    page.keyboard.press("Enter")

    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Ce courriel et ce mot de passe ne vont pas ensemble.")
    expect(page.get_by_label("Courriel")).to_have_value(student.email)
    expect(page.get_by_label("Mot de passe", exact=True)).to_have_value("")
    assert barriers(page) == []

    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url("/tableau-de-bord/profil/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Profil")
    assert barriers(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_telephone_in_both_themes(
    context: BrowserContext,
    student: User,
    barriers: Barriers,
    theme: Literal["light", "dark"],
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 390, "height": 800})

    for address in ("/connexion/", "/mot-de-passe/", "/mot-de-passe/envoye/", "/mot-de-passe/x/y/"):
        page.goto(address)
        assert (address, barriers(page), overflow(page)) == (address, [], 0)

    page.goto("/connexion/?next=/tableau-de-bord/profil/")
    page.get_by_label("Courriel").fill(student.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Profil")
    assert (barriers(page), overflow(page)) == ([], 0)

    page.get_by_label("Mot de passe actuel").fill("pas-le-bon-mot")
    page.get_by_label("Nouveau mot de passe", exact=True).fill("court")
    page.get_by_label("Nouveau mot de passe, encore une fois").fill("court")
    page.get_by_role("button", name="Changer le mot de passe").click()
    page.locator("#error-summary").get_by_role("link", name="Mot de passe actuel").click()
    expect(page.get_by_label("Mot de passe actuel")).to_be_focused()
    assert (barriers(page), overflow(page)) == ([], 0)


def test_a_lock_is_explained_with_a_way_out(page: Page, student: User, barriers: Barriers) -> None:
    for _ in range(5):
        page.goto("/connexion/")
        page.get_by_label("Courriel").fill(student.email)
        page.get_by_label("Mot de passe", exact=True).fill("pas-le-bon-mot")
        page.get_by_role("button", name="Se connecter").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Trop d’essais")
    assert barriers(page) == []
    page.get_by_role("link", name="Choisir un nouveau mot de passe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mot de passe oublié")


def test_logging_out_needs_no_script_and_ends_the_session(page: Page, student: User) -> None:
    page.goto("/connexion/")
    page.get_by_label("Courriel").fill(student.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page).to_have_url("/tableau-de-bord/")

    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Déconnexion").click()
    expect(page.get_by_role("link", name="Connexion").first).to_be_visible()

    page.goto("/tableau-de-bord/")
    expect(page).to_have_url("/connexion/?next=/tableau-de-bord/")
