"""What this app adds to the Wagtail admin."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from accounts.policies import ReadOnlyPolicy
from notifications.admin_views import OutboxViewSet
from notifications.models import OutboxMessage
from notifications.resending import ResendAction
from notifications.services import RESEND, RESUME

register_permission_policy(OutboxMessage, ReadOnlyPolicy(OutboxMessage))
register_snippet(OutboxViewSet)
hooks.register("register_bulk_action", ResendAction)


@hooks.register("register_log_actions")
def resend_action(actions: LogActionRegistry) -> None:
    actions.register_action(RESEND, _("Renvoyer"), _("Renvoyé"))
    actions.register_action(RESUME, _("Reprendre"), _("Destination reprise"))
