"""Every write to carts, claims and lessons: keyword-only functions, each in one transaction.

They raise `booking.errors.BookingError`, whose message is ready to be shown; nothing was changed then.
Holds begin and end by the database's clock, so that web servers whose clocks differ agree; `now` decides
notice and horizon.
"""

from booking.services.carts import (
    adopt_guest_cart,
    cart_for,
    cart_for_writing,
    keep_cart,
    leave_cart,
    merge_carts,
)
from booking.services.holds import (
    Wanted,
    hold_slot,
    hold_slots,
    refuse_unbookable,
    release_line,
    renew_line,
    sweep_expired_holds,
)
from booking.services.lessons import (
    cancel_lesson,
    complete_lesson,
    locked_lesson,
    move_lesson,
    move_problems,
    restore_lesson,
)
from booking.services.locks import claiming
from booking.services.payment import Paid, begin_payment, book_lessons, end_payment

__all__ = [
    "Paid",
    "Wanted",
    "adopt_guest_cart",
    "begin_payment",
    "book_lessons",
    "cancel_lesson",
    "cart_for",
    "cart_for_writing",
    "claiming",
    "complete_lesson",
    "end_payment",
    "hold_slot",
    "hold_slots",
    "keep_cart",
    "leave_cart",
    "locked_lesson",
    "merge_carts",
    "move_lesson",
    "move_problems",
    "refuse_unbookable",
    "release_line",
    "renew_line",
    "restore_lesson",
    "sweep_expired_holds",
]
