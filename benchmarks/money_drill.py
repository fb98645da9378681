"""`make drill`: money through kills, cuts, lost answers and crowds, into var/drill/money.json and on the
screen. Names of drills may be given, to run only those.

Web, worker, schedule and sandbox are processes of their own. After each drill `benchmarks.ledger_check` lays
the sandbox's books beside our rows until nothing is amiss; `recovery_s` is how long that took, counted from
when the last one killed was started again, or the last thing was asked. Only the clock of the site itself
heals (webhooks sent again by the sandbox, and the schedule), unless a drill says that it runs
`manage.py reconcile_payments`.

`lost`, `doubled` and `wrong_amount` count what is amiss at the end: money, lessons or claims, one without the
other.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from functools import partial
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.test.utils import setup_test_environment
from django.utils import timezone

from accounts.models import Role
from benchmarks import buyers, ledger_check
from benchmarks.buyers import Ask, Shelf
from benchmarks.database import bench_database
from benchmarks.ledger_check import Fault
from benchmarks.mortals import PATIENCE, Mortals, until
from payments.models import Checkout, Order, Refund, StripeEvent
from payments.services import settle
from tests.factories import make_user
from tests.payments.sandbox_process import StripeSandbox
from tests.stack import ROOT

VAR = ROOT / "var" / "drill"
LATE = 100
BATCH = 20
BROWSERS = 32
ROUNDS = 8
TIMEOUTS = 8
WITHIN = 90
"""Seconds after which all must be well again."""
PRICES = {60: Decimal("45.00"), 90: Decimal("67.50"), 120: Decimal("90.00")}
# Stripe's library asks so often before it gives up.
GIVES_UP = 3

Figures = dict[str, Any]
Extra = Callable[[], list[Fault]]


def nothing_more() -> list[Fault]:
    return []


class Drills:
    def __init__(self, stack: Mortals, shelf: Shelf) -> None:
        self.stack = stack
        self.sandbox = stack.sandbox
        self.shelf = shelf
        self.admin = buyers.cookie_of(make_user(Role.ADMIN))

    # What happens

    def gone(self) -> Checkout:
        """Paid for two lessons, one of whose times is somebody else's by now: a lesson and a refund."""
        return buyers.paid_checkout(self.shelf, lessons=2, gone=1)

    def order(self) -> Order:
        checkout = buyers.paid_checkout(self.shelf, lessons=2)
        settle(intent_id=str(checkout.intent_id), now=timezone.now())
        return Order.objects.get(checkout=checkout)

    def ask(self, wanted: Ask) -> buyers.Answer:
        client = buyers.connect(self.stack.url)
        try:
            return buyers.ask(client, wanted)
        finally:
            client.close()

    def refund_form(self, order: Order) -> Ask:
        """What confirming a part refund in the admin sends, as its preview says: 10 $ of each lesson."""
        path = f"/admin/snippets/payments/order/rembourser/{order.pk}/"
        wish = {
            "extent": "lines", "destination": "card", "lessons": "keep", "reason": "Exercice",
            **{f"line-{line.pk}": "10,00" for line in order.lines.all()},
        }  # fmt: skip
        preview = self.ask(Ask(path, self.admin, wish | {"step": "preview"}))
        forms = re.findall(r"(?s)<form.*?</form>", preview.body.decode())
        form = next((each for each in forms if 'name="token"' in each), "")
        assert form, f"the preview says {preview.status}"
        fields = {
            name[1]: value[1]
            for tag in re.findall(r"<input[^>]*>", form)
            if (name := re.search(r'name="([^"]*)"', tag)) and (value := re.search(r'value="([^"]*)"', tag))
        }
        return Ask(path, self.admin, fields | {"step": "confirm"})

    # What is found

    def judged(self, cases: int, *, since: float | None = None, extra: Extra = nothing_more) -> Figures:
        since = since or time.monotonic()
        found: list[Fault] = []

        def all_is_well() -> bool:
            found[:] = [*ledger_check.faults(self.sandbox), *extra()]
            return not found

        well = until(all_is_well, seconds=WITHIN - (time.monotonic() - since))
        for fault in found:
            print("   ", fault.kind, fault.what)
        kinds = Counter(fault.kind for fault in found)
        return {
            "cases": cases,
            "lost": kinds["lost"],
            "doubled": kinds["doubled"],
            "wrong_amount": kinds["wrong_amount"],
            "recovery_s": round(time.monotonic() - since, 1) if well else None,
        }

    # The drills

    def killed(self) -> Figures:
        """Web and worker die at every step of a settlement with a refund, web also at every step of a refund
        by the direction, whose second click comes after every other death."""
        return self._struck("kill")

    def cut(self) -> Figures:
        """The same, but only their connection to PostgreSQL is lost."""
        return self._struck("cut")

    def _struck(self, how: str) -> Figures:
        # The worker first: it hears of payments from a web that lives.
        attempts = {"worker": self._by_webhook(how), "web": self._by_requests(how)}
        struck = Counter[str]()
        while attempts:
            for role in list(attempts):
                if next(attempts[role]):
                    struck[role] += 1
                else:
                    del attempts[role]
            self.stack.revive()
            self.sandbox.control("resume")
        return self.judged(struck.total()) | struck

    def _by_requests(self, how: str) -> Iterator[bool]:
        """Whether web was struck: at every step of the one, then of the other."""
        for attempts in (self._by_return_page(how), self._by_refund(how)):
            yield from takewhile(bool, attempts)
        yield False

    def _by_webhook(self, how: str) -> Iterator[bool]:
        """Whether the worker was struck, step after step, until there is none left."""
        for step in range(1, 500):
            self.sandbox.control("pause")
            checkout = self.gone()
            before = len(self.stack.deaths("worker"))
            self.stack.doom("worker", about=str(checkout.intent_id), step=step, how=how)
            self.sandbox.control("resume")
            assert until(partial(self._struck_or_handled, checkout, before)), "the worker does nothing"
            yield self._fell("worker", before)

    def _struck_or_handled(self, checkout: Checkout, before: int) -> bool:
        return len(self.stack.deaths("worker")) > before or handled(checkout)

    def _by_return_page(self, how: str) -> Iterator[bool]:
        for step in range(1, 500):
            self.sandbox.control("pause")
            checkout = self.gone()
            yield self._web_falls(buyers.return_page(checkout), str(checkout.intent_id), step, how)

    def _by_refund(self, how: str) -> Iterator[bool]:
        for step in range(1, 500):
            order = self.order()
            confirm = self.refund_form(order)
            fell = self._web_falls(confirm, str(order.pk), step, how)
            if fell and step % 2:
                self.stack.revive()
                self.ask(confirm)
            yield fell

    def _web_falls(self, asked: Ask, about: str, step: int, how: str) -> bool:
        before = len(self.stack.deaths("web"))
        self.stack.doom("web", about=about, step=step, how=how)
        self.ask(asked)
        return self._fell("web", before)

    def _fell(self, role: str, before: int) -> bool:
        self.stack.warrant(role).unlink(missing_ok=True)
        fell = len(self.stack.deaths(role)) > before
        if fell and self.stack.deaths(role)[-1].startswith("kill"):
            assert until(lambda: self.stack.is_dead(role)), f"{role} does not die"
        return fell

    def late(self, *, taken: bool) -> Figures:
        """Banks that think for so long that the claims are gone; then they pay."""
        self.sandbox.control("processing", n=LATE)
        lengths = [60, 90, 120]
        checkouts = [
            buyers.paid_checkout(self.shelf, minutes=lengths[number % 3], gone=1, to_somebody=taken)
            for number in range(LATE)
        ]
        self.sandbox.control("processing", n=0)
        for checkout in checkouts:
            self.sandbox.control("intent", intent=checkout.intent_id, succeeded=True)
        ids = [checkout.pk for checkout in checkouts]

        def as_promised() -> list[Fault]:
            given_back = {
                refund["payment_intent"]: refund["amount"]
                for refund in ledger_check.books(self.sandbox, "refunds")
            }
            wanted = {
                checkout.intent_id: int(PRICES[lengths[number % 3]] * 100)
                for number, checkout in enumerate(checkouts)
            }
            booked = Order.objects.filter(checkout__in=ids, lines__appointment__status="scheduled").count()
            if taken:
                return [
                    Fault(
                        "wrong_amount", f"{intent}: {amount} cents to go back, {given_back.get(intent)} did"
                    )
                    for intent, amount in wanted.items()
                    if given_back.get(intent) != amount
                ]
            return [Fault("lost", f"{booked} lessons of {LATE}")] * (LATE - booked)

        return self.judged(LATE, extra=as_promised)

    def webhooks(self, name: str, **how: Any) -> Figures:
        """Payments and refunds whose webhooks are dropped (then by the command), doubled, shuffled, late."""
        self.sandbox.control(name, **how)
        if name == "double":
            self.sandbox.control("senders", n=8)
        for number in range(BATCH):
            if number % 2:
                self.gone()
            else:
                buyers.paid_checkout(self.shelf, lessons=2)
        since = time.monotonic()
        if name == "shuffle":
            self.sandbox.control("shuffle", n=0)
        if name == "drop":
            self.sandbox.idle(10)
            self.sandbox.control("reset")
            self.stack.command("reconcile_payments")
        figures = self.judged(BATCH, since=since)
        self.sandbox.idle(30)
        self.sandbox.control("reset")
        return figures

    def confirm_times_out(self) -> Figures:
        """Stripe charges, and its answer is lost: once, or until the library gives up."""
        for number in range(TIMEOUTS):
            student = buyers.make_student()
            self.shelf.cart(2, user=student)
            [payment] = buyers.payments_of(self.stack.url, self.sandbox, student, clients=1)
            self.sandbox.control(
                "fail", path="/confirm", n=1 if number % 2 else GIVES_UP, lost=True, after=True
            )
            answer = self.ask(payment)
            assert answer.status == 200, f"{answer.status}: {answer.body[:500]!r}"
            self.ask(payment)  # and pressed again
        self.sandbox.control("reset")
        return self.judged(TIMEOUTS)

    def refund_times_out(self) -> Figures:
        """Stripe refunds, and its answer is lost, and no webhook says so; the command asks again."""
        self.sandbox.control("pause")
        for number in range(TIMEOUTS):
            confirm = self.refund_form(self.order())
            self.sandbox.control(
                "fail", path="/v1/refunds", method="POST", n=1 if number % 2 else GIVES_UP, lost=True,
                after=True,
            )  # fmt: skip
            self.ask(confirm)
        self.sandbox.control("reset")
        self.sandbox.control("pause")
        since = time.monotonic()
        self.stack.command("reconcile_payments")
        self.sandbox.control("resume")
        return self.judged(TIMEOUTS, since=since)

    def crowd(self) -> Figures:
        """32 browsers of one member, each with a card of its own, press "Payer" at the same moment."""
        statuses: Counter[int] = Counter()
        students = []
        for _round in range(ROUNDS):
            student = buyers.make_student()
            self.shelf.cart(3, user=student)
            asks = buyers.payments_of(self.stack.url, self.sandbox, student, clients=BROWSERS)
            answers, _ = buyers.ask_all(self.stack.url, asks, clients=BROWSERS)
            statuses += Counter(answer.status for answer in answers)
            students.append(student)

        def one_order_each() -> list[Fault]:
            orders = Order.objects.filter(user__in=students).count()
            kind = "doubled" if orders > ROUNDS else "lost"
            return [Fault(kind, f"{orders} orders of {ROUNDS}")] * abs(orders - ROUNDS)

        figures = self.judged(ROUNDS, extra=one_order_each)
        return figures | {"statuses": dict(statuses)}


