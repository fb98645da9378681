"""The main job, walked as a new student would, on real processes: from the home page to a paid lesson."""

from __future__ import annotations

import email
import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.hashers import make_password
from icalendar import Calendar
from playwright.sync_api import Browser, BrowserContext, Page, expect
from standardwebhooks import Webhook

from accounts.models import Role, User
from accounts.services import create_account
from booking.models import Appointment, CartLine, TimeClaim
from courses.models import CourseIndexPage, CoursePage
from notifications.models import OutboxMessage
from payments.models import Order
from tests.browser.buying import fill_form
from tests.chromium import visitor
from tests.factories import PASSWORD, make_course, make_tutor
from tests.payments.sandbox_process import StripeSandbox, answer_bank, fill_card
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TORONTO = ZoneInfo("America/Toronto")
PATIENCE = 20

SIGNUP_KEYS = {"user_id", "role", "email", "first_name", "last_name", "created_at"}
BOOKING_KEYS = {
    "order_id", "user_id", "currency", "subtotal_cad", "discount_cad", "total_cad", "coupon_code", "items",
    "created_at",
}  # fmt: skip
ITEM_KEYS = {
    "appointment_id", "course_id", "course_title_fr", "tutor_id", "tutor_name", "start_datetime",
    "duration_min", "price_cad", "tutor_earnings_cad",
}  # fmt: skip


Answer = TypeVar("Answer")


@pytest.fixture
def stack(transactional_db: None, processes: Stack, stripe_sandbox: StripeSandbox) -> Stack:
    """One course with one tutor on a published page, and Stripe telling the site what happens."""
    course = make_course("Mathématiques du secondaire", rate="48.00")
    make_tutor("Maude Gagnon", courses=[course], rate="31.00")
    index = CourseIndexPage.objects.get()
    page = CoursePage(title=course.title, slug="mathematiques", course=course, intro="Des bases solides.")
    index.add_child(instance=page)
    stripe_sandbox.send_webhooks_to(f"{processes.url}/stripe/webhook/")
    processes.forget()
    return processes


@pytest.fixture
def context(chromium: Browser, stack: Stack) -> Iterator[BrowserContext]:
    with visitor(chromium, stack.url) as context:
        yield context


def eventually(ask: Callable[[], Answer]) -> Answer:
    """The first true answer within a patient while."""
    stop = time.monotonic() + PATIENCE
    while not (answer := ask()):
        assert time.monotonic() < stop, "it never came"
        time.sleep(0.1)
    return answer


def next_week_to_cart(page: Page) -> None:
    """Home page → course → the week after → 90 minutes → cart."""
    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Cours", exact=True).first.click()
    page.get_by_role("link", name="Mathématiques du secondaire").first.click()
    page.get_by_role("link", name="Semaine suivante").click()
    expect(page).to_have_url(re.compile(r"semaine="))
    page.locator("label.length", has_text=re.compile(r"1\sh\s30")).click()
    expect(page).to_have_url(re.compile(r"duree=90"))
    page.locator("label.slot", has_text=re.compile(r"^\s*10\sh\s*$")).first.click()
    page.get_by_role("button", name="Ajouter au panier").click()
    expect(page.get_by_text("C’est retenu jusqu’à")).to_be_visible()
    expect(page.locator("#cart-badge")).to_contain_text("1")
    page.get_by_role("link", name="Voir le panier").click()
    expect(page.get_by_text("72,00 $").first).to_be_visible()


def pay_with(page: Page, card: str) -> None:
    fill_card(page, card)
    page.get_by_role("button", name=re.compile("^Payer")).click()


def test_from_the_home_page_to_a_paid_lesson(page: Page, stack: Stack, stripe_sandbox: StripeSandbox) -> None:
    next_week_to_cart(page)
    page.get_by_role("link", name="Passer au paiement").click()
    fill_form(page)
    pay_with(page, "4000002500003155")
    answer_bank(page)

    expect(page).to_have_url("/tableau-de-bord/", timeout=PATIENCE * 1000)
    expect(page.get_by_text("est confirmée")).to_be_visible()
    expect(page.get_by_text("Mathématiques du secondaire").first).to_be_visible()

    order, lesson = Order.objects.get(), Appointment.objects.get()
    local_start = lesson.start.astimezone(TORONTO)
    assert (local_start.hour, local_start.minute, lesson.minutes) == (10, 0, 90)

    eventually(lambda: not OutboxMessage.objects.filter(delivered_at__isnull=True).exists())
    events = {json.loads(call["body"])["type"]: call for call in stripe_sandbox.received()}
    assert sorted(events) == ["booking.created", "signup"]
    assert len(stripe_sandbox.received()) == 2
    for call in events.values():
        headers = {name.lower(): value for name, value in call["headers"].items()}
        Webhook(stripe_sandbox.make_secret).verify(call["body"], headers)
    signup = json.loads(events["signup"]["body"])["payload"]
    booking = json.loads(events["booking.created"]["body"])["payload"]
    assert (set(signup), signup["email"], signup["role"]) == (SIGNUP_KEYS, "zoe@exemple.ca", "student")
    assert (set(booking), booking["order_id"], booking["total_cad"]) == (BOOKING_KEYS, str(order.pk), 72.0)
    (item,) = booking["items"]
    assert set(item) == ITEM_KEYS
    assert (item["price_cad"], item["tutor_earnings_cad"], item["duration_min"]) == (72.0, 46.5, 90)
    assert item["start_datetime"] == f"{lesson.start:%Y-%m-%dT%H:%M:%SZ}"

    message = the_mail(stack, to="zoe@exemple.ca")
    (attachment,) = message.iter_attachments()
    (event,) = Calendar.from_ical(attachment.get_content()).events
    assert event.start == local_start
    assert event.end - event.start == timedelta(minutes=90)

    the_admin_finds(page.context, order)


