"""The checkout page in Chromium: kept cards, credits, a cart that changed, with and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from booking.models import Cart, TimeClaim
from courses.models import Course
from payments.models import Order, SavedCard
from payments.services.credits import balance
from tests.browser.buying import ADDRESS, fill_form
from tests.browser.conftest import Screenshot
from tests.browser.sessions import go_on_as
from tests.chromium import Barriers, visitor
from tests.factories import logged_in
from tests.payments.sandbox_process import StripeSandbox, answer_bank, fill_card
from tests.payments.support import (
    ASKS_3D_SECURE,
    browser_with,
    give_credits,
    make_coupon,
    make_held_cart,
    make_shelf,
    next_lesson_time,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(
    chromium: Browser, live_server: LiveServer, stripe_sandbox: StripeSandbox
) -> Iterator[BrowserContext]:
    with visitor(chromium, live_server.url) as context:
        yield context


def arrived(page: Page) -> None:
    expect(page).to_have_url("/tableau-de-bord/", timeout=20_000)
    expect(page.get_by_text("est confirmée")).to_be_visible()


def no_sideways_scroll(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_member_keeps_a_card_and_pays_with_it_and_credits_the_next_time(
    context: BrowserContext,
    live_server: LiveServer,
    student: User,
    screenshot: Screenshot,
    barriers: Barriers,
) -> None:
    course, tutor = make_shelf()
    make_coupon("AUTOMNE10")
    make_held_cart(course, tutor, user=student)
    go_on_as(logged_in(student), context, live_server.url)
    page = context.new_page()
    page.goto("/paiement/")
    expect(page.get_by_text("Utiliser mes crédits")).to_have_count(0)
    fill_form(page, ADDRESS)
    fill_card(page, ASKS_3D_SECURE)
    page.get_by_label("Garder cette carte pour la prochaine fois").check()
    assert barriers(page) == []
    screenshot(page, "checkout-member")
    page.locator("[data-pay]").click()
    answer_bank(page)
    arrived(page)
    assert SavedCard.objects.get().last4 == "3155"

    give_credits(student, "30.00")
    make_held_cart_again(course, tutor, student)
    page.goto("/paiement/")
    expect(page.get_by_label("Adresse", exact=True)).to_have_value("12, rue Saint-Denis")
    kept = page.get_by_label(re.compile("Visa se terminant par 3155"))
    expect(kept).to_be_checked()
    expect(page.locator("#card")).to_be_hidden()
    expect(page.locator("[data-pay]")).to_have_text("Payer 81,00\xa0$")
    page.get_by_label("Utiliser mes crédits (30,00\xa0$)").check()
    expect(page.locator("[data-pay]")).to_have_text("Payer 51,00\xa0$")
    expect(page.locator("#status")).to_have_text("Total\xa0: 51,00\xa0$")
    expect(page.locator("#checkout-summary")).to_contain_text("−30,00\xa0$")
    assert barriers(page) == []
    screenshot(page, "checkout-kept-card")
    no_sideways_scroll(page)

    page.get_by_label("Une autre carte").check()
    expect(page.locator("#card iframe")).to_be_visible()
    screenshot(page, "checkout-other-card")
    kept.check()
    page.locator("[data-pay]").click()
    answer_bank(page)
    arrived(page)
    assert Order.objects.count() == 2
    order = Order.objects.latest("created_at")
    assert (order.discount_cad, order.credits_cad, order.total_cad) == (
        Decimal("9.00"),
        Decimal("30.00"),
        Decimal("51.00"),
    )
    assert balance(user=student) == Decimal("0.00")

    page.goto("/tableau-de-bord/profil/")
    assert barriers(page) == []
    screenshot(page, "profile-cards")
    page.get_by_role("button", name=re.compile("Retirer")).click()
    expect(page.get_by_text("La carte est oubliée")).to_be_visible()
    assert not SavedCard.objects.exists()


def make_held_cart_again(course: Course, tutor: object, student: User) -> None:
    Cart.objects.filter(user=student).delete()
    cart = make_held_cart(
        course,
        tutor,  # type: ignore[arg-type]
        user=student,
        starts=[next_lesson_time(days=4), next_lesson_time(days=5)],
    )
    Cart.objects.filter(pk=cart.pk).update(coupon_code="AUTOMNE10")


def test_credits_that_cover_all_need_no_card_and_only_the_keyboard(
    context: BrowserContext,
    live_server: LiveServer,
    student: User,
    screenshot: Screenshot,
    barriers: Barriers,
) -> None:
    give_credits(student, "100.00")
    make_held_cart(*make_shelf(), user=student)
    go_on_as(logged_in(student), context, live_server.url)
    page = context.new_page()
    page.goto("/paiement/")
    fill_form(page, ADDRESS)
    page.get_by_label("Utiliser mes crédits (100,00\xa0$)").focus()
    page.keyboard.press("Space")
    button = page.get_by_role("button", name="Confirmer la réservation")
    expect(button).to_be_visible()
    expect(page.locator(".card-part")).to_be_hidden()
    expect(page.get_by_label("Utiliser mes crédits (100,00\xa0$)")).to_be_focused()
    assert barriers(page) == []
    screenshot(page, "checkout-nothing-to-pay")
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    arrived(page)
    order = Order.objects.get()
    assert (order.credits_cad, order.total_cad, order.intent_id) == (Decimal("45.00"), Decimal("0.00"), "")


def test_credits_that_cover_all_need_no_script_either(
    chromium: Browser, live_server: LiveServer, student: User, stripe_sandbox: StripeSandbox
) -> None:
    give_credits(student, "100.00")
    make_held_cart(*make_shelf(), user=student)
    context = chromium.new_context(base_url=live_server.url, locale="fr-CA", java_script_enabled=False)
    go_on_as(logged_in(student), context, live_server.url)
    page = context.new_page()
    page.goto("/paiement/")
    fill_form(page, ADDRESS)
    page.get_by_label("Utiliser mes crédits").check()
    page.get_by_role("button", name="Mettre à jour le total").click()
    expect(page.get_by_label("Adresse", exact=True)).to_have_value("12, rue Saint-Denis")
    expect(page.locator(".card-part")).to_be_hidden()
    page.get_by_role("button", name="Confirmer la réservation").click()
    arrived(page)
    assert Order.objects.get().total_cad == Decimal("0.00")
    context.close()


def test_a_price_that_changed_is_shown_beside_what_was_typed_and_confirmed_again(
    context: BrowserContext, live_server: LiveServer, screenshot: Screenshot, barriers: Barriers
) -> None:
    make_coupon("AUTOMNE10")
    course, tutor = make_shelf()
    cart = make_held_cart(course, tutor, starts=[next_lesson_time(hour=10), next_lesson_time(hour=13)])
    Cart.objects.filter(pk=cart.pk).update(coupon_code="AUTOMNE10")
    go_on_as(browser_with(cart), context, live_server.url)
    page = context.new_page()
    page.goto("/paiement/")
    expect(page.locator("[data-pay]")).to_have_text("Payer 81,00\xa0$")
    fill_form(page)
    fill_card(page)
    Course.objects.update(student_rate_cad=Decimal("50.00"))
    page.locator("[data-pay]").click()

    notice = page.locator(".changes")
    expect(notice).to_be_focused()
    expect(notice).to_contain_text("45,00\xa0$")
    expect(notice).to_contain_text("50,00\xa0$")
    expect(notice).to_contain_text("Rien n’a été débité")
    expect(page.locator("[data-pay]")).to_have_text("Payer 90,00\xa0$")
    expect(page.get_by_label("Mot de passe", exact=True)).to_have_value("grand-fleuve-bleu")
    assert barriers(page) == []
    screenshot(page, "checkout-changed")
    no_sideways_scroll(page)
    assert not Order.objects.exists()

    page.locator("[data-pay]").click()
    arrived(page)
    assert Order.objects.get().total_cad == Decimal("90.00")


def test_a_lost_hold_is_taken_back_on_the_spot_and_the_typed_card_stays(
    context: BrowserContext, live_server: LiveServer, screenshot: Screenshot, barriers: Barriers
) -> None:
    course, tutor = make_shelf()
    cart = make_held_cart(course, tutor, starts=[next_lesson_time(hour=10), next_lesson_time(hour=13)])
    go_on_as(browser_with(cart), context, live_server.url)
    page = context.new_page()
    page.goto("/paiement/")
    fill_form(page)
    fill_card(page)
    lost = TimeClaim.objects.filter(line=cart.lines.get(start=next_lesson_time(hour=13)))
    lost.update(expires_at=timezone.now() - timedelta(seconds=1))
    page.locator("[data-pay]").click()
    expect(page.locator(".changes")).to_contain_text("n’est plus retenu")
    expect(page.locator(".changes")).to_be_focused()
    assert barriers(page) == []
    screenshot(page, "checkout-lost")
    page.get_by_role("button", name=re.compile("^Reprendre")).click()
    expect(page.locator(".changes")).to_have_count(0)
    expect(page.locator("[data-pay]")).to_have_text("Payer 90,00\xa0$")
    page.locator("[data-pay]").click()
    arrived(page)
    assert Order.objects.get().lines.filter(appointment__isnull=False).count() == 2
