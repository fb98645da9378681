"""The ledger of credits: added to, never rewritten, never below zero, whoever races whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.db.models import Sum
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from payments.errors import NotEnoughCredits
from payments.models import CreditEntry, Order
from payments.services import credits as ledger
from payments.services.credits import add_entry, available, balance, give_by_hand
from tests.booking.pages import text_of
from tests.booking.racing import race, slow_to_write
from tests.factories import logged_in, make_user
from tests.payments.support import make_checkout

pytestmark = pytest.mark.django_db
Cause = CreditEntry.Cause
CREDITS = "/tableau-de-bord/credits/"


def give(user: User, amount: str, cause: CreditEntry.Cause = Cause.GIFT, **more: Any) -> CreditEntry:
    return add_entry(user=user, amount=Decimal(amount), cause=cause, now=timezone.now(), **more)


def make_order(user: User, number: str = "2026-00042") -> Order:
    return Order.objects.create(
        number=number, status=Order.Status.PAID, user=user, subtotal_cad=Decimal(45), total_cad=Decimal(45)
    )


# The ledger


def test_each_line_carries_the_balance_after_it(student: User, stranger: User) -> None:
    give(student, "45.00", Cause.CANCELLATION)
    give(stranger, "10.00")
    give(student, "-30.50", Cause.SPENT)
    lines = CreditEntry.objects.filter(user=student).order_by("number")
    assert [(line.number, line.amount_cad, line.balance_cad) for line in lines] == [
        (1, Decimal("45.00"), Decimal("45.00")),
        (2, Decimal("-30.50"), Decimal("14.50")),
    ]
    assert (balance(user=student), balance(user=stranger)) == (Decimal("14.50"), Decimal("10.00"))


def test_more_than_there_is_cannot_be_spent(student: User) -> None:
    give(student, "45.00")
    with pytest.raises(NotEnoughCredits, match="45,00"):
        give(student, "-45.01", Cause.SPENT)
    assert balance(user=student) == Decimal("45.00")


def test_what_a_payment_under_way_will_take_is_not_free(student: User) -> None:
    give(student, "45.00")
    checkout = make_checkout(user=student, credits="30.00")
    make_checkout(user=student, credits="40.00", status="cancelled")
    assert available(user=student) == Decimal("15.00")
    assert available(user=student, checkout=checkout) == Decimal("45.00")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_creditentry SET amount_cad = 1000",
        "UPDATE payments_creditentry SET note = 'autre'",
        "DELETE FROM payments_creditentry",
    ],
)
def test_the_database_refuses_to_rewrite_the_ledger(student: User, statement: str) -> None:
    give(student, "45.00")
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert balance(user=student) == Decimal("45.00")


@pytest.mark.parametrize(
    ("constraint", "wrong"),
    [
        ("credit_balance_not_negative", {"amount_cad": "-50.00", "balance_cad": "-5.00"}),
        ("credit_amount_not_zero", {"amount_cad": "0.00"}),
        ("credit_entry_one_next", {"number": 1}),
    ],
)
def test_the_database_refuses_a_line_that_makes_no_sense(
    student: User, constraint: str, wrong: dict[str, Any]
) -> None:
    give(student, "45.00")
    line = {"number": 2, "amount_cad": "5.00", "balance_cad": "50.00", "cause": Cause.GIFT, **wrong}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        CreditEntry.objects.create(user=student, at=timezone.now(), **line)


def test_the_database_refuses_to_pay_one_order_twice(student: User) -> None:
    give(student, "90.00")
    order = make_order(student)
    give(student, "-45.00", Cause.SPENT, order=order)
    with pytest.raises(IntegrityError, match="credit_spent_once_per_order"), transaction.atomic():
        give(student, "-45.00", Cause.SPENT, order=order)


# Races


@contextmanager
def without_constraint() -> Iterator[None]:
    """The database no longer refuses two next lines."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_creditentry DROP CONSTRAINT credit_entry_one_next")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE payments_creditentry")
            cursor.execute(
                "ALTER TABLE payments_creditentry"
                " ADD CONSTRAINT credit_entry_one_next UNIQUE (user_id, number)"
            )


def twenty_spends_of_ten(student: User) -> list[CreditEntry | Exception]:
    """By somebody who has 35,00 $."""
    give(student, "35.00")
    return race([partial(give, student, "-10.00", Cause.SPENT) for _ in range(20)])


def spent(results: list[CreditEntry | Exception]) -> int:
    return sum(isinstance(result, CreditEntry) for result in results)


