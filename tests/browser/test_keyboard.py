"""The whole way to a paid lesson with nothing but the keyboard: Tab, arrows, Space, Enter and letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from booking.models import Appointment
from payments.models import Order
from tests.browser.buying import GUEST
from tests.chromium import visitor
from tests.factories import make_course, make_course_page, make_tutor
from tests.payments.sandbox_process import StripeSandbox

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE = 20_000
MOST_STOPS = 60
IS_FOCUSED = "element => element === document.activeElement"
# The outline of what has the focus, or of what stands for it: a radio button's face, the card around a link.
SHOWS_FOCUS = """() => {
    const focused = document.activeElement;
    const faces = [focused, focused.closest('.card'), focused.matches('input') && focused.nextElementSibling];
    return faces.some(face => face && parseFloat(getComputedStyle(face).outlineWidth) >= 2
        && getComputedStyle(face).outlineStyle !== 'none');
}"""


@pytest.fixture
def context(
    chromium: Browser, live_server: LiveServer, stripe_sandbox: StripeSandbox
) -> Iterator[BrowserContext]:
    course = make_course("Calcul différentiel", rate="52.00")
    make_tutor("Maude Gagnon", courses=[course])
    make_course_page(course, slug="calcul-differentiel")
    with visitor(chromium, live_server.url) as context:
        yield context


def tab_to(page: Page, wanted: Locator) -> None:
    """Tab until it has the focus, which is seen, as it is."""
    expect(wanted).to_be_attached(timeout=PATIENCE)
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if wanted.evaluate(IS_FOCUSED):
            expect(wanted).to_be_in_viewport()
            assert page.evaluate(SHOWS_FOCUS), wanted
            return
    raise AssertionError(f"{MOST_STOPS} stops did not lead to {wanted}")


def open_link(page: Page, name: str | re.Pattern[str]) -> None:
    tab_to(page, page.get_by_role("link", name=name).first)
    page.keyboard.press("Enter")


def type_into(page: Page, label: str, words: str) -> None:
    tab_to(page, page.get_by_label(label, exact=True))
    page.keyboard.type(words)


def test_a_lesson_is_booked_and_paid_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    open_link(page, re.compile("^Cours$"))
    expect(page).to_have_url("/cours/")
    open_link(page, "Calcul différentiel")
    expect(page).to_have_url("/cours/calcul-differentiel/")

    open_link(page, "Semaine suivante")
    expect(page).to_have_url(re.compile("semaine="))
    expect(page.locator("#picker [data-focus]").first).to_be_focused()
    tab_to(page, page.locator(".slot input").first)
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".slot input").nth(1)).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Ajouter au panier"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("C’est retenu jusqu’à")).to_be_visible()
    open_link(page, "Voir le panier")
    expect(page).to_have_url("/panier/")
    open_link(page, "Passer au paiement")

    for label, words in GUEST.items():
        type_into(page, label, words)
    card = page.frame_locator("iframe[name^='__privateStripeFrame']")
    for label, words in {
        "Numéro de carte": "4242424242424242",
        "Date d’expiration": "1240",
        "Code de sécurité": "123",
    }.items():
        field = card.get_by_label(label)
        for _ in range(MOST_STOPS):
            if field.evaluate(IS_FOCUSED):
                break
            page.keyboard.press("Tab")
        page.keyboard.type(words)
    tab_to(page, page.get_by_role("button", name=re.compile("^Payer")))
    page.keyboard.press("Enter")
    expect(page).to_have_url("/tableau-de-bord/", timeout=PATIENCE)
    assert (Order.objects.get().total_cad, Appointment.objects.get().minutes) == (52, 60)
