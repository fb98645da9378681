"""The stand-in for Stripe.js in a real Chromium, on a page with the product's strict CSP."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, expect
from pytest_django import Settings

from payments.gateway import Declined, Intent, IntentStatus, gateway
from tests.chromium import wait_until
from tests.payments.sandbox_process import StripeSandbox, answer_bank, fill_card

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="fr-CA"><meta charset="utf-8"><title>Paiement</title>
<meta name="color-scheme" content="light dark">
<main><h1>Paiement</h1><form><div id="card"></div><button id="pay">Payer</button></form>
<p id="told" role="status"></p></main>
<script src="{stripe_js}"></script><script src="/shop.js"></script></html>"""
# What a checkout page does, and what a test needs to look into it.
SHOP = """
const heard = [], told = document.getElementById("told");
const stripe = Stripe("pk_test_sandbox", {locale: "fr-CA"});
const elements = stripe.elements({mode: "payment", amount: 6750, currency: "cad",
  allowedPaymentMethodTypes: ["card"], locale: "fr-CA", appearance: {variables: {borderRadius: "12px"}}});
const card = elements.create("payment", {fields: {billingDetails: "never"}});
for (const event of ["ready", "change"]) card.on(event, (it) => heard.push([event, it.complete ?? null]));
card.mount("#card");
const nobody = {name: null, email: null, phone: null, address:
  {line1: null, line2: null, city: "Québec", state: "QC", postal_code: "G1R 4P5", country: "CA"}};
const makeToken = (billing_details = nobody) =>
  stripe.createConfirmationToken({elements, params: {payment_method_data: {billing_details}}});
document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const {error} = await elements.submit();
  if (error) { told.textContent = error.message; return; }
  const {confirmationToken} = await makeToken();
  told.textContent = confirmationToken.id;
});
"""


class Shop:
    """A page that pays, on an origin of its own."""

    def __init__(self, sandbox: StripeSandbox, policy: str) -> None:
        files = {"/": PAGE.format(stripe_js=f"{sandbox.base_url}/v3/stripe.js"), "/shop.js": SHOP}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = files.get(self.path, "").encode()
                self.send_response(200)
                kind = "text/javascript" if self.path.endswith(".js") else "text/html"
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy", policy)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def shop(stripe_sandbox: StripeSandbox, settings: Settings) -> Iterator[Shop]:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    shop = Shop(
        stripe_sandbox, "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())
    )
    yield shop
    shop.server.shutdown()
    shop.server.server_close()


@pytest.fixture
def page(chromium: Browser, shop: Shop) -> Iterator[Page]:
    """The shop's page with its card fields ready. Whatever the browser complains about fails the test."""
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.goto(shop.url)
    wait_until(page, "heard.some(([event]) => event === 'ready')")
    yield page
    page.close()
    assert complaints == []


def new_intent() -> Intent:
    return gateway().create_intent(
        checkout_id="c0ffee",
        amount=6750,
        currency="cad",
        idempotency_key=str(uuid.uuid4()),
    )


def confirm(intent: Intent, token: str) -> Intent:
    return gateway().confirm_intent(
        intent_id=intent.id,
        confirmation_token=token,
        return_url="https://fanal.example/",
        idempotency_key=token,
    )


def pay(page: Page) -> str:
    """Press Payer; gives the token that was made."""
    page.evaluate("told.textContent = ''")
    page.get_by_role("button", name="Payer").click()
    told = page.get_by_role("status")
    expect(told).to_contain_text("ctoken_")
    return told.text_content() or ""


def test_a_typed_card_becomes_a_token_that_pays(page: Page) -> None:
    frame = page.frame_locator("iframe")
    frame.get_by_label("Numéro de carte").press_sequentially("4242424242424242")
    frame.get_by_label("Date d’expiration").press_sequentially("1240")
    frame.get_by_label("Code de sécurité").press_sequentially("123")

    assert frame.get_by_label("Numéro de carte").input_value() == "4242 4242 4242 4242"
    assert frame.get_by_label("Date d’expiration").input_value() == "12 / 40"
    wait_until(page, "heard.at(-1).join() === 'change,true'")  # told from frame to frame
    token = pay(page)
    assert confirm(new_intent(), token).status == IntentStatus.SUCCEEDED


def test_the_token_carries_what_the_page_knows_about_the_buyer(
    page: Page, stripe_sandbox: StripeSandbox
) -> None:
    fill_card(page)
    token = pay(page)

    shown = stripe_sandbox.http.get(
        f"/v1/confirmation_tokens/{token}", headers=stripe_sandbox.as_merchant
    ).json()

    preview = shown["payment_method_preview"]
    assert preview["billing_details"]["address"]["postal_code"] == "G1R 4P5"
    assert (preview["card"]["last4"], preview["card"]["exp_year"]) == ("4242", 2040)
    assert "4242424242424242" not in json.dumps(shown)


