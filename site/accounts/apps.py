from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Comptes")
    default = True

    def ready(self) -> None:
        # Django makes permissions app by app after a migrate; after the last app they are all there.
        last = [config for config in apps.get_app_configs() if config.models_module][-1]
        post_migrate.connect(_give_rights, sender=last, dispatch_uid="accounts.give_rights")


class UsersConfig(WagtailUsersAppConfig):
    """Wagtail's users, with our roles in the place of groups and passwords."""

    default = False
    user_viewset = "accounts.admin_views.UserViewSet"

    def ready(self) -> None:
        super().ready()
        from wagtail.permissions import register_permission_policy

        from accounts.models import User
        from accounts.policies import PeoplePolicy

        register_permission_policy(User, PeoplePolicy(User))


def _give_rights(**kwargs: Any) -> None:
    # Imported here because models can't be before the apps are ready.
    from accounts.roles import give_rights

    give_rights()
