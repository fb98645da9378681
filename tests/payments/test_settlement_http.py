"""Webhook and return page at once, over real HTTP against real processes: still one order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from booking.models import Appointment
from notifications.models import OutboxMessage
from payments.models import Checkout, Order
from payments.views.returning import CHECKOUTS_OF_THIS_BROWSER
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import make_held_cart, make_shelf, next_lesson_time, start_and_pay
from tests.stack import Stack

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
BROWSERS = 10


def browser_that_pays(checkout: Checkout) -> dict[str, str]:
    session = SessionStore()
    session[CHECKOUTS_OF_THIS_BROWSER] = [str(checkout.pk)]
    session.save()
    return {settings.SESSION_COOKIE_NAME: str(session.session_key)}


def test_webhook_and_return_page_at_once_make_one_order_ten_times(
    processes: Stack, stripe_sandbox: StripeSandbox
) -> None:
    processes.forget()
    shelf = make_shelf()
    for round_ in range(10):
        # The webhook leaves the sandbox while the return page is asked for, by ten tabs.
        stripe_sandbox.send_webhooks_to(f"{processes.url}/stripe/webhook/")
        checkout = start_and_pay(
            make_held_cart(*shelf, starts=[next_lesson_time(days=3 + round_)]),
            email=f"eleve{round_}@exemple.ca",
        )
        cookies = browser_that_pays(checkout)

        def come_back(_tab: int, checkout: Checkout = checkout, cookies: dict[str, str] = cookies) -> int:
            url = f"{processes.url}/paiement/{checkout.pk}/retour/"
            return httpx.get(url, cookies=cookies, timeout=30).status_code

        with ThreadPoolExecutor(BROWSERS) as tabs:
            answers = list(tabs.map(come_back, range(BROWSERS)))
        assert stripe_sandbox.idle()
        assert all(answer < 500 for answer in answers), answers
        assert 302 in answers
    assert (Order.objects.count(), Appointment.objects.count()) == (10, 10)
    assert User.objects.filter(role="student").count() == 10
    assert OutboxMessage.objects.filter(type="booking.created").count() == 10
