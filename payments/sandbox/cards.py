"""Stripe's documented test cards, and what their banks say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from payments.sandbox.errors import DOCS, ApiError


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str | None
    message: str
    param: str | None = None

    def error(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "decline_code": self.decline_code,
            "doc_url": f"{DOCS}/{self.code.replace('_', '-')}",
            "message": self.message,
            "param": self.param,
            "type": "card_error",
        }


@dataclass(frozen=True)
class Behaviour:
    """What becomes of a payment by this card: asked for 3-D Secure first or not, then declined or not."""

    challenge: bool = False
    decline: Decline | None = None
    refund: str = "succeeded"
    refund_later: str = ""  # what a refund becomes some time later
    dispute: str = ""  # why the payment is contested right after it succeeded
    inquiry: bool = False  # only asked about, for now


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
INSUFFICIENT = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LOST = Decline("card_declined", "lost_card", "Your card was declined.")
STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.")
EXPIRED = Decline("expired_card", None, "Your card has expired.", "exp_month")
WRONG_CVC = Decline("incorrect_cvc", None, "Your card's security code is incorrect.", "cvc")
PROCESSING_ERROR = Decline(
    "processing_error", None, "An error occurred while processing your card. Try again in a little bit."
)
LIVE_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of "
    "valid test cards, visit: https://docs.stripe.com/testing.",
)

BEHAVIOURS = {
    "4242424242424242": Behaviour(),
    "4000001240000000": Behaviour(),
    "5555555555554444": Behaviour(),
    "378282246310005": Behaviour(),
    "4000002500003155": Behaviour(challenge=True),
    "4000002760003184": Behaviour(challenge=True),
    "4000000000003220": Behaviour(challenge=True),
    "4000008260003178": Behaviour(challenge=True, decline=INSUFFICIENT),
    "4000008400001629": Behaviour(challenge=True, decline=GENERIC),
    "4000000000000002": Behaviour(decline=GENERIC),
    "4000000000009995": Behaviour(decline=INSUFFICIENT),
    "4000000000009987": Behaviour(decline=LOST),
    "4000000000009979": Behaviour(decline=STOLEN),
    "4000000000000069": Behaviour(decline=EXPIRED),
    "4000000000000127": Behaviour(decline=WRONG_CVC),
    "4000000000000119": Behaviour(decline=PROCESSING_ERROR),
    "4000000000007726": Behaviour(refund="pending", refund_later="succeeded"),
    "4000000000005126": Behaviour(refund_later="failed"),
    "4000000000000259": Behaviour(dispute="fraudulent"),
    "4000000000002685": Behaviour(dispute="product_not_received"),
    "4000000000001976": Behaviour(dispute="general", inquiry=True),
}


def behaviour(number: str) -> Behaviour:
    return BEHAVIOURS.get(number, Behaviour(decline=LIVE_CARD))


def brand(number: str) -> str:
    if number.startswith(("34", "37")):
        return "amex"
    return "mastercard" if number.startswith(("2", "5")) else "visa"


def display_brand(number: str) -> str:
    return {"amex": "american_express"}.get(brand(number), brand(number))


def check(number: str, *, month: int, year: int, cvc: str) -> None:
    """What Stripe itself finds out before any bank is asked."""
    if not number.isdigit() or not 13 <= len(number) <= 19 or not _luhn(number):
        raise _refused("incorrect_number", "Your card number is incorrect.", "number")
    if not 1 <= month <= 12:
        raise _refused("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    today = datetime.now(UTC)
    if year < today.year or year > today.year + 50:
        raise _refused("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if (year, month) < (today.year, today.month):
        raise _refused("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if not cvc.isdigit() or len(cvc) != (4 if brand(number) == "amex" else 3):
        raise _refused("invalid_cvc", "Your card's security code is invalid.", "cvc")


def _refused(code: str, message: str, param: str) -> ApiError:
    return ApiError(402, Decline(code, None, message, param).error(), executed=False)


def _luhn(number: str) -> bool:
    doubled = (2 * int(digit) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(each // 10 + each % 10 for each in doubled)) % 10 == 0
