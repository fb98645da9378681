"""Coupons: may it be used, and by whom it was. The ceiling holds however many pay at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from booking.models import Cart
from payments.errors import CartBeingPaid, CouponRefused
from payments.models import Checkout, Coupon, CouponRedemption


def usable_coupon(*, code: str, now: datetime, checkout: Checkout | None = None) -> Coupon:
    """The coupon of a code as typed, in any case. One that `checkout` has set aside counts as free for it.

    Raises CouponRefused, which says why.
    """
    coupon = Coupon.objects.filter(code=normal(code)).first()
    if coupon is None:
        raise CouponRefused.unknown()
    _check(coupon, now, checkout)
    return coupon


@transaction.atomic
def apply_coupon(*, cart: Cart, code: str, now: datetime) -> Coupon:
    """Put a coupon on a cart, in place of the one it had. One that is refused leaves that one.

    Raises CouponRefused, or CartBeingPaid.
    """
    _lock_unpaid(cart)
    coupon = usable_coupon(code=code, now=now)
    cart.coupon_code = coupon.code
    cart.save(update_fields=["coupon_code"])
    return coupon


@transaction.atomic
def remove_coupon(*, cart: Cart) -> None:
    """Raises CartBeingPaid."""
    _lock_unpaid(cart)
    cart.coupon_code = ""
    cart.save(update_fields=["coupon_code"])


def normal(code: str) -> str:
    return "".join(code.split()).upper()


def reserve(*, coupon: Coupon, checkout: Checkout, now: datetime) -> None:
    """Set one use aside for a checkout, inside its transaction. Raises CouponRefused when none is left."""
    _lock(coupon)
    coupon.refresh_from_db()
    _check(coupon, now, checkout)
    CouponRedemption.objects.create(coupon=coupon, checkout=checkout, discount_cad=checkout.discount_cad)


def lock_coupon(*, code: str) -> None:
    """Until the transaction ends nobody else sets a use of it aside. A code that doesn't exist is fine."""
    list(Coupon.objects.select_for_update(no_key=True).filter(code=code).values_list("pk"))


def release(*, checkout: Checkout) -> None:
    """A checkout came to nothing: its use is free again."""
    CouponRedemption.objects.filter(checkout=checkout, used_at=None).delete()


def redeem(*, checkout: Checkout, now: datetime) -> None:
    """Count the use of a checkout that was paid: what was promised is kept, ended or not meanwhile, and also
    when the use was released before the money came.

    It was for this one cart: the next doesn't begin with it.
    """
    if not checkout.coupon_code:
        return
    if not CouponRedemption.objects.filter(checkout=checkout).update(used_at=now):
        # Given up, and then paid all the same: the discount was had, so it counts.
        _redeem_anew(checkout, now)
    if not checkout.cart_id:
        return
    # "Payer" locks the cart, then the checkout; settlement comes the other way, so it never waits here.
    free = Cart.objects.select_for_update(skip_locked=True, no_key=True).filter(
        pk=checkout.cart_id, coupon_code=checkout.coupon_code
    )
    Cart.objects.filter(pk__in=free.values("pk")).update(coupon_code="")


def _redeem_anew(checkout: Checkout, now: datetime) -> None:
    coupon = Coupon.objects.filter(code=checkout.coupon_code).first()
    if coupon:
        CouponRedemption.objects.create(
            coupon=coupon, checkout=checkout, discount_cad=checkout.discount_cad, used_at=now
        )


def forget(*, cart: Cart, code: str) -> None:
    """Take a code off a cart, unless another has taken its place meanwhile."""
    Cart.objects.filter(pk=cart.pk, coupon_code=code).update(coupon_code="")


def deactivate_expired(*, now: datetime) -> int:
    """Switch off the coupons whose time is over; says how many."""
    return Coupon.objects.expired(now).update(active=False)


def _lock_unpaid(cart: Cart) -> None:
    """The same lock as a payment that begins: what is paid is what the cart said."""
    Cart.objects.select_for_update(no_key=True).get(pk=cart.pk)
    if Checkout.objects.unsettled().filter(cart=cart).exists():
        raise CartBeingPaid


def _lock(coupon: Coupon) -> None:
    Coupon.objects.select_for_update(no_key=True).get(pk=coupon.pk)


def _check(coupon: Coupon, now: datetime, checkout: Checkout | None) -> None:
    state = coupon.state(now)
    if state == Coupon.State.ENDED:
        raise CouponRefused.ended(coupon)
    if state == Coupon.State.UPCOMING and coupon.starts_at:
        raise CouponRefused.not_before(coupon, coupon.starts_at)
    if coupon.max_redemptions is not None:
        taken = coupon.redemptions.exclude(checkout=checkout) if checkout else coupon.redemptions.all()
        if taken.count() >= coupon.max_redemptions:
            raise CouponRefused.used_up(coupon)
