"""What ratings add to the Wagtail admin."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet

from accounts.policies import ReadOnlyPolicy
from ratings.admin_views import RatingViewSet
from ratings.models import Rating
from ratings.services import HIDE, RESTORE

register_permission_policy(Rating, ReadOnlyPolicy(Rating, also=frozenset({"hide"})))
register_snippet(RatingViewSet)


@hooks.register("register_log_actions")
def what_the_direction_does(actions: LogActionRegistry) -> None:
    actions.register_action(HIDE, _("Masquer"), _("Masquée"))
    actions.register_action(RESTORE, _("Rétablir"), _("Rétablie"))


@hooks.register("register_permissions")
def permission_of_its_own() -> QuerySet[Permission]:
    """So that another group can be given it, too."""
    return Permission.objects.filter(content_type__app_label="ratings", codename="hide_rating")
