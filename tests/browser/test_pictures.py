"""Every page of the main job with the demo's content and drawings, and a picture of each."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from payments.models import Order
from tests.browser.buying import fill_form
from tests.browser.conftest import Screenshot
from tests.browser.test_walk import PATIENCE
from tests.chromium import visitor
from tests.payments.sandbox_process import StripeSandbox, fill_card
from tests.stack import ROOT, Stack

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def demo(transactional_db: None, processes: Stack, stripe_sandbox: StripeSandbox) -> Stack:
    processes.forget()
    stripe_sandbox.send_webhooks_to(f"{processes.url}/stripe/webhook/")
    subprocess.run(
        [sys.executable, "manage.py", "load_demo"],
        cwd=ROOT,
        env=processes.environment(),
        check=True,
        capture_output=True,
    )
    return processes


@pytest.fixture
def context(chromium: Browser, demo: Stack) -> Iterator[BrowserContext]:
    with visitor(chromium, demo.url) as context:
        yield context


def test_the_main_jobs_pages_in_pictures(page: Page, screenshot: Screenshot) -> None:
    page.goto("/")
    screenshot(page, "home")
    page.goto("/methode/")
    screenshot(page, "method")
    frame = page.locator(".video-frame")
    expect(frame.locator("iframe")).to_have_count(0)
    page.route("https://player.vimeo.com/**", lambda route: route.fulfill(body="<p>Lecteur</p>"))
    frame.get_by_role("button", name="Lancer la vidéo").click()
    expect(frame.frame_locator("iframe").get_by_text("Lecteur")).to_be_visible()
    expect(frame.locator("iframe")).to_be_focused()
    page.goto("/cours/")
    screenshot(page, "courses")
    page.get_by_role("link", name=re.compile("Mathématiques")).first.click()
    expect(page.locator("#picker")).to_be_visible()
    screenshot(page, "course")
    page.goto("/tuteurs/")
    screenshot(page, "tutors")
    page.locator("main a.card-link").first.click()
    expect(page.locator("#picker")).to_be_visible()
    screenshot(page, "tutor")

    page.goto("/cours/")
    page.get_by_role("link", name=re.compile("Mathématiques")).first.click()
    page.get_by_role("link", name="Semaine suivante").click()
    expect(page).to_have_url(re.compile("semaine="))
    page.locator("label.slot").first.click()
    page.get_by_role("button", name="Ajouter au panier").click()
    expect(page.get_by_text("C’est retenu jusqu’à")).to_be_visible()
    screenshot(page, "course-held")
    page.goto("/panier/")
    screenshot(page, "cart")
    page.get_by_role("link", name="Passer au paiement").click()
    fill_form(page)
    fill_card(page)
    screenshot(page, "checkout")
    page.get_by_role("button", name=re.compile("^Payer")).click()
    expect(page).to_have_url("/tableau-de-bord/", timeout=PATIENCE * 1000)
    screenshot(page, "dashboard")

    page.context.clear_cookies()
    page.goto("/admin/snippets/payments/order/")
    page.get_by_label("Courriel").fill("direction@fanal.example")
    page.get_by_label("Mot de passe").fill("fanal-demo-2026")
    page.get_by_role("button", name="Se connecter").click()
    number = Order.objects.get(user__email="zoe@exemple.ca").number
    expect(page.get_by_role("link", name=number)).to_be_visible()
    screenshot(page, "admin-orders")
    page.get_by_role("link", name=number).first.click()
    expect(page.get_by_role("link", name="Rembourser")).to_be_visible()
    screenshot(page, "admin-order")
