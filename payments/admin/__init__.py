"""Sales in the Wagtail admin."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from payments.admin.appointments import AppointmentViewSet
from payments.admin.checkouts import CheckoutViewSet
from payments.admin.coupons import CouponViewSet
from payments.admin.credits import CreditEntryViewSet
from payments.admin.orders import OrderViewSet
from payments.admin.refunds import RefundViewSet
from payments.admin.reviews import ReviewViewSet
from payments.admin.stripe_events import StripeEventViewSet


class SalesGroup(SnippetViewSetGroup):
    menu_label = _("Ventes")
    menu_icon = "tasks"
    menu_order = 200
    items = (
        ReviewViewSet,
        OrderViewSet,
        RefundViewSet,
        AppointmentViewSet,
        CheckoutViewSet,
        CouponViewSet,
        CreditEntryViewSet,
        StripeEventViewSet,
    )
