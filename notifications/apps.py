from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Envois")

    def ready(self) -> None:
        from notifications.checks import check_settings

        register(check_settings)
        # They register what they compose, and listen for new accounts.
        from notifications import account_mails, alerts, signups  # noqa: F401
