"""The Stripe sandbox as a process of its own, for any test that pays.

`stripe_sandbox` starts one per test session on a free port, points this test's settings at it (gateway,
webhook secret, Stripe.js and the CSP), and makes it forget everything before each test::

    def test_pays(stripe_sandbox: StripeSandbox, live_server: LiveServer) -> None:
        stripe_sandbox.send_webhooks_to(f"{live_server.url}/stripe/webhook/")
        token = stripe_sandbox.token("4242424242424242")
        …
        assert stripe_sandbox.idle()

What the controls do is written in `payments/sandbox/control.py`. In a browser, `fill_card(page)` types into
the card form and `answer_bank(page)` answers 3-D Secure.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import stripe
from django.conf import LazySettings
from pytest_django import Settings

from config.settings.base import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAKE_SECRET = "whsec_bWFrZS13ZWJob29rLXNlY3JldC1mb3ItdGVzdHM="
FIRST_WAIT = 0.1


class StripeSandbox:
    secret_key = "sk_test_sandbox"
    publishable_key = "pk_test_sandbox"
    webhook_secret = "whsec_sandbox"
    make_secret = MAKE_SECRET  # what /recepteur/ checks Standard Webhooks signatures with

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [
                sys.executable,
                "-m",
                "payments.sandbox",
                "--while-stdin",  # so that it goes when the tests are killed
                f"--webhook-secret={self.webhook_secret}",
                f"--make-secret={MAKE_SECRET}",
                f"--first-wait={FIRST_WAIT}",
                "--refund-wait=inf",  # a test says when
                *arguments,
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.base_url = self._process.stdout.readline().strip()
        assert self.base_url, "the sandbox did not start"
        self.http = httpx.Client(base_url=self.base_url, timeout=30)

    def stop(self) -> None:
        self.http.close()
        self._process.terminate()
        self._process.communicate(timeout=10)

    def kill(self) -> None:
        """Let it die without a word, as in a crash."""
        self._process.kill()
        self._process.communicate(timeout=10)

    @property
    def process(self) -> subprocess.Popen[str]:
        return self._process

    def control(self, name: str, **wanted: Any) -> dict[str, Any]:
        """Pull a control of `payments/sandbox/control.py`."""
        answer = self.http.post(f"/_control/{name}", json=wanted)
        answer.raise_for_status()
        return dict(answer.json())

    def send_webhooks_to(self, url: str | None, secrets: list[str] | None = None) -> None:
        self.control("webhook", url=url, secrets=secrets or [self.webhook_secret])

    def sent(self, kind: str = "") -> list[dict[str, Any]]:
        """Every attempt to send a webhook, oldest first: event, type, object, attempt, status, error, at."""
        return [each for each in self.control("sent")["sent"] if not kind or each["type"] == kind]

    def idle(self, seconds: float = 5.0) -> bool:
        """Whether every webhook has been sent, or given up, within that time."""
        return bool(self.control("idle", seconds=seconds)["idle"])

    @property
    def receiver_url(self) -> str:
        return f"{self.base_url}/recepteur"

    def received(self, name: str = "") -> list[dict[str, Any]]:
        """Calls to `receiver_url`/name, oldest first: name, at, status, headers, body, signature."""
        return list(self.http.get(f"/recepteur/{name}").json()["calls"])

    def token(self, number: str = "4242424242424242", *, save: bool = False, **card: str) -> str:
        """A confirmation token, as the browser would make it; `save` when the page keeps the card."""
        card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123", **card}
        answer = self.http.post(
            "/v1/confirmation_tokens",
            headers={"Authorization": f"Bearer {self.publishable_key}"},
            data={"payment_method_data[type]": "card"}
            | ({"setup_future_usage": "on_session"} if save else {})
            | {f"payment_method_data[card][{name}]": value for name, value in card.items()},
        )
        answer.raise_for_status()
        return str(answer.json()["id"])

    def answer_challenge(self, intent_id: str, answer: str = "authorise") -> None:
        """Answer the bank's 3-D Secure question (authorise or refuse) without a browser."""
        shown = self.http.get(f"/v1/payment_intents/{intent_id}", headers=self.as_merchant).json()
        page = shown["next_action"]["use_stripe_sdk"]["stripe_js"]
        self.http.post(page, data={"answer": answer}).raise_for_status()

    @property
    def as_merchant(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret_key}"}

    def configure(self, settings: Settings | LazySettings) -> None:
        settings.STRIPE_API_BASE = self.base_url
        settings.STRIPE_SECRET_KEY = self.secret_key
        settings.STRIPE_PUBLISHABLE_KEY = self.publishable_key
        settings.STRIPE_WEBHOOK_SECRETS = [self.webhook_secret]
        settings.STRIPE_JS_URL = f"{self.base_url}/v3/stripe.js"
        for name in ("CONTENT_SECURITY_POLICY", "ADMIN_CONTENT_SECURITY_POLICY"):
            policy = getattr(settings, name)
            directives = {
                directive: [source for source in sources if "stripe.com" not in source]
                + ([self.base_url] if any("js.stripe.com" in source for source in sources) else [])
                for directive, sources in policy["DIRECTIVES"].items()
            }
            setattr(settings, name, {**policy, "DIRECTIVES": directives})


@pytest.fixture(scope="session")
def stripe_sandbox_process() -> Iterator[StripeSandbox]:
    """Where Stripe's client tries again, it does so at once."""
    sandbox = StripeSandbox()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
        yield sandbox
    sandbox.stop()


@pytest.fixture
def stripe_sandbox(stripe_sandbox_process: StripeSandbox, settings: Settings) -> Iterator[StripeSandbox]:
    """Stripe, well-behaved and knowing nothing; webhooks go nowhere until `send_webhooks_to`."""
    stripe_sandbox_process.control("webhook", url=None, secrets=[StripeSandbox.webhook_secret])
    stripe_sandbox_process.control("clear")
    stripe_sandbox_process.configure(settings)
    yield stripe_sandbox_process
    stripe_sandbox_process.control("webhook", url=None)
    stripe_sandbox_process.control("clear")


def fill_card(
    page: Page, number: str = "4242424242424242", expiry: str = "12 / 40", cvc: str = "123"
) -> None:
    """Type a card into the payment form; its fields live in Stripe's frame."""
    frame = page.frame_locator("iframe[name^='__privateStripeFrame']")
    frame.get_by_label("Numéro de carte").fill(number)
    frame.get_by_label("Date d’expiration").fill(expiry)
    frame.get_by_label("Code de sécurité").fill(cvc)


def answer_bank(page: Page, answer: str = "Autoriser") -> None:
    """Press the bank's button (Autoriser or Refuser) in the 3-D Secure dialog."""
    page.frame_locator("dialog iframe").get_by_role("button", name=answer).click()
