"""Canadian dollars: `Decimal` with two decimals, rounded half up, in one place."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
DURATIONS = (60, 90, 120)  # the lengths that are sold, in minutes


def round_cad(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def lesson_amount(hourly_rate: Decimal, minutes: int) -> Decimal:
    """What `minutes` of a lesson come to at an hourly rate: a price or a tutor's earnings, in CAD."""
    return round_cad(hourly_rate * minutes / 60)


def to_cents(amount: Decimal) -> int:
    """The integer that Stripe speaks."""
    return int(round_cad(amount) * 100)


def from_cents(cents: int) -> Decimal:
    return Decimal(cents) / 100
