"""Everything that moves money, or turns it into lessons."""

from payments.services.checkout import Buyer, cancel_checkout, pay, start_checkout
from payments.services.reconciliation import reconcile
from payments.services.refunds import send_refund
from payments.services.settlement import settle

__all__ = ["Buyer", "cancel_checkout", "pay", "reconcile", "send_refund", "settle", "start_checkout"]
