"""Our rows beside the sandbox's own books: every cent that a card paid is somewhere, once.

Plain SQL and plain sums on purpose: nothing here asks the code that is being checked what it thinks. Each
fault is a sentence; none means that all of this holds:

- each charge at Stripe has one order over its amount and each order that a card paid has one charge;
- a line has a lesson, or its money went back in full; what went back is its refunds and its credits;
- our refunds are Stripe's refunds, one to one and of the same amount; nothing is promised and not sent;
- what was paid = lessons that stand + what went back to cards + what became credits, to the cent;
- a ledger's balances follow from its lines, and never go below 0;
- a claim on a tutor's time has a cart's line, a payment under way or a lesson behind it; a lesson a claim.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
from django.db import connection

from tests.payments.sandbox_process import StripeSandbox

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Fault:
    """`kind`: lost, doubled or wrong_amount."""

    kind: str
    what: str


def faults(sandbox: StripeSandbox) -> list[Fault]:
    """Everything that doesn't agree at this moment. While something is still being settled, some won't."""
    return [*_charges(sandbox), *_lines(), *_refunds(sandbox), *_sums(sandbox), *_ledgers(), *_claims()]


def books(sandbox: StripeSandbox, kind: str) -> list[dict[str, Any]]:
    """All charges or refunds at Stripe, by its own lists."""
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    with httpx.Client(base_url=sandbox.base_url, headers=sandbox.as_merchant) as client:
        while True:
            page = client.get(f"/v1/{kind}", params={"limit": "100", **more}).raise_for_status().json()
            found += page["data"]
            if not page["has_more"]:
                return found
            more = {"starting_after": found[-1]["id"]}


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _charges(sandbox: StripeSandbox) -> list[Fault]:
    paid: dict[str, int] = defaultdict(int)
    times: Counter[str] = Counter()
    checkouts: Counter[str] = Counter()
    for charge in books(sandbox, "charges"):
        if charge["paid"]:
            paid[charge["payment_intent"]] += charge["amount"]
            times[charge["payment_intent"]] += 1
            checkouts[charge["metadata"].get("checkout", "")] += 1
    orders = rows("SELECT intent_id, total_cad, number FROM payments_order WHERE total_cad > 0")
    ours = Counter(intent for intent, _, _ in orders)
    found = [Fault("doubled", f"{intent}: charged {n} times") for intent, n in times.items() if n > 1]
    found += [Fault("doubled", f"checkout {one}: charged {n} times") for one, n in checkouts.items() if n > 1]
    found += [Fault("doubled", f"{intent}: {n} orders") for intent, n in ours.items() if n > 1]
    found += [Fault("lost", f"{intent}: money without an order") for intent in paid.keys() - ours.keys()]
    for intent, total, number in orders:
        if intent not in paid:
            found.append(Fault("lost", f"{number}: an order without money"))
        elif paid[intent] != int(total * 100):
            found.append(Fault("wrong_amount", f"{number}: {total} $, the card paid {paid[intent]} cents"))
    twice = rows(
        "SELECT cart_id, count(*) FROM payments_checkout c JOIN payments_order o ON o.checkout_id = c.id "
        "JOIN payments_orderline l ON l.order_id = o.id GROUP BY cart_id, l.tutor_id, l.start "
        "HAVING count(*) > 1"
    )
    return [*found, *(Fault("doubled", f"cart {cart}: one hour sold {n} times") for cart, n in twice)]


def _lines() -> list[Fault]:
    found = []
    for number, paid, subtotal, discount, by_lines, line_discount, lines, total, credits_ in rows(
        "SELECT o.number, o.total_cad + o.credits_cad, o.subtotal_cad, o.discount_cad, sum(l.price_cad), "
        "sum(l.discount_cad), sum(l.price_cad - l.discount_cad), o.total_cad, sum(l.credits_cad) "
        "FROM payments_order o LEFT JOIN payments_orderline l ON l.order_id = o.id "
        "GROUP BY o.id"
    ):
        if not (paid == lines and subtotal == by_lines and discount == line_discount):
            found.append(Fault("wrong_amount", f"{number}: {paid} $ were paid, its lines say {lines} $"))
        if lines is not None and total != lines - credits_:
            found.append(Fault("wrong_amount", f"{number}: {total} $ by card, its lines say otherwise"))
    for line, paid, returned, standing, shares, credited in rows(
        """
        SELECT l.id, l.price_cad - l.discount_cad, l.returned_cad, coalesce(a.status, '') IN
                 ('scheduled', 'completed'),
               coalesce((SELECT sum(s.credits_cad + CASE r.status WHEN 'failed' THEN 0 ELSE s.card_cad END)
                FROM payments_refundshare s JOIN payments_refund r ON r.id = s.refund_id
                WHERE s.line_id = l.id), 0),
               coalesce((SELECT sum(amount_cad) FROM payments_creditentry e WHERE e.line_id = l.id), 0)
        FROM payments_orderline l LEFT JOIN booking_appointment a ON a.id = l.appointment_id
        """
    ):
        if shares + credited != returned:
            found.append(
                Fault("wrong_amount", f"line {line}: {returned} $ returned, {shares} + {credited} $ found")
            )
        if not standing and returned < paid:
            found.append(Fault("lost", f"line {line}: no lesson, and {paid - returned} $ not given back"))
        if returned > paid:
            found.append(Fault("doubled", f"line {line}: {returned} $ given back of {paid} $"))
    return found


def _refunds(sandbox: StripeSandbox) -> list[Fault]:
    theirs = {
        each["id"]: each for each in books(sandbox, "refunds") if each["status"] not in ("failed", "canceled")
    }
    ours = rows(
        "SELECT r.id, r.stripe_refund_id, r.amount_cad, r.status, o.intent_id FROM payments_refund r "
        "JOIN payments_order o ON o.id = r.order_id WHERE r.amount_cad > 0 AND r.status <> 'failed'"
    )
    found = []
    for refund_id, at_stripe, amount, status, intent in ours:
        refund = theirs.get(at_stripe)
        if not at_stripe or status == "pending":
            found.append(Fault("lost", f"refund {refund_id}: {amount} $ promised, not given"))
        elif refund is None:
            found.append(Fault("lost", f"refund {refund_id}: Stripe doesn't know it"))
        elif (refund["amount"], refund["payment_intent"]) != (int(amount * 100), intent):
            found.append(
                Fault("wrong_amount", f"refund {refund_id}: {amount} $, at Stripe {refund['amount']} cents")
            )
    known = Counter(at_stripe for _, at_stripe, *_ in ours)
    found += [
        Fault("lost", f"{one}: refunded at Stripe, unknown here") for one in theirs.keys() - known.keys()
    ]
    named = Counter(each["metadata"].get("refund") for each in theirs.values())
    found += [
        Fault("doubled", f"refund {one}: made {n} times at Stripe")
        for one, n in [*named.items(), *known.items()]
        if one and n > 1
    ]
    return found


def _sums(sandbox: StripeSandbox) -> list[Fault]:
    """All the money at once: what cards and credits paid is lessons, refunds and credits."""
    charged = sum((charge["amount"] for charge in books(sandbox, "charges") if charge["paid"]), 0) * CENT
    back = (
        sum(
            (
                refund["amount"]
                for refund in books(sandbox, "refunds")
                if refund["status"] not in ("failed", "canceled")
            ),
            0,
        )
        * CENT
    )
    [(spent, credited)] = rows(
        "SELECT coalesce(-sum(amount_cad) FILTER (WHERE cause = 'spent'), 0), "
        "coalesce(sum(amount_cad) FILTER (WHERE cause IN ('cancellation', 'slot_taken', 'refund')), 0) "
        "FROM payments_creditentry"
    )
    [(lessons,)] = rows(
        "SELECT coalesce(sum(l.price_cad - l.discount_cad - l.returned_cad), 0) FROM payments_orderline l"
    )
    if charged + spent == lessons + back + credited:
        return []
    return [
        Fault(
            "wrong_amount",
            f"{charged} $ by card and {spent} $ by credits are not {lessons} $ of lessons, {back} $ back on "
            f"cards and {credited} $ of credits",
        )
    ]


def _ledgers() -> list[Fault]:
    found = []
    running: dict[int, Decimal] = defaultdict(Decimal)
    numbers: dict[int, int] = defaultdict(int)
    for user, number, amount, balance in rows(
        "SELECT user_id, number, amount_cad, balance_cad FROM payments_creditentry ORDER BY user_id, number"
    ):
        running[user] += amount
        numbers[user] += 1
        if running[user] != balance or balance < 0 or numbers[user] != number:
            found.append(Fault("wrong_amount", f"ledger of {user}: line {number} says {balance} $"))
    return found


def _claims() -> list[Fault]:
    unreasonable = rows(
        """
        SELECT t.id, t.state FROM booking_timeclaim t
        LEFT JOIN booking_appointment a ON a.id = t.appointment_id
        WHERE CASE t.state
            WHEN 'lesson' THEN coalesce(a.status, '') NOT IN ('scheduled', 'completed')
            WHEN 'paying' THEN NOT EXISTS (
                SELECT FROM payments_checkoutline l JOIN payments_checkout c ON c.id = l.checkout_id
                WHERE l.cart_line_id = t.line_id AND c.status IN ('paying', 'review'))
            ELSE t.line_id IS NULL END
        """
    )
    homeless = rows(
        "SELECT a.id FROM booking_appointment a WHERE a.status = 'scheduled' AND NOT EXISTS "
        "(SELECT FROM booking_timeclaim t WHERE t.appointment_id = a.id AND t.tutor_id = a.tutor_id "
        'AND t.during = tstzrange(a.start, a."end"))'
    )
    overlapping = rows(
        "SELECT a.id FROM booking_timeclaim a JOIN booking_timeclaim b "
        "ON a.id < b.id AND a.tutor_id = b.tutor_id AND a.during && b.during"
    )
    unsold = rows(
        "SELECT a.id FROM booking_appointment a WHERE NOT EXISTS "
        "(SELECT FROM payments_orderline l WHERE l.appointment_id = a.id)"
    )
    return [
        *(Fault("lost", f"claim {one} ({state}) has no reason") for one, state in unreasonable),
        *(Fault("lost", f"lesson {one} has no time") for (one,) in homeless),
        *(Fault("doubled", f"claim {one} overlaps") for (one,) in overlapping),
        *(Fault("lost", f"lesson {one} belongs to no order") for (one,) in unsold),
    ]
