"""Two admins at once, webhooks beside them, real connections: nobody gives back more than was paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Role, User
from notifications.models import OutboxMessage
from payments.errors import PaymentError, RefundTooMuch
from payments.gateway import gateway
from payments.models import CreditEntry, Order, Refund
from payments.services.credits import balance, credit_line
from payments.services.refunding import Extent, Wish, plan_refund, refund_order
from payments.services.refunds import promise_refund, send_refund, take_in_refunds
from tests.booking.racing import race
from tests.factories import make_user
from tests.payments.orders import Sold, make_paid_order

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stripe_sandbox"),
]
ALL = Wish(extent=Extent.ALL, reason="Départ", cancels=True)


def by_an_admin(order: Order, wish: Wish) -> Callable[[], tuple[Refund, bool]]:
    """A confirmation of what is shown now."""
    admin, shown, token = make_user(Role.ADMIN), plan_refund(order=order, wish=wish).fingerprint, uuid4()
    return lambda: refund_order(
        order=order, wish=wish, shown=shown, token=token, by=admin, now=timezone.now()
    )


def sent_to_stripe(order: Order) -> int:
    return sum(each.amount for each in gateway().list_refunds(intent_id=order.intent_id))


def test_of_two_admins_who_refund_everything_one_does() -> None:
    order = make_paid_order([Sold(), Sold()])
    results = race([by_an_admin(order, ALL) for _admin in range(2)])
    refused = [result for result in results if isinstance(result, PaymentError)]
    assert (len(refused), len(results)) == (1, 2)
    assert order.refunds.count() == 1
    assert sent_to_stripe(order) == 9000
    assert OutboxMessage.objects.filter(type="booking.cancelled").count() == 2
    assert OutboxMessage.objects.filter(type="order.refunded").count() == 1
    order.refresh_from_db()
    assert order.status == Order.Status.REFUNDED


def test_one_confirmation_sent_ten_times_is_one_refund(admin: User) -> None:
    order = make_paid_order([Sold(), Sold()])
    results = race([by_an_admin(order, ALL)] * 10)
    assert sorted(result[1] for result in results if isinstance(result, tuple)) == [False] * 9 + [True]
    assert sent_to_stripe(order) == 9000


def promises(order: Order, amount: str) -> Callable[[], Refund]:
    def promise() -> Refund:
        refund = promise_refund(
            order=order,
            amounts={line.pk: Decimal(amount) for line in order.lines.all()},
            reason="x",
            source=Refund.Source.ADMIN,
            now=timezone.now(),
        )
        return send_refund(refund_id=refund.pk, now=timezone.now())

    return promise


def test_eight_partial_refunds_at_once_never_exceed_what_was_paid() -> None:
    order = make_paid_order()
    results = race([promises(order, "10.00") for _n in range(8)])
    assert len([result for result in results if isinstance(result, RefundTooMuch)]) == 4
    assert sent_to_stripe(order) == 4000
    assert order.lines.get().returned_cad == Decimal("40.00")


@contextmanager
def without_locks_and_constraint() -> Iterator[None]:
    """The negative control: rows are locked by nobody, and a line may return more than it cost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = 'order_line_returned_at_most_paid'"
        )
        definition = cursor.fetchone()[0]
        cursor.execute("ALTER TABLE payments_orderline DROP CONSTRAINT order_line_returned_at_most_paid")
    locks = type(connection.features).has_select_for_update
    type(connection.features).has_select_for_update = False
    try:
        yield
    finally:
        type(connection.features).has_select_for_update = locks
        with connection.cursor() as cursor:
            cursor.execute("UPDATE payments_orderline SET returned_cad = 0")
            cursor.execute(
                f"ALTER TABLE payments_orderline ADD CONSTRAINT order_line_returned_at_most_paid {definition}"
            )


def test_without_its_guards_the_same_race_promises_too_much() -> None:
    order = make_paid_order([Sold("1000.00")])
    Order.objects.filter(pk=order.pk).update(intent_id=make_paid_order([Sold("9000.00")]).intent_id)
    with without_locks_and_constraint():
        for _try in range(5):
            race([promises(order, "1000.00") for _n in range(8)])
            promised = sum(refund.amount_cad for refund in order.refunds.all())
            if promised > 1000:
                break
        assert promised > 1000, "the race is too tame to prove anything"


def test_a_refund_and_a_credit_for_the_same_lesson_give_its_price_once() -> None:
    student = make_user()
    for _round in range(3):
        order = make_paid_order(student=student)
        before = balance(user=student)

        def credit(order: Order = order) -> Decimal:
            return credit_line(
                line=order.lines.get(), cause=CreditEntry.Cause.CANCELLATION, now=timezone.now()
            )

        callers: list[Callable[[], object]] = [promises(order, "45.00"), credit]
        race(callers)
        given = Decimal(sent_to_stripe(order)) / 100 + balance(user=student) - before
        assert given == Decimal("45.00")


def test_every_webhook_and_the_sender_at_once_take_a_refund_in_once() -> None:
    order = make_paid_order([Sold(), Sold()])
    gateway().refund(
        intent_id=order.intent_id, amount=3000, idempotency_key="theirs", refund_id="", reason="theirs"
    )

    def take_in() -> object:
        return take_in_refunds(intent_id=order.intent_id, now=timezone.now())

    callers: list[Callable[[], object]] = [promises(order, "20.00"), *[take_in] * 8]
    results = race(callers)
    assert not [result for result in results if isinstance(result, Exception)]
    take_in()
    assert sorted((str(each.amount_cad), each.source, each.status) for each in order.refunds.all()) == [
        ("30.00", "stripe", "succeeded"),
        ("40.00", "admin", "succeeded"),
    ]
    assert OutboxMessage.objects.filter(type="order.refunded").count() == 2
    assert sum(line.returned_cad for line in order.lines.all()) == Decimal("70.00")
