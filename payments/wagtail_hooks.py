from wagtail import hooks
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from accounts.policies import ReadOnlyPolicy
from booking.models import Appointment
from payments.admin import SalesGroup
from payments.admin.coupons import retire_used_coupons
from payments.models import Checkout, Order

register_permission_policy(Appointment, ReadOnlyPolicy(Appointment))
register_permission_policy(Order, ReadOnlyPolicy(Order))
register_permission_policy(Checkout, ReadOnlyPolicy(Checkout))
register_snippet(SalesGroup)
hooks.register("before_delete_snippet", retire_used_coupons)
