"""Paying over real HTTP against real processes: however often, however broken, one charge and one order."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass

import httpx
import pytest
from django.conf import settings

from accounts.models import User
from booking.models import Appointment
from payments.models import Checkout, Order
from tests.factories import logged_in, make_user
from tests.payments.checkout_pages import TYPED
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import card_token, make_held_cart, make_shelf, next_lesson_time
from tests.stack import Stack

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
CROWD = 32


@dataclass
class Tab:
    """A tab of a browser that is logged in, with the checkout page open in it."""

    browser: httpx.Client
    typed: dict[str, str]

    @classmethod
    def open(cls, url: str, user: User) -> Tab:
        client = logged_in(user)
        cookie = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
        browser = httpx.Client(base_url=url, cookies=cookie, timeout=60)
        html = browser.get("/paiement/").text
        hidden = {
            name: found[1]
            for name in ("csrfmiddlewaretoken", "shown")
            if (found := re.search(rf'name="{name}"\s+value="([^"]+)"', html))
        }
        return cls(browser, {**TYPED, **hidden, "card": "new"})

    def again(self) -> Tab:
        """The same page in another tab, over a connection of its own."""
        same = httpx.Client(base_url=self.browser.base_url, cookies=self.browser.cookies, timeout=60)
        return Tab(same, self.typed)

    def pay(self, token: str, *, patience: float = 60) -> httpx.Response:
        return self.browser.post(
            "/paiement/",
            data={**self.typed, "confirmation_token": token},
            headers={"Accept": "application/json"},
            timeout=patience,
        )

    def follow(self, answer: httpx.Response) -> str:
        """Where the answer leads in the end."""
        return str(self.browser.get(answer.json()["location"], follow_redirects=True).url.path)


def charges(sandbox: StripeSandbox) -> int:
    told = sandbox.http.get("/v1/events?type=charge.succeeded&limit=100", headers=sandbox.as_merchant).json()
    return len(told["data"])


@pytest.fixture
def site(processes: Stack, stripe_sandbox: StripeSandbox) -> Stack:
    processes.forget()
    return processes


def all_at_once(tabs: list[Tab], tokens: list[str]) -> list[httpx.Response]:
    start = threading.Barrier(len(tabs))

    def press(pair: tuple[Tab, str]) -> httpx.Response:
        start.wait()
        return pair[0].pay(pair[1])

    with ThreadPoolExecutor(len(tabs)) as crowd:
        return list(crowd.map(press, zip(tabs, tokens, strict=True)))


def test_thirty_two_clients_that_pay_one_cart_are_charged_once(
    site: Stack, stripe_sandbox: StripeSandbox, student: User
) -> None:
    make_held_cart(*make_shelf(), user=student)
    tokens = [card_token() for _client in range(CROWD)]
    with ExitStack() as open_tabs:
        first = Tab.open(site.url, student)
        tabs = [first, *(first.again() for _client in range(CROWD - 1))]
        for tab in tabs:
            open_tabs.callback(tab.browser.close)
        answers = all_at_once(tabs, tokens)
        assert {answer.status_code for answer in answers} == {200}
        (checkout,) = Checkout.objects.all()
        assert {answer.json()["location"] for answer in answers} == {f"/paiement/{checkout.pk}/retour/"}
        assert {tab.follow(answer) for tab, answer in zip(tabs[:4], answers, strict=False)} == {
            "/tableau-de-bord/"
        }
    assert (charges(stripe_sandbox), Order.objects.count(), Appointment.objects.count()) == (1, 1, 1)


def test_as_many_clients_with_a_cart_each_are_charged_each(
    site: Stack, stripe_sandbox: StripeSandbox
) -> None:
    """The crowd that pays once above really is one: nothing but the cart holds it back."""
    course, tutor = make_shelf()
    people = [make_user() for _client in range(8)]
    for days, person in enumerate(people):
        make_held_cart(course, tutor, user=person, starts=[next_lesson_time(days=3 + days)])
    with ExitStack() as open_tabs:
        tabs = [Tab.open(site.url, person) for person in people]
        for tab in tabs:
            open_tabs.callback(tab.browser.close)
        answers = all_at_once(tabs, [card_token() for _person in people])
        assert {tab.follow(answer) for tab, answer in zip(tabs, answers, strict=True)} == {
            "/tableau-de-bord/"
        }
    assert (charges(stripe_sandbox), Order.objects.count()) == (8, 8)


def test_a_connection_lost_on_the_way_and_a_second_try_are_one_charge(
    site: Stack, stripe_sandbox: StripeSandbox, student: User
) -> None:
    make_held_cart(*make_shelf(), user=student)
    tab = Tab.open(site.url, student)
    first, second = card_token(), card_token()
    stripe_sandbox.control("fail", path="/confirm", n=1, seconds=2)  # only slow
    with closing(tab.browser):
        with pytest.raises(httpx.ReadTimeout):
            tab.pay(first, patience=1.2)
        again = tab.pay(second)
        assert again.status_code == 200
        # The first try is still at the bank: the second waits for its end.
        assert again.json() == {"location": f"/paiement/{Checkout.objects.get().pk}/retour/"}
        for _look in range(40):
            if tab.follow(again) == "/tableau-de-bord/":
                break
            threading.Event().wait(0.2)
    assert (charges(stripe_sandbox), Order.objects.count()) == (1, 1)


def test_stripe_falling_silent_after_it_charged_is_one_charge(
    site: Stack, stripe_sandbox: StripeSandbox, student: User
) -> None:
    make_held_cart(*make_shelf(), user=student)
    tab = Tab.open(site.url, student)
    first, second = card_token(), card_token()
    stripe_sandbox.control("fail", path="/confirm", n=3, lost=True, after=True)
    with closing(tab.browser):
        answer = tab.pay(first)
        assert tab.follow(answer) == "/tableau-de-bord/"
        # Back, and "Payer" once more, from the page as it was left.
        again = tab.pay(second)
        assert tab.follow(again) == "/tableau-de-bord/"
    assert (charges(stripe_sandbox), Order.objects.count()) == (1, 1)


def test_a_second_tab_with_an_older_page_is_told_what_changed_and_charges_nothing(
    site: Stack, stripe_sandbox: StripeSandbox, student: User
) -> None:
    course, tutor = make_shelf()
    make_held_cart(course, tutor, user=student)
    old = Tab.open(site.url, student)
    course.student_rate_cad = 50
    course.save()
    new = Tab.open(site.url, student)
    with closing(old.browser), closing(new.browser):
        refused = old.pay(card_token())
        assert refused.status_code == 409
        assert "50,00\xa0$" in refused.json()["html"]
        assert new.follow(new.pay(card_token())) == "/tableau-de-bord/"
        assert old.follow(old.pay(card_token())) == "/tableau-de-bord/"
    assert (charges(stripe_sandbox), Order.objects.count()) == (1, 1)
