"""Coupons in each of their states, and credits of the demo student."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import User
from payments.models import Coupon, CreditEntry
from payments.services.credits import add_entry

CREDITS = [
    # days ago, amount, cause, note
    (24, "45.00", CreditEntry.Cause.GIFT, "Un cours coupé par une panne"),
    (16, "20.00", CreditEntry.Cause.GIFT, "Merci d’avoir parlé de nous à une amie"),
    (15, "-5.00", CreditEntry.Cause.CORRECTION, "Le geste était de 15,00\xa0$"),
]


def make_coupons(*, now: datetime) -> None:
    percent, fixed = Coupon.Kind.PERCENT, Coupon.Kind.FIXED
    _coupon("RENTREE10", percent, "10.00", ends_at=now + timedelta(days=120))
    _coupon("BIENVENUE15", fixed, "15.00")
    _coupon("UNEFOIS50", percent, "50.00", max_redemptions=1)
    _coupon("BIENTOT20", percent, "20.00", starts_at=now + timedelta(days=30))
    _coupon("ETE25", percent, "25.00", ends_at=now - timedelta(days=30), active=False)


def give_credits(*, student: User, by: User, now: datetime) -> None:
    for days, amount, cause, note in CREDITS:
        add_entry(
            user=student,
            amount=Decimal(amount),
            cause=cause,
            note=note,
            by=by,
            now=now - timedelta(days=days),
        )


def _coupon(
    code: str,
    kind: Coupon.Kind,
    value: str,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    max_redemptions: int | None = None,
    active: bool = True,
) -> None:
    Coupon.objects.create(
        code=code,
        kind=kind,
        value=Decimal(value),
        starts_at=starts_at,
        ends_at=ends_at,
        max_redemptions=max_redemptions,
        active=active,
    )
