"""`make bench`: what settling costs, and that one cart is charged once; into var/bench/money.json.

- `settle_p95_ms`: from the call of `settle` to its return, in this process, less the time that the sandbox
  took to say what the intent is. A member's order of three lessons, events, mail and calendar file included,
  all of it committed. `settle_queries` are its statements, without beginnings and ends of transactions.
- `settlements_per_s`: browsers that paid come back to the return page, all at once, over real HTTP to two web
  processes. Each page settles an order of three lessons; webhooks are switched off, so that nobody else does.
  The sandbox, PostgreSQL, Redis and the clients share the machine. It is the median of some rounds, whose
  best is `settlements_per_s_best`. `return_p95_ms` is the page as seen by one client alone.
- `double_charges`: 32 browsers of one member, each with a card of its own, press "Payer" on one cart at the
  same moment, round after round; what the sandbox's books say was charged beyond the first.
"""

from __future__ import annotations

import logging
import tempfile
import time
from functools import wraps
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext, setup_test_environment
from django.utils import timezone

from benchmarks import buyers, ledger_check
from benchmarks.buyers import Ask, Shelf
from benchmarks.database import bench_database
from benchmarks.pages import BOOKKEEPING, p95
from benchmarks.table import show
from payments.gateway import Gateway
from payments.models import Checkout, Order
from payments.services import settle
from tests.payments.sandbox_process import StripeSandbox
from tests.stack import ROOT, Stack

VAR = ROOT / "var" / "bench"
CEILINGS = {"settle_p95_ms": 25, "settle_queries": 20, "double_charges": 0, "faults": 0}
FLOORS = {"settlements_per_s": 100}

SETTLED_ALONE = 150
RETURNS_ALONE = 60
CROWDS, RETURNS = 3, 500
COMING_BACK = 16  # at a time: with few connections, all may fall to one web process
BROWSERS = 32
ROUNDS = 5


class AtStripe:
    """How long this process waits for the gateway."""

    def __init__(self) -> None:
        self.seconds = 0.0
        retrieve = Gateway.retrieve_intent

        @wraps(retrieve)
        def timed(gateway: Gateway, *, intent_id: str) -> Any:
            began = time.perf_counter()
            try:
                return retrieve(gateway, intent_id=intent_id)
            finally:
                self.seconds += time.perf_counter() - began

        Gateway.retrieve_intent = timed  # type: ignore[method-assign, assignment]


def settle_alone(shelf: Shelf, number: int) -> dict[str, Any]:
    at_stripe = AtStripe()
    checkouts = [buyers.paid_checkout(shelf, lessons=3) for _ in range(number)]
    counted, *timed = checkouts
    with CaptureQueriesContext(connection) as captured:
        _settle(counted)
    seconds = []
    for checkout in timed:
        began, at_stripe.seconds = time.perf_counter(), 0.0
        _settle(checkout)
        seconds.append(time.perf_counter() - began - at_stripe.seconds)
    return {
        "settle_p95_ms": p95(seconds[len(seconds) // 10 :]),
        "settle_median_ms": sorted(seconds)[len(seconds) // 2] * 1000,
        "settle_queries": sum(not BOOKKEEPING.match(query["sql"]) for query in captured),
    }


def _settle(checkout: Checkout) -> None:
    settled = settle(intent_id=str(checkout.intent_id), now=timezone.now())
    assert settled
    assert settled.status == Checkout.Status.SETTLED


def come_back(shelf: Shelf, url: str) -> dict[str, Any]:
    alone, _ = buyers.ask_all(url, _waiting(shelf, url, RETURNS_ALONE), clients=1)
    answers, rates = list(alone), []
    for _crowd in range(CROWDS):
        pages = _waiting(shelf, url, RETURNS)
        crowd, seconds = buyers.ask_all(url, pages, clients=COMING_BACK)
        answers += crowd
        rates.append(RETURNS / seconds)
    to_the_dashboard = [answer.location == "/tableau-de-bord/" for answer in answers]
    assert all(to_the_dashboard), f"{to_the_dashboard.count(False)} were not settled by their own page"
    return {
        "return_p95_ms": p95(answer.seconds for answer in alone[RETURNS_ALONE // 10 :]),
        "settlements_per_s": median(rates),
        "settlements_per_s_best": max(rates),
    }


def _waiting(shelf: Shelf, url: str, number: int) -> list[Ask]:
    """The return pages of so many browsers that have just paid. Each has seen a page of the site before, and
    so its session is in the cache.
    """
    pages = [buyers.return_page(buyers.paid_checkout(shelf, lessons=3)) for _ in range(number)]
    buyers.ask_all(url, [Ask("/connexion/", page.cookie) for page in pages], clients=COMING_BACK)
    return pages


def pay_at_once(shelf: Shelf, url: str, sandbox: StripeSandbox) -> dict[str, Any]:
    """Each round must end with one charge and one order, whoever won."""
    before, orders = charges(sandbox), Order.objects.count()
    statuses: list[int] = []
    for _round in range(ROUNDS):
        student = buyers.make_student()
        shelf.cart(3, user=student)
        asks = buyers.payments_of(url, sandbox, student, clients=BROWSERS)
        answers, _ = buyers.ask_all(url, asks, clients=BROWSERS)
        statuses += [answer.status for answer in answers]
        checkout = Checkout.objects.get(user=student)
        buyers.ask_all(url, [buyers.return_page(checkout)], clients=1)
    assert max(statuses) < 500, f"{sum(status >= 500 for status in statuses)} clients saw an error"
    assert Order.objects.count() - orders == ROUNDS
    return {"double_charges": charges(sandbox) - before - ROUNDS, "double_pay_clients": BROWSERS * ROUNDS}


def charges(sandbox: StripeSandbox) -> int:
    return sum(charge["paid"] for charge in ledger_check.books(sandbox, "charges"))


def main() -> None:
    VAR.mkdir(parents=True, exist_ok=True)
    setup_test_environment(debug=False)
    logging.getLogger("stripe").setLevel(logging.ERROR)
    # Events are recorded, as in production; nobody sends them here.
    settings.MAKE_WEBHOOK_URLS = dict.fromkeys(settings.MAKE_WEBHOOK_URLS, "http://127.0.0.1:9/")
    sandbox = StripeSandbox()
    try:
        buyers.use(sandbox)
        with bench_database(), tempfile.TemporaryDirectory() as folder:
            shelf = Shelf(tutors=30)
            figures = settle_alone(shelf, SETTLED_ALONE)
            stack = Stack(var=Path(folder), sandbox=sandbox, web_workers=2)
            try:
                stack.start_web()
                stack.wait_for(f"{stack.url}/connexion/", "web")
                figures |= come_back(shelf, stack.url)
                figures |= pay_at_once(shelf, stack.url, sandbox)
            finally:
                stack.stop()
            found = ledger_check.faults(sandbox)
            figures["faults"] = len(found)
    finally:
        sandbox.stop()
    for fault in found:
        print(fault)
    show(figures, VAR / "money.json", ceilings=CEILINGS, floors=FLOORS)


if __name__ == "__main__":
    main()