def test_the_token_says_whether_the_page_keeps_the_card(page: Page, stripe_sandbox: StripeSandbox) -> None:
    def usage() -> str | None:
        token = page.get_by_role("status").text_content()
        shown = stripe_sandbox.http.get(
            f"/v1/confirmation_tokens/{token}", headers=stripe_sandbox.as_merchant
        ).json()
        return cast(str | None, shown["setup_future_usage"])

    fill_card(page)
    pay(page)
    assert usage() is None

    page.evaluate("elements.update({setupFutureUsage: 'on_session'})")
    refused = page.evaluate("makeToken().catch((error) => error.message)")
    assert refused.startswith("elements.submit() must be called")
    pay(page)
    assert usage() == "on_session"

    page.evaluate("elements.update({setupFutureUsage: null})")
    pay(page)
    assert usage() is None


def test_the_card_never_touches_the_page(page: Page) -> None:
    fill_card(page)

    assert "4242" not in page.content()
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None


BADLY_TYPED = [
    (("", "12 / 40", "123"), "Votre numéro de carte est incomplet."),
    (("4242 4242 4242 4241", "12 / 40", "123"), "Votre numéro de carte n’est pas valide."),
    (("4242424242424242", "", "123"), "La date d’expiration de votre carte est incomplète."),
    (("4242424242424242", "01 / 20", "123"), "La date d’expiration de votre carte est passée."),
    (("4242424242424242", "13 / 40", "123"), "Le mois d’expiration de votre carte n’est pas valide."),
    (("4242424242424242", "12 / 40", "12"), "Le code de sécurité de votre carte est incomplet."),
]


def test_a_card_badly_typed_is_explained_in_french(page: Page) -> None:
    for card, message in BADLY_TYPED:
        fill_card(page, *card)

        page.get_by_role("button", name="Payer").click()

        expect(page.get_by_role("status")).to_have_text(message)
        wrong = page.frame_locator("iframe").locator("[aria-invalid=true]")
        expect(wrong).to_have_count(1)
        expect(wrong).to_be_focused()
        expect(wrong).to_have_accessible_description(message)


def test_a_slow_press_on_the_button_is_not_lost_to_an_error_that_appears_above_it(page: Page) -> None:
    fill_card(page, cvc="12")
    button = page.get_by_role("button", name="Payer")
    button.hover()

    page.mouse.down()
    page.wait_for_timeout(300)
    page.mouse.up()

    expect(page.get_by_role("status")).to_have_text("Le code de sécurité de votre carte est incomplet.")


def test_the_form_is_filled_and_sent_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.type("5555555555554444")
    page.keyboard.press("Tab")
    page.keyboard.type("940")
    page.keyboard.press("Tab")
    page.keyboard.type("123")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("ctoken_")


@pytest.mark.parametrize(
    ("answer", "status"),
    [("Autoriser", "succeeded"), ("Refuser", "requires_payment_method")],
)
def test_3d_secure_asks_in_a_dialog_and_the_page_goes_on(page: Page, answer: str, status: str) -> None:
    fill_card(page, "4000002500003155")
    intent = confirm(new_intent(), pay(page))
    assert intent.status == IntentStatus.REQUIRES_ACTION
    page.evaluate(
        "secret => { window.outcome = stripe.handleNextAction({clientSecret: secret}) }", intent.client_secret
    )
    bank = page.frame_locator("dialog iframe")
    expect(bank.get_by_text("67,50 $")).to_be_visible()
    expect(bank.get_by_role("heading")).to_be_focused()
    page.keyboard.press("Escape")  # says neither yes nor no

    answer_bank(page, answer)

    outcome = page.evaluate("window.outcome")
    expect(page.locator("dialog")).to_have_count(0)
    assert gateway().retrieve_intent(intent_id=intent.id).status == status
    if status == "succeeded":
        assert outcome["paymentIntent"]["status"] == "succeeded"
    else:
        assert outcome["error"]["code"] == "payment_intent_authentication_failure"
        assert outcome["error"]["message"].startswith("Nous ne sommes pas parvenus")


def test_a_card_that_the_bank_declines_after_the_question_is_told_in_french(page: Page) -> None:
    fill_card(page, "4000008260003178")
    intent = confirm(new_intent(), pay(page))
    page.evaluate(
        "secret => { window.outcome = stripe.handleNextAction({clientSecret: secret}) }", intent.client_secret
    )

    answer_bank(page)

    error = page.evaluate("window.outcome")["error"]
    assert (error["decline_code"], error["message"]) == (
        "insufficient_funds",
        "Votre carte ne dispose pas de fonds suffisants. Essayez avec une autre carte.",
    )


