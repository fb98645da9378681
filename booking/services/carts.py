"""Whose cart it is: a guest's by the session, a member's by the account."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from uuid import UUID

from django.db import connection
from django.http import HttpRequest

from accounts.models import User
from booking.errors import TryAgain
from booking.models import Cart
from booking.services.locks import claiming, lock

SESSION_KEY = "cart"


def cart_for(*, request: HttpRequest) -> Cart | None:
    """The visitor's cart, if there is one."""
    if request.user.is_authenticated:
        adopt_guest_cart(request=request, user=request.user)
        return Cart.objects.filter(user=request.user).first()
    key = request.session.get(SESSION_KEY)
    return Cart.objects.filter(pk=key, user=None).first() if key else None


def cart_for_writing(*, request: HttpRequest) -> Cart:
    """The visitor's cart; for a guest without one a new one, which `hold_slot` writes with its first line.

    Then `keep_cart` is to be called.
    """
    cart = cart_for(request=request)
    if cart is None:
        user = request.user
        cart = Cart.objects.get_or_create(user=user)[0] if user.is_authenticated else Cart()
    return cart


def keep_cart(*, request: HttpRequest, cart: Cart) -> None:
    """Let a guest find the cart again."""
    if cart.user_id is None and request.session.get(SESSION_KEY) != str(cart.pk):
        request.session[SESSION_KEY] = str(cart.pk)


def merge_carts(*, source: Cart, target: Cart) -> None:
    """Move a guest's lines, with their holds, and coupon into the cart of the account that logged in.

    Where both have a line for the same tutor and start, the one whose claim stands stays. The empty source
    cart is kept: a payment may have begun in it. Raises TryAgain.
    """
    if source.pk == target.pk:
        return
    with claiming(), connection.cursor() as cursor:
        # In the order of "Payer": the rows of the carts, then what is in them.
        pair_of_carts = Cart.objects.select_for_update(no_key=True).filter(pk__in=[source.pk, target.pk])
        list(pair_of_carts.order_by("pk").values_list("pk"))
        lock(cart_ids=[source.pk, target.pk])
        pair = {"source": source.pk, "target": target.pk}
        cursor.execute(
            """
            SELECT CASE WHEN sc.id IS NOT NULL AND tc.id IS NULL THEN t.id ELSE s.id END
            FROM booking_cartline s
            JOIN booking_cartline t ON t.tutor_id = s.tutor_id AND t.start = s.start
            LEFT JOIN booking_timeclaim sc ON sc.line_id = s.id
            LEFT JOIN booking_timeclaim tc ON tc.line_id = t.id
            WHERE s.cart_id = %(source)s AND t.cart_id = %(target)s
            """,
            pair,
        )
        leave_cart(line_ids=[line_id for (line_id,) in cursor.fetchall()])
        cursor.execute("UPDATE booking_cartline SET cart_id = %(target)s WHERE cart_id = %(source)s", pair)
        if source.coupon_code:
            Cart.objects.filter(pk=target.pk, coupon_code="").update(coupon_code=source.coupon_code)


def leave_cart(*, line_ids: Collection[UUID]) -> None:
    """Take lines out of their carts, with whatever time they hold. A checkout that names one forgets it, by
    the database itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH freed AS (DELETE FROM booking_timeclaim WHERE line_id = ANY (%(lines)s))
            DELETE FROM booking_cartline WHERE id = ANY (%(lines)s)
            """,
            {"lines": list(line_ids)},
        )


def adopt_guest_cart(*, request: HttpRequest, user: User) -> None:
    """Merge the session's cart into the account that has just logged in.

    Somebody who waits for the same rows is no reason to refuse a log-in: a later page will merge them.
    """
    key = request.session.get(SESSION_KEY)
    if key is None:
        return
    source = Cart.objects.filter(pk=key, user=None).first()
    with suppress(TryAgain):
        if source is not None:
            merge_carts(source=source, target=Cart.objects.get_or_create(user=user)[0])
        del request.session[SESSION_KEY]
