"""What sales add to the Wagtail admin."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.log_actions import LogActionRegistry
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from accounts.policies import ReadOnlyPolicy
from booking.models import Appointment
from payments.admin import SalesGroup
from payments.admin.coupons import retire_used_coupons
from payments.admin.credits import credit_urls, offer_credit
from payments.admin.reviews import ReviewsPanel
from payments.models import Checkout, CreditEntry, Order, Refund, Review, StripeEvent
from payments.services.cancelling import CANCEL, COMPLETE, MOVE, RESTORE
from payments.services.refunding import REFUND
from payments.services.resolutions import LOOKED_INTO, RESOLVED

register_permission_policy(Appointment, ReadOnlyPolicy(Appointment, also=frozenset({"arrange"})))
register_permission_policy(CreditEntry, ReadOnlyPolicy(CreditEntry))
register_permission_policy(Order, ReadOnlyPolicy(Order, also=frozenset({"refund"})))
register_permission_policy(Refund, ReadOnlyPolicy(Refund))
register_permission_policy(Checkout, ReadOnlyPolicy(Checkout))
register_permission_policy(Review, ReadOnlyPolicy(Review, also=frozenset({"resolve"})))
register_permission_policy(StripeEvent, ReadOnlyPolicy(StripeEvent))
register_snippet(SalesGroup)
hooks.register("before_delete_snippet", retire_used_coupons)
hooks.register("register_admin_urls", credit_urls)
hooks.register("register_user_listing_buttons", offer_credit)


@hooks.register("construct_homepage_panels")
def what_waits_for_a_person(request: HttpRequest, panels: list[Component]) -> None:
    if request.user.has_perm("payments.view_review"):
        panels.append(ReviewsPanel())


@hooks.register("register_log_actions")
def what_the_direction_does(actions: LogActionRegistry) -> None:
    actions.register_action(REFUND, _("Rembourser"), _("Remboursé"))
    actions.register_action(RESOLVED, _("Régler"), _("Dossier réglé"))
    actions.register_action(LOOKED_INTO, _("Essayer de nouveau"), _("Essayé de nouveau"))
    actions.register_action(CANCEL, _("Annuler"), _("Annulé"))
    actions.register_action(MOVE, _("Déplacer"), _("Déplacé"))
    actions.register_action(RESTORE, _("Rétablir"), _("Rétabli"))
    actions.register_action(COMPLETE, _("Dire donné"), _("Donné"))


@hooks.register("register_permissions")
def permissions_of_their_own() -> QuerySet[Permission]:
    """So that another group can be given them, too."""
    return Permission.objects.filter(
        content_type__app_label__in=["payments", "booking"],
        codename__in=["refund_order", "resolve_review", "arrange_appointment"],
    )
