"""What a cart comes to, to the cent, whatever is taken off it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.pricing import quote, spread

PRICES = st.lists(st.integers(min_value=0, max_value=30_000), max_size=12)
CENTS = st.integers(min_value=0, max_value=400_000)


def cad(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


def in_cad(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def cents(amount: Decimal) -> int:
    whole = amount.scaleb(2)
    assert whole == int(whole), amount
    return int(whole)


@pytest.mark.parametrize(
    ("amount", "over", "shares"),
    [
        ("10.00", ["45.00", "45.00", "45.00"], ["3.34", "3.33", "3.33"]),
        ("0.01", ["45.00", "67.50"], ["0.00", "0.01"]),
        ("13.50", ["45.00", "90.00"], ["4.50", "9.00"]),
        ("20.25", ["45.00", "67.50", "90.00"], ["4.50", "6.75", "9.00"]),
        ("15.00", ["45.00", "67.50"], ["6.00", "9.00"]),
        ("135.00", ["45.00", "90.00"], ["45.00", "90.00"]),
        ("0.05", ["0.01", "0.02", "0.03"], ["0.01", "0.02", "0.02"]),
        ("0.00", ["45.00"], ["0.00"]),
        ("0.00", ["0.00", "0.00"], ["0.00", "0.00"]),
        ("0.00", [], []),
    ],
)
def test_a_discount_is_spread_to_the_cent(amount: str, over: list[str], shares: list[str]) -> None:
    assert spread(Decimal(amount), cad(*over)) == cad(*shares)


@pytest.mark.parametrize(
    ("prices", "discount", "credits", "expected"),
    [
        # subtotal, discount, credits, total
        (["45.00"], "0.00", "0.00", ["45.00", "0.00", "0.00", "45.00"]),
        (["45.00", "67.50"], "11.25", "0.00", ["112.50", "11.25", "0.00", "101.25"]),
        (["45.00"], "60.00", "0.00", ["45.00", "45.00", "0.00", "0.00"]),
        (["45.00"], "0.00", "20.00", ["45.00", "0.00", "20.00", "25.00"]),
        (["45.00"], "0.00", "80.00", ["45.00", "0.00", "45.00", "0.00"]),
        (["45.00"], "15.00", "30.00", ["45.00", "15.00", "30.00", "0.00"]),
        # 0,50 $ is the least that a card can be charged: credits leave that much...
        (["45.00"], "0.00", "44.50", ["45.00", "0.00", "44.50", "0.50"]),
        (["45.00"], "0.00", "44.51", ["45.00", "0.00", "44.50", "0.50"]),
        (["45.00"], "0.00", "44.99", ["45.00", "0.00", "44.50", "0.50"]),
        (["45.00"], "0.00", "45.00", ["45.00", "0.00", "45.00", "0.00"]),
        # ...and what a coupon leaves below it is forgone, with or without credits.
        (["45.00"], "44.50", "0.00", ["45.00", "44.50", "0.00", "0.50"]),
        (["45.00"], "44.51", "0.00", ["45.00", "45.00", "0.00", "0.00"]),
        (["45.00"], "44.80", "0.10", ["45.00", "45.00", "0.00", "0.00"]),
        (["45.00"], "44.80", "0.20", ["45.00", "44.80", "0.20", "0.00"]),
        (["45.00"], "44.50", "0.30", ["45.00", "44.50", "0.00", "0.50"]),
        ([], "10.00", "10.00", ["0.00", "0.00", "0.00", "0.00"]),
    ],
)
def test_a_quote(prices: list[str], discount: str, credits: str, expected: list[str]) -> None:  # noqa: A002
    found = quote(cad(*prices), discount=Decimal(discount), credits=Decimal(credits))
    assert [found.subtotal, found.discount, found.credits, found.total] == cad(*expected)


def test_credits_are_shared_over_what_the_discount_left() -> None:
    found = quote(cad("45.00", "90.00"), discount=Decimal("45.00"), credits=Decimal("30.00"))
    assert found.discounts == cad("15.00", "30.00")
    assert found.credit_shares == cad("10.00", "20.00")
    assert found.total == Decimal("60.00")


def oracle(amount: int, over: list[int]) -> list[int]:
    """Largest remainder as on paper: everybody's exact share rounded down, then the cents that are left, one
    each, to whoever lost most by the rounding, the first of equals."""
    if not sum(over):
        return [0] * len(over)
    exact = [Fraction(amount * part, sum(over)) for part in over]
    shares = [share.numerator // share.denominator for share in exact]
    lost = {n: exact[n] - shares[n] for n in range(len(over))}
    for _cent in range(amount - sum(shares)):
        most = max(lost, key=lambda n: (lost[n], -n))
        shares[most] += 1
        del lost[most]
    return shares


@given(prices=PRICES, part=st.fractions(min_value=0, max_value=1))
def test_shares_are_those_of_the_largest_remainder(prices: list[int], part: Fraction) -> None:
    amount = int(sum(prices) * part)
    found = spread(in_cad(amount), [in_cad(price) for price in prices])
    assert [cents(share) for share in found] == oracle(amount, prices)


@given(prices=PRICES, discount=CENTS, credits=CENTS)
def test_money_is_conserved_to_the_cent(prices: list[int], discount: int, credits: int) -> None:  # noqa: A002
    found = quote([in_cad(price) for price in prices], discount=in_cad(discount), credits=in_cad(credits))
    discounts = [cents(share) for share in found.discounts]
    credit_shares = [cents(share) for share in found.credit_shares]
    assert cents(found.subtotal) == sum(prices)
    assert cents(found.discount) == sum(discounts)
    assert cents(found.credits) == sum(credit_shares)
    assert cents(found.total) == sum(prices) - sum(discounts) - sum(credit_shares)
    for price, taken, spent in zip(prices, discounts, credit_shares, strict=True):
        assert taken >= 0
        assert spent >= 0
        assert taken + spent <= price


@given(prices=PRICES, discount=CENTS, credits=CENTS)
def test_the_rest_can_be_charged_and_nobody_is_asked_for_more(
    prices: list[int],
    discount: int,
    credits: int,  # noqa: A002
) -> None:
    found = quote([in_cad(price) for price in prices], discount=in_cad(discount), credits=in_cad(credits))
    total = cents(found.total)
    assert total == 0 or total >= 50
    assert cents(found.credits) <= credits
    owed = max(sum(prices) - discount, 0)
    assert cents(found.discount) >= sum(prices) - owed
    # Never dearer than agreed, and at most the 49 cents that no card can pay are forgone or left in credits.
    assert total + cents(found.credits) <= owed
    assert owed - total - cents(found.credits) <= 49
    assert total - max(owed - credits, 0) <= 50