def test_another_card_needs_another_submit(page: Page) -> None:
    """As at Stripe: a token is only made of what was checked last."""
    fill_card(page)
    pay(page)
    fill_card(page, "4000000000000002")

    refused = page.evaluate("makeToken().catch((error) => error.name + ': ' + error.message)")

    assert refused.startswith("IntegrationError: elements.submit() must be called")
    with pytest.raises(Declined):
        confirm(new_intent(), pay(page))


MISTAKES = [
    (
        "stripe.elements({mode: 'payment', amount: 9, currency: 'cad', paymentMethodTypes: ['card']})",
        "no longer",
    ),
    (
        "stripe.elements({mode: 'payment', amount: 9, currency: 'cad', setupFutureUsage: 'always'})",
        "one of: on_session, off_session",
    ),
    ("stripe.elements({mode: 'payment', amount: 45.5, currency: 'cad'})", "whole number of cents"),
    ("Stripe('sk_test_oops')", "publishable key"),
    ("elements.create('payment')", "only create one"),
    ("elements.submit().then(() => makeToken({name: 'Zoé'}))", "fields.billing_details.email"),
]


def test_a_mistake_of_ours_is_refused_as_stripe_would(page: Page) -> None:
    fill_card(page)

    for code, message in MISTAKES:
        said = page.evaluate(f"(async () => {code})().then(() => 'taken', (error) => error.message)")
        assert message in said


def test_the_page_dresses_the_fields_and_hears_of_colours_that_stripe_does_not_take(page: Page) -> None:
    warnings: list[str] = []
    page.on("console", lambda said: warnings.append(said.text))
    number = page.frame_locator("iframe").get_by_label("Numéro de carte")
    expect(number).to_have_css("border-radius", "12px")

    page.evaluate("elements.update({appearance: {theme: 'night', variables: {colorText: '#ff0000'}}})")

    expect(number).to_have_css("color", "rgb(255, 0, 0)")
    expect(number).to_have_css("background-color", "rgb(24, 32, 56)")
    assert warnings == []
    said = page.evaluate(
        """() => { const said = []; const before = console.warn; console.warn = (text) => said.push(text);
        elements.update({appearance: {variables: {colorText: 'oklch(26% 0.05 266)'}}});
        console.warn = before; return said }"""
    )
    assert "HEX, rgb(), or hsl()" in said[0]


def test_what_the_page_does_not_know_the_fields_ask_for(page: Page, stripe_sandbox: StripeSandbox) -> None:
    """A page that leaves billing details to Stripe: country and postal code are asked beside the card."""
    page.evaluate(
        """() => { window.other = stripe.elements({mode: 'payment', amount: 100, currency: 'cad'});
        other.create('payment').mount('#card') }"""
    )
    fill_card(page)
    refused = page.evaluate("other.submit()")
    page.frame_locator("iframe").get_by_label("Code postal").fill("H2X 1Y4")

    assert refused["error"]["message"] == "Votre code postal est incomplet."
    assert page.evaluate("other.submit()") == {"selectedPaymentMethod": "card"}
    made = page.evaluate("stripe.createConfirmationToken({elements: other})")["confirmationToken"]
    address = made["payment_method_preview"]["billing_details"]["address"]
    assert (address["country"], address["postal_code"]) == ("CA", "H2X 1Y4")


def violations(where: Page | Frame) -> list[Any]:
    """Of one document: axe neither reaches into frames of another origin, nor sees what is behind one."""
    where.evaluate("document.documentElement.style.background ||= 'Canvas'")
    found = Axe().run(
        cast(Page, where),
        context={"exclude": [["iframe"]]},
        options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    )
    return list(found.response["violations"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_card_fields_and_the_banks_question(
    page: Page, stripe_sandbox: StripeSandbox, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    fill_card(page, "4242", "", "")
    page.get_by_role("button", name="Payer").click()
    expect(page.frame_locator("iframe").locator("[aria-invalid=true]").first).to_be_visible()
    intent = confirm(new_intent(), stripe_sandbox.token("4000002500003155"))
    page.evaluate("secret => { stripe.handleNextAction({clientSecret: secret}) }", intent.client_secret)
    expect(page.frame_locator("dialog iframe").get_by_role("button", name="Autoriser")).to_be_visible()

    assert len(page.frames) == 3
    assert [violations(frame) for frame in page.frames] == [[], [], []]
    titles = [page.locator("iframe").nth(index).get_attribute("title") for index in range(2)]
    assert titles == ["Cadre de saisie sécurisé pour le paiement", "Confirmation de votre banque"]
