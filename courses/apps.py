from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("Cours et tuteurs")

    def ready(self) -> None:
        from courses import (  # models are ready only now
            indexing,
            live,  # noqa: F401 - registers what it lends to pages
        )
        from courses.models import Course, Subject, Tutor, TutorCourse
        from home.chrome import forget_after_commit

        indexing.connect()
        for model in (Course, Subject, Tutor, TutorCourse):
            post_save.connect(forget_after_commit, sender=model)
            post_delete.connect(forget_after_commit, sender=model)
        post_save.connect(forget_tutors, sender=settings.AUTH_USER_MODEL)


def forget_tutors(instance: Any, update_fields: Any = None, **_signal: Any) -> None:
    """A tutor whose account is closed is offered no more. Students come and go without a trace on pages."""
    from accounts.models import Role  # models are ready only now
    from home.chrome import forget_after_commit

    if instance.role == Role.TUTOR and update_fields != {"last_login"}:
        forget_after_commit()
