from payments.models.cards import SavedCard, StripeCustomer
from payments.models.checkouts import Checkout, CheckoutLine, StripeEvent
from payments.models.coupons import Coupon, CouponRedemption
from payments.models.credits import CreditEntry
from payments.models.orders import Order, OrderLine
from payments.models.refunds import Refund, RefundShare
from payments.models.reviews import Review

__all__ = [
    "Checkout",
    "CheckoutLine",
    "Coupon",
    "CouponRedemption",
    "CreditEntry",
    "Order",
    "OrderLine",
    "Refund",
    "RefundShare",
    "Review",
    "SavedCard",
    "StripeCustomer",
    "StripeEvent",
]