def handled(checkout: Checkout) -> bool:
    """Whether everything that Stripe has said of a payment was dealt with."""
    events = StripeEvent.objects.filter(intent_id=checkout.intent_id)
    return (
        events.exists()
        and not events.filter(handled_at=None).exists()
        and Checkout.objects.filter(pk=checkout.pk, status=Checkout.Status.SETTLED).exists()
        and not Refund.objects.filter(order__checkout=checkout, status=Refund.Status.PENDING).exists()
    )


def run(sandbox: StripeSandbox, *, only: Collection[str] = (), without: str = "") -> dict[str, Figures]:
    """All drills, or those named; or, with a guard taken away, the one that must then find something."""
    folder = VAR / f"mortals{'-' if without else ''}{without}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sandbox.control("clear")
    stack = Mortals(var=folder, sandbox=sandbox, without=without, patience=PATIENCE)
    found = {}
    with bench_database():
        try:
            stack.start()
            sandbox.send_webhooks_to(f"{stack.url}/stripe/webhook/")
            drills = Drills(stack, Shelf(tutors=10))
            for name, drill in (control if without else everything)(drills).items():
                if only and name not in only:
                    continue
                found[name] = drill()
                print(name, json.dumps(found[name]), flush=True)
        finally:
            sandbox.send_webhooks_to(None)
            stack.stop()
    return found


