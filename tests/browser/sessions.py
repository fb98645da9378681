"""How somebody comes in with Chromium: through the door, or in the session of a client of the tests."""

from __future__ import annotations

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from tests.factories import PASSWORD


def log_in(page: Page, user: User, *, leads_to: str = "/tableau-de-bord/") -> None:
    page.goto("/connexion/")
    page.get_by_label("Courriel").fill(user.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(leads_to)


def go_on_as(client: Client, context: BrowserContext, url: str) -> None:
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])