def the_mail(stack: Stack, *, to: str) -> EmailMessage:
    """The one to this address, of all that were written; the tutor has got one, too."""
    messages = [
        email.message_from_bytes(path.read_bytes(), policy=default)
        for path in eventually(lambda: list(stack.mail.glob("*.eml")))
    ]
    (found,) = [message for message in messages if message["To"] == to]
    return found


def the_admin_finds(context: BrowserContext, order: Order) -> None:
    create_account(
        email="direction@exemple.ca",
        first_name="Anne",
        last_name="Roy",
        role=Role.ADMIN,
        password_hash=make_password(PASSWORD, hasher="pbkdf2_sha256"),
    )
    context.clear_cookies()
    page = context.new_page()
    page.goto("/admin/snippets/payments/order/")
    page.get_by_label("Courriel").fill("direction@exemple.ca")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("link", name=order.number).first.click()
    expect(page.get_by_text(order.intent_id)).to_be_visible()
    expect(page.get_by_text("Prévu")).to_be_visible()


def test_a_declined_card_is_explained_and_another_pays(page: Page, stack: Stack) -> None:
    next_week_to_cart(page)
    page.get_by_role("link", name="Passer au paiement").click()
    fill_form(page)
    pay_with(page, "4000000000009995")
    expect(page.get_by_role("alert").filter(has_text="insuffisants")).to_be_visible()
    assert page.get_by_label("Prénom").input_value() == "Zoé"
    pay_with(page, "4242424242424242")
    expect(page).to_have_url("/tableau-de-bord/", timeout=PATIENCE * 1000)
    assert Order.objects.count() == 1


def test_a_mistake_keeps_the_card_and_what_was_typed(page: Page, stack: Stack) -> None:
    next_week_to_cart(page)
    page.get_by_role("link", name="Passer au paiement").click()
    fill_form(page)
    page.get_by_label("Code postal", exact=True).fill("90210")
    pay_with(page, "4242424242424242")
    expect(page.locator("#error-summary")).to_be_focused()
    assert page.get_by_label("Mot de passe", exact=True).input_value() == "grand-fleuve-bleu"
    page.get_by_label("Code postal", exact=True).fill("H2X 1Y4")
    page.get_by_role("button", name=re.compile("^Payer")).click()
    expect(page).to_have_url("/tableau-de-bord/", timeout=PATIENCE * 1000)


def test_refusing_3d_secure_says_so_and_keeps_the_cart(page: Page, stack: Stack) -> None:
    next_week_to_cart(page)
    page.get_by_role("link", name="Passer au paiement").click()
    fill_form(page)
    pay_with(page, "4000002500003155")
    answer_bank(page, "Refuser")
    expect(page.get_by_text("Votre banque n’a pas pu vous authentifier")).to_be_visible(
        timeout=PATIENCE * 1000
    )
    expect(page).to_have_url(re.compile(r"/paiement/$"))
    assert not Order.objects.exists()


def test_a_browser_that_is_closed_right_after_paying_loses_nothing(
    context: BrowserContext, page: Page, stack: Stack
) -> None:
    """The webhook alone makes the order."""
    next_week_to_cart(page)
    page.get_by_role("link", name="Passer au paiement").click()
    fill_form(page)
    page.route("**/retour/", lambda route: route.abort())
    fill_card(page, "4242424242424242")
    with page.expect_response("**/paiement/"):
        page.get_by_role("button", name=re.compile("^Payer")).click()
    page.close()
    eventually(Order.objects.exists)
    assert User.objects.filter(email="zoe@exemple.ca").exists()


def test_a_webhook_that_never_comes_is_not_missed(
    page: Page, stack: Stack, stripe_sandbox: StripeSandbox
) -> None:
    """The return page settles."""
    stripe_sandbox.send_webhooks_to(None)
    next_week_to_cart(page)
    page.get_by_role("link", name="Passer au paiement").click()
    fill_form(page)
    pay_with(page, "4242424242424242")
    expect(page).to_have_url("/tableau-de-bord/", timeout=PATIENCE * 1000)
    assert Order.objects.count() == 1


def test_the_same_walk_without_a_script_up_to_the_card(chromium: Browser, stack: Stack) -> None:
    context = chromium.new_context(base_url=stack.url, locale="fr-CA", java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Cours", exact=True).first.click()
    page.get_by_role("link", name="Mathématiques du secondaire").first.click()
    page.get_by_role("link", name="Semaine suivante").click()
    page.locator("label.length", has_text=re.compile(r"1\sh\s30")).click()
    page.get_by_role("button", name="Afficher").click()
    page.locator("label.slot", has_text=re.compile(r"^\s*10\sh\s*$")).first.click()
    page.get_by_role("button", name="Ajouter au panier").click()
    expect(page).to_have_url(re.compile(r"/panier/$"))
    page.get_by_role("link", name="Passer au paiement").click()
    expect(page.get_by_role("heading", name="Paiement")).to_be_visible()
    expect(page.get_by_text("Activez-le pour payer")).to_be_visible()
    fill_form(page)
    page.get_by_role("button", name=re.compile("^Payer")).click()
    expect(page.get_by_text("Le paiement demande JavaScript")).to_be_visible()
    assert page.get_by_label("Courriel", exact=True).input_value() == "zoe@exemple.ca"
    assert CartLine.objects.count() == 1
    assert TimeClaim.objects.get().state == TimeClaim.State.HOLD
    context.close()
