from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Ventes")

    def ready(self) -> None:
        from payments import digest, lesson_mails, mails, tutor_mails  # noqa: F401 - they register what they compose
