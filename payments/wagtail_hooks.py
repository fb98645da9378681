from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from accounts.policies import ReadOnlyPolicy
from booking.models import Appointment
from payments.admin import SalesGroup
from payments.admin.coupons import retire_used_coupons
from payments.admin.credits import credit_urls, offer_credit
from payments.models import Checkout, CreditEntry, Order, Refund
from payments.services.refunding import REFUND

register_permission_policy(Appointment, ReadOnlyPolicy(Appointment))
register_permission_policy(CreditEntry, ReadOnlyPolicy(CreditEntry))
register_permission_policy(Order, ReadOnlyPolicy(Order, also=frozenset({"refund"})))
register_permission_policy(Refund, ReadOnlyPolicy(Refund))
register_permission_policy(Checkout, ReadOnlyPolicy(Checkout))
register_snippet(SalesGroup)
hooks.register("before_delete_snippet", retire_used_coupons)
hooks.register("register_admin_urls", credit_urls)
hooks.register("register_user_listing_buttons", offer_credit)


@hooks.register("register_log_actions")
def refund_action(actions: LogActionRegistry) -> None:
    actions.register_action(REFUND, _("Rembourser"), _("Remboursé"))


@hooks.register("register_permissions")
def permission_to_refund() -> QuerySet[Permission]:
    """So that another group can be given it, too."""
    return Permission.objects.filter(content_type__app_label="payments", codename="refund_order")
