from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("Cours et tuteurs")

    def ready(self) -> None:
        from courses import indexing  # models are ready only now

        indexing.connect()
