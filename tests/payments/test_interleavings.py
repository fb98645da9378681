"""Webhook, return page and reconciliation meet at every step of a settlement: always one result.

One of them settles. Right before a step of it the others begin, each in a thread with a connection of its
own; the step goes on once they have come to their end, or wait for a lock that the first one holds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, count
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from booking import services as booking
from booking.models import Appointment, Cart, TimeClaim
from courses.models import Course, Tutor
from notifications.models import OutboxMessage
from payments import events
from payments.gateway import Gateway, gateway, read_event
from payments.models import (
    Checkout,
    Coupon,
    CouponRedemption,
    CreditEntry,
    Order,
    Refund,
    Review,
    StripeEvent,
)
from payments.services import coupons, reconcile, settlement, webhooks
from payments.services.checkout import Wishes
from payments.services.credits import balance
from tests.factories import make_lesson, make_user
from tests.payments.support import give_credits, make_held_cart, make_shelf, next_lesson_time, start_and_pay

pytestmark = [
    pytest.mark.long,
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stripe_sandbox"),
]
_serial = count(1)

# What a settlement does, one after the other. The first is before its lock, the last two after its commit.
STEPS: list[tuple[Any, str]] = [
    (settlement, "_act_on"),
    (settlement, "_account_of"),
    (settlement, "_next_number"),
    (settlement, "_book"),
    (settlement, "add_entry"),
    (settlement, "_give_back"),
    (coupons, "redeem"),
    (booking, "leave_cart"),
    (events, "booking_created"),
    (settlement, "record"),
    (settlement, "_send"),
    (Gateway, "refund"),
]


def webhook(checkout: Checkout) -> None:
    event_id = f"evt_{next(_serial)}"
    about = {"id": checkout.intent_id, "object": "payment_intent"}
    event = {"id": event_id, "type": "payment_intent.succeeded", "livemode": False, "data": {"object": about}}
    webhooks.receive(read_event(event))
    webhooks.handle(event_id=event_id, now=timezone.now())


def return_page(checkout: Checkout) -> None:
    browser = Client()
    assert checkout.user
    browser.force_login(checkout.user)
    assert browser.get(f"/paiement/{checkout.pk}/retour/").status_code == 302


def reconciliation(checkout: Checkout) -> None:
    assert reconcile(now=timezone.now()).failed == []


Caller = Callable[[Checkout], None]
CALLERS: list[Caller] = [webhook, return_page, reconciliation]


def paid_checkout(course: Course, tutor: Tutor, coupon: Coupon, number: int) -> Checkout:
    """Two lessons at 45 $: 20 $ off by a coupon, 20 $ by credits, 50 $ by card. The second's slot is gone."""
    student = make_user()
    give_credits(student, "20.00")
    free = next_lesson_time(days=3 + number // 4, hour=9) + timedelta(hours=number % 4 * 2)
    taken = free + timedelta(hours=1)
    cart = make_held_cart(course, tutor, user=student, starts=[free, taken])
    Cart.objects.filter(pk=cart.pk).update(coupon_code=coupon.code)
    wishes = Wishes(use_credits=True)
    checkout = start_and_pay(cart, user=student, email=student.email, total="50.00", wishes=wishes)
    TimeClaim.objects.filter(line__cart=cart, during__startswith=taken).delete()
    make_lesson(course=course, tutor=tutor, start=taken)
    return Checkout.objects.get(pk=checkout.pk)


@contextmanager
def others_meanwhile(
    step: tuple[Any, str], others: tuple[Caller, ...], checkout: Checkout
) -> Iterator[list[str]]:
    """The others begin right before the step, the first time that the thread of the first one comes to it."""
    first = threading.get_ident()
    begun: list[threading.Thread] = []
    failures: list[str] = []
    backends: list[int] = []

    def call(other: Caller) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backends.append(cursor.fetchone()[0])
            other(checkout)
        except BaseException as error:  # a thread's own failure is seen by nobody else
            failures.append(f"{other.__name__}: {error!r}")
        finally:
            connections.close_all()

    def begin() -> None:
        if begun or threading.get_ident() != first:
            return
        begun.extend(threading.Thread(target=call, args=(other,)) for other in others)
        for thread in begun:
            thread.start()
        stop = time.monotonic() + 20
        while sum(thread.is_alive() for thread in begun) > waiting(backends) and time.monotonic() < stop:
            time.sleep(0.002)

    owner, name = step
    real = getattr(owner, name)

    def stepping(*args: Any, **kwargs: Any) -> Any:
        begin()
        return real(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, stepping)
        yield failures
        for thread in begun:
            thread.join(30)
        assert begun, f"never came to {name}"


def waiting(backends: list[int]) -> int:
    """How many of them wait for a lock this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid = ANY (%s)", [backends]
        )
        return int(cursor.fetchone()[0])


def one_result(checkout: Checkout) -> None:
    """One order, one lesson, one ledger line, one refund, one mail, one event: each to the cent."""
    # By its own worker, or by reconciliation, which had taken it over.
    assert not StripeEvent.objects.waiting().exists()
    checkout.refresh_from_db()
    assert checkout.status == Checkout.Status.SETTLED
    order = Order.objects.get(checkout=checkout)
    assert [line.appointment is not None for line in order.lines.all()] == [True, False]
    assert Appointment.objects.filter(student=order.user).count() == 1
    refund = Refund.objects.get(order=order)
    # The second line: 45 $ less 10 $ by the coupon; 25 $ by card, 10 $ by credits.
    assert (refund.status, refund.amount_cad, refund.credits_cad) == ("succeeded", Decimal(25), Decimal(10))
    assert [each.amount for each in gateway().list_refunds(intent_id=order.intent_id)] == [2500]
    spent = CreditEntry.objects.get(user=order.user, cause=CreditEntry.Cause.SPENT)
    assert (spent.amount_cad, balance(user=order.user)) == (Decimal(-20), Decimal(10))
    assert CouponRedemption.objects.get(checkout=checkout).used_at
    told = OutboxMessage.objects.filter(payload__order_id=str(order.pk))
    assert sorted(told.values_list("type", flat=True)) == ["booking.created", "order.refunded"]
    written = OutboxMessage.objects.filter(destination=order.user.email)
    assert list(written.values_list("type", flat=True)) == ["order.confirmation"]


@pytest.mark.parametrize("first", CALLERS, ids=lambda caller: caller.__name__)
def test_whoever_comes_in_at_whatever_step_there_is_one_result(first: Caller) -> None:
    course, tutor = make_shelf()
    coupon = Coupon.objects.create(code="RENTREE", kind=Coupon.Kind.FIXED, value=Decimal(20))
    rest = [caller for caller in CALLERS if caller is not first]
    numbers = count()
    for others in [*combinations(rest, 1), *combinations(rest, 2)]:
        for step in STEPS:
            checkout = paid_checkout(course, tutor, coupon, next(numbers))
            case = f"{first.__name__}, then {[other.__name__ for other in others]} at {step[1]}"
            with others_meanwhile(step, others, checkout) as failures:
                first(checkout)
            assert failures == [], case
            try:
                one_result(checkout)
            except AssertionError as error:
                raise AssertionError(case) from error
    assert not Review.objects.exists()


def test_who_comes_back_while_the_webhook_makes_their_account_is_logged_in() -> None:
    cart = make_held_cart(*make_shelf())
    checkout = start_and_pay(cart, email="zoe@exemple.ca")
    browser = Client()
    session = browser.session
    session["checkouts"] = [str(checkout.pk)]
    session.save()

    def coming_back(checkout: Checkout) -> None:
        answer = browser.get(f"/paiement/{checkout.pk}/retour/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/tableau-de-bord/")

    with others_meanwhile((settlement, "_book"), (coming_back,), checkout) as failures:
        webhook(checkout)

    assert failures == []
    assert browser.get("/tableau-de-bord/").status_code == 200


def test_who_is_logged_in_on_the_same_browser_gets_no_lesson_of_a_guests() -> None:
    """Paid as a guest; a brother logs in before the page comes back from the bank."""
    checkout = start_and_pay(make_held_cart(*make_shelf()), email="zoe@exemple.ca")
    brother = make_user()
    browser = Client()
    browser.force_login(brother)
    session = browser.session
    session["checkouts"] = [str(checkout.pk)]
    session.save()

    assert browser.get(f"/paiement/{checkout.pk}/retour/").status_code == 302

    assert Order.objects.get().user.email == "zoe@exemple.ca"
    assert [lesson.student.email for lesson in Appointment.objects.all()] == ["zoe@exemple.ca"]


def test_without_the_lock_on_the_checkout_they_would_collide() -> None:
    """So the others really come in the middle; what is left then is the database's own refusal."""
    coupon = Coupon.objects.create(code="RENTREE", kind=Coupon.Kind.FIXED, value=Decimal(20))
    checkout = paid_checkout(*make_shelf(), coupon, 0)
    with pytest.MonkeyPatch.context() as unlocked:
        unlocked.setattr(settlement, "_locked", lambda which: Checkout.objects.filter(which).first())
        with others_meanwhile((settlement, "_book"), (webhook,), checkout) as failures:
            webhook(checkout)
    assert "IntegrityError" in "".join(failures)
    StripeEvent.objects.all().delete()
    one_result(checkout)