def left() -> Decimal:
    total: Decimal = CreditEntry.objects.aggregate(sum=Sum("amount_cad"))["sum"]
    return total


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guards", ["both", "lock", "constraint", "none"])
def test_raced_spends_never_go_below_zero(
    student: User, guards: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both guards and with either of them alone; without any they would."""
    with ExitStack() as taken_away:
        if guards in {"lock", "none"}:
            taken_away.enter_context(without_constraint())
        if guards in {"constraint", "none"}:
            monkeypatch.setattr(ledger, "lock_ledger", lambda *, user: None)
        if guards == "none":
            taken_away.enter_context(slow_to_write("payments_creditentry", seconds=0.1))
        results = twenty_spends_of_ten(student)
        refused = {type(result) for result in results if not isinstance(result, CreditEntry)}
        if guards == "none":
            assert left() < 0
        elif guards == "constraint":
            # Who read the same last line is turned away by the database and may try again.
            assert refused <= {NotEnoughCredits, IntegrityError}
            assert left() == Decimal(35 - 10 * spent(results)) >= 0
        else:
            assert (spent(results), refused) == (3, {NotEnoughCredits})
            assert left() == Decimal("5.00")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_form_sent_by_ten_at_once_gives_once(student: User, admin: User) -> None:
    gift = partial(
        give_by_hand,
        user=student,
        amount=Decimal("15.00"),
        cause=Cause.GIFT,
        note="Panne de la rencontre",
        by=admin,
        token=uuid4(),
        now=timezone.now(),
    )
    entries = race([gift] * 10)
    assert len({entry.pk for entry in entries if isinstance(entry, CreditEntry)}) == 1
    assert balance(user=student) == Decimal("15.00")


# What the student sees


def as_person(user: User) -> Client:
    return logged_in(user)


def test_a_student_sees_the_balance_and_where_it_came_from(student: User, admin: User) -> None:
    order = make_order(student)
    give(student, "45.00", Cause.CANCELLATION, order=order)
    give(student, "-12.50", Cause.SPENT, order=make_order(student, "2026-00043"))
    give(student, "5.00", by=admin, note="Pour la panne de mardi")
    answer = as_person(student).get(CREDITS)
    words = text_of(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert "Votre solde 37,50 $" in words
    shown = words[words.index("Historique") :]
    for line in (
        "Pour la panne de mardi +5,00 $ 37,50 $",
        "commande 2026-00043 −12,50 $ 32,50 $",
        "commande 2026-00042 +45,00 $ 45,00 $",
    ):
        assert line in shown
        shown = shown[shown.index(line) :]
    for cause in ("Geste de la direction", "Paiement d’une commande", "Cours annulé"):
        assert cause in words


def test_what_a_payment_under_way_will_take_is_said(student: User) -> None:
    give(student, "45.00")
    make_checkout(user=student, credits="30.00")
    words = text_of(as_person(student).get(CREDITS).content.decode())
    assert "De cette somme, 30,00 $ servent à un paiement en cours." in words


def test_a_student_never_sees_somebody_elses_credits(student: User, stranger: User) -> None:
    give(stranger, "77.00", note="secret")
    words = text_of(as_person(student).get(CREDITS).content.decode())
    assert "77,00" not in words
    assert "Votre solde 0,00 $" in words
    assert "Aucun crédit pour le moment." in words


def test_the_tab_is_the_students_alone(student: User) -> None:
    assert "Crédits" in as_person(student).get("/tableau-de-bord/profil/").content.decode()
    for role in (Role.TUTOR, Role.EDITOR, Role.ADMIN):
        client = as_person(make_user(role))
        assert "Crédits" not in client.get("/tableau-de-bord/profil/").content.decode()
        assert client.get(CREDITS).status_code == 403


def test_a_long_history_comes_in_pages_of_twenty(
    student: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_person(student)
    give(student, "1.00", order=make_order(student))
    client.get(CREDITS)
    # Person, balance and what of it is promised; how many lines, the lines; the cart's badge.
    with django_assert_num_queries(6):
        client.get(CREDITS)
    for number in range(24):
        give(student, "1.00", order=make_order(student, f"2026-1{number:04}"))
    with django_assert_num_queries(6):
        first = text_of(client.get(CREDITS).content.decode())
    last = text_of(client.get(f"{CREDITS}?page=2").content.decode())
    assert (first.count("commande"), last.count("commande")) == (20, 5)
    assert "Plus anciens" in first
    assert "Plus récents" in last
    for nonsense in ("0", "99", "x", ""):
        assert client.get(f"{CREDITS}?page={nonsense}").status_code == 200