def everything(drills: Drills) -> dict[str, Callable[[], Figures]]:
    drills.stack.start_schedule()
    return {
        "killed": drills.killed,
        "database_cut": drills.cut,
        "late_and_free": lambda: drills.late(taken=False),
        "late_and_taken": lambda: drills.late(taken=True),
        "webhooks_dropped": lambda: drills.webhooks("drop"),
        "webhooks_doubled": lambda: drills.webhooks("double"),
        "webhooks_shuffled": lambda: drills.webhooks("shuffle", n=1000),
        "webhooks_delayed": lambda: drills.webhooks("delay", seconds=5),
        "confirm_times_out": drills.confirm_times_out,
        "refund_times_out": drills.refund_times_out,
        "one_cart_32_clients": drills.crowd,
    }


def control(drills: Drills) -> dict[str, Callable[[], Figures]]:
    return {"control_refund_without_key": drills.refund_times_out}


def main() -> None:
    VAR.mkdir(parents=True, exist_ok=True)
    setup_test_environment(debug=False)
    logging.getLogger("stripe").setLevel(logging.ERROR)
    settings.MAKE_WEBHOOK_URLS = dict.fromkeys(settings.MAKE_WEBHOOK_URLS, "http://127.0.0.1:9/")
    sandbox = StripeSandbox()
    try:
        buyers.use(sandbox)
        found = run(sandbox, only=sys.argv[1:])
        controls = run(sandbox, without="refund_keys")
    finally:
        sandbox.stop()
    (VAR / "money.json").write_text(json.dumps(found | controls, indent=2) + "\n")
    for name, figures in found.items():
        amiss = figures["lost"] + figures["doubled"] + figures["wrong_amount"]
        assert amiss == 0, f"{name}: {figures}"
    assert controls["control_refund_without_key"]["doubled"], "the check can't see a doubled refund"


if __name__ == "__main__":
    main()
