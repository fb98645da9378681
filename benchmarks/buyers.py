"""Students on their way through checkout: carts, payments at the sandbox, and the browsers that come back."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain, count, islice
from threading import Barrier
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from accounts.models import Role, User
from accounts.sessions import SessionStore
from booking.models import Cart, TimeClaim
from booking.services import Wanted, hold_slots
from courses.models import Course, Tutor
from courses.money import lesson_amount
from payments.models import Checkout, CheckoutLine
from payments.services import pay
from tests.factories import make_cart, make_course, make_tutor, make_user
from tests.payments.sandbox_process import StripeSandbox
from tests.payments.support import card_token, make_buyer, start

HOURS = (9, 11, 13, 15)  # two hours apart: the longest lesson
SECONDS = 60  # after which a client gives up
_people = count(1)


class Place(NamedTuple):
    """An hour of a tutor's."""

    tutor: Tutor
    at: datetime


@dataclass
class Shelf:
    """A course at 45 $ an hour, and hours of its tutors that nobody has asked for yet, handed out in turn."""

    tutors: int = 10
    course: Course = field(init=False)
    _places: list[Place] = field(init=False)

    def __post_init__(self) -> None:
        self.course = make_course("Mathématiques", rate="45.00")
        teaching = [
            make_tutor(f"Tutrice {number}", courses=[self.course], rate="30.00")
            for number in range(self.tutors)
        ]
        today = timezone.localtime().replace(minute=0, second=0, microsecond=0)
        self._places = [
            Place(tutor, (today + timedelta(days=day)).replace(hour=hour))
            for day in range(3, 55)
            for hour in HOURS
            for tutor in teaching
        ]

    def places(self, number: int) -> list[Place]:
        taken, self._places = self._places[:number], self._places[number:]
        assert len(taken) == number, "the shelf is empty: give it more tutors"
        return taken

    def cart(self, lessons: int = 1, *, minutes: int = 60, user: User | None = None) -> Cart:
        cart = make_cart(user)
        wanted = [Wanted(self.course, place.at, minutes, place.tutor) for place in self.places(lessons)]
        hold_slots(cart=cart, wanted=wanted, now=timezone.now())
        return cart


def make_student() -> User:
    return make_user(Role.STUDENT, email=f"eleve{next(_people)}@exemple.ca")


def use(sandbox: StripeSandbox) -> None:
    """Have this very process, too, ask the sandbox instead of Stripe."""
    sandbox.configure(cast(Any, settings))


def paid_checkout(
    shelf: Shelf, *, lessons: int = 1, minutes: int = 60, gone: int = 0, to_somebody: bool = True
) -> Checkout:
    """A member's that the bank has paid, or thinks about. The claims of so many of its lines are gone before
    it was asked; and, if so, the time is another cart's.
    """
    student = make_student()
    checkout = start(
        shelf.cart(lessons, minutes=minutes, user=student),
        total=f"{lessons * lesson_amount(Decimal(45), minutes):.2f}",
        user=student,
        email=student.email,
    )
    for line in checkout.lines.select_related("course", "tutor")[:gone]:
        _lose(line, to_somebody=to_somebody)
    pay(
        checkout=checkout,
        confirmation_token=card_token(),
        return_url="https://fanal.example/retour/",
        now=timezone.now(),
    )
    return checkout


def _lose(line: CheckoutLine, *, to_somebody: bool) -> None:
    TimeClaim.objects.filter(line=line.cart_line_id).delete()
    if to_somebody:
        wanted = Wanted(line.course, line.start, line.minutes, line.tutor)
        hold_slots(cart=make_cart(), wanted=[wanted], now=timezone.now())


# Browsers


def cookie_of(user: User) -> str:
    """The session of a browser that is logged in, as a Cookie header."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


class Answer(NamedTuple):
    """Status 0: the connection was cut."""

    status: int
    seconds: float
    location: str = ""
    body: bytes = b""


class Ask(NamedTuple):
    path: str
    cookie: str
    form: dict[str, str] | None = None


def ask(client: http.client.HTTPConnection, wanted: Ask) -> Answer:
    token = "t" * 32
    headers = {"Cookie": f"{wanted.cookie}; csrftoken={token}"}
    body = None
    if wanted.form is not None:
        body = urlencode(wanted.form)
        headers |= {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": token,
            "Accept": "application/json",
        }
    began = time.perf_counter()
    try:
        client.request("POST" if body else "GET", wanted.path, body, headers)
        answer = client.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        client.close()
        return Answer(0, time.perf_counter() - began)
    return Answer(answer.status, time.perf_counter() - began, answer.headers.get("Location") or "", content)


def connect(url: str) -> http.client.HTTPConnection:
    address = urlsplit(url)
    return http.client.HTTPConnection(address.hostname or "", address.port, timeout=SECONDS)


def ask_all(url: str, wanted: Sequence[Ask], *, clients: int) -> tuple[list[Answer], float]:
    """Every page once, by so many clients that start together, each with a page of its own, and take the next
    when they are free; gives the answers and how long all took.

    Each keeps its connection, and with it the web process that it fell to: with a fixed share for each, one
    process would be left alone with what the other had no part in.
    """
    start = Barrier(clients + 1)
    left = iter(wanted)

    def be_a_client() -> list[Answer]:
        client = connect(url)
        client.connect()
        first = list(islice(left, 1))
        start.wait(SECONDS)
        answers = [ask(client, each) for each in chain(first, left)]
        client.close()
        return answers

    with ThreadPoolExecutor(clients) as threads:
        under_way = [threads.submit(be_a_client) for _ in range(clients)]
        start.wait(SECONDS)
        began = time.perf_counter()
        answers = [answer for each in under_way for answer in each.result()]
        return answers, time.perf_counter() - began


def return_page(checkout: Checkout) -> Ask:
    """Where the bank sends the browser that paid."""
    assert checkout.user
    return Ask(f"/paiement/{checkout.pk}/retour/", cookie_of(checkout.user))


def payments_of(url: str, sandbox: StripeSandbox, user: User, *, clients: int) -> list[Ask]:
    """ "Payer" as each of several browsers of one member would send it, with a card typed in each."""
    asks = []
    for _browser in range(clients):
        cookie = cookie_of(user)
        page = ask(connect(url), Ask("/paiement/", cookie))
        shown = re.search(rb'name="shown"\s+value="([^"]+)"', page.body)
        assert shown, f"the checkout page says {page.status}"
        asks.append(Ask("/paiement/", cookie, billing() | {
            "shown": shown[1].decode(), "confirmation_token": sandbox.token(),
        }))  # fmt: skip
    return asks


def billing() -> dict[str, str]:
    buyer = make_buyer()
    typed = (
        "first_name",
        "last_name",
        "phone",
        "address_line1",
        "city",
        "province",
        "postal_code",
        "country",
    )
    return {name: getattr(buyer, name) for name in typed} | {"card": "new"}
