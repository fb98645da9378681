"""Everything that moves money, or turns it into lessons."""

from payments.services.checkout import Buyer, Wishes, cancel_checkout, pay, start_checkout
from payments.services.reconciliation import reconcile
from payments.services.refunds import send_refund
from payments.services.settlement import settle, settle_free

__all__ = [
    "Buyer",
    "Wishes",
    "cancel_checkout",
    "pay",
    "reconcile",
    "send_refund",
    "settle",
    "settle_free",
    "start_checkout",
]
