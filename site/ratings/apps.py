from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RatingsConfig(AppConfig):
    name = "ratings"
    verbose_name = _("Évaluations")

    def ready(self) -> None:
        from django.db.models.signals import post_delete, post_save

        from home.chrome import forget_after_commit
        from ratings.models import Rating  # models are ready only now

        for signal in (post_save, post_delete):
            signal.connect(forget_after_commit, sender=Rating)
