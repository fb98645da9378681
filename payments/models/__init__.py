from payments.models.checkouts import Checkout, CheckoutLine, StripeEvent
from payments.models.orders import Order, OrderLine, Refund

__all__ = ["Checkout", "CheckoutLine", "Order", "OrderLine", "Refund", "StripeEvent"]
