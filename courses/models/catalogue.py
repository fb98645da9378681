"""What is taught, and who teaches it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from courses.money import DURATIONS, lesson_amount


class CourseQuerySet(models.QuerySet["Course"]):
    def active(self) -> CourseQuerySet:
        return self.filter(active=True)

    def taught_by(self, tutor: Tutor) -> CourseQuerySet:
        return self.active().filter(
            tutor_courses__tutor=tutor, tutor_courses__status=TutorCourse.Status.APPROVED
        )


class Course(models.Model):  # type: ignore[django-manager-missing]  # Wagtail's page manager
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("titre"), max_length=120)
    slug = models.SlugField(_("identifiant"), max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True)
    student_rate_cad = models.DecimalField(
        _("tarif horaire de l'élève"), max_digits=6, decimal_places=2, default=Decimal("45.00")
    )
    active = models.BooleanField(_("actif"), default=True)
    tutors: models.ManyToManyField[Tutor, TutorCourse] = models.ManyToManyField(
        "Tutor", through="TutorCourse", related_name="courses"
    )

    objects: ClassVar[models.Manager[Course]] = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = _("cours")
        verbose_name_plural = _("cours")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(student_rate_cad__gte=0), name="course_rate_not_negative"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def prices(self) -> list[tuple[int, Decimal]]:
        """`(minutes, CAD)` of each length that is sold."""
        return [(minutes, lesson_amount(self.student_rate_cad, minutes)) for minutes in DURATIONS]


class TutorQuerySet(models.QuerySet["Tutor"]):
    def active(self) -> TutorQuerySet:
        return self.filter(active=True, user__is_active=True)

    def teaching(self, course: Course) -> TutorQuerySet:
        """The active, approved tutors of a course, in the order "le premier disponible" takes them."""
        return (
            self.active()
            .filter(tutor_courses__course=course, tutor_courses__status=TutorCourse.Status.APPROVED)
            .order_by("priority", "pk")
        )


class Tutor(models.Model):  # type: ignore[django-manager-missing]  # Wagtail's page manager
    """A teacher. The bigint key is what the exclusion constraint on time claims ranges over."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="tutor",
        verbose_name=_("compte"),
        limit_choices_to={"role": Role.TUTOR},
    )
    display_name = models.CharField(_("nom affiché"), max_length=120)
    bio = models.TextField(_("présentation"), blank=True)
    photo = models.ForeignKey(
        "wagtailimages.Image",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("photo"),
    )
    hourly_rate_cad = models.DecimalField(_("honoraires horaires"), max_digits=6, decimal_places=2)
    priority = models.PositiveSmallIntegerField(
        _("priorité"), default=100, help_text=_("Le plus petit nombre est proposé en premier.")
    )
    active = models.BooleanField(_("actif"), default=True)
    buffer_before_minutes = models.PositiveSmallIntegerField(
        _("pause avant un cours"), null=True, blank=True, help_text=_("En minutes; vide : aucune.")
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        _("pause après un cours"),
        null=True,
        blank=True,
        help_text=_("En minutes; vide : aucune. Entre deux cours, la plus longue des deux pauses compte."),
    )
    daily_lesson_limit = models.PositiveSmallIntegerField(
        _("cours par jour, au plus"), null=True, blank=True, help_text=_("Vide : sans limite.")
    )

    objects: ClassVar[models.Manager[Tutor]] = TutorQuerySet.as_manager()

    class Meta:
        verbose_name = _("tuteur")
        verbose_name_plural = _("tuteurs")
        ordering = ["display_name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(hourly_rate_cad__gte=0), name="tutor_rate_not_negative"
            ),
            # Claims are read with a day's margin around a window, which a pause must not outreach.
            models.CheckConstraint(
                condition=models.Q(buffer_before_minutes__isnull=True)
                | models.Q(buffer_before_minutes__lte=12 * 60),
                name="tutor_buffer_before_half_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(buffer_after_minutes__isnull=True)
                | models.Q(buffer_after_minutes__lte=12 * 60),
                name="tutor_buffer_after_half_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def is_offered(self) -> bool:
        """Can be booked at all; the twin of `TutorQuerySet.active`."""
        return self.active and self.user.is_active


class TutorCourseQuerySet(models.QuerySet["TutorCourse"]):
    def current(self) -> TutorCourseQuerySet:
        """Who really teaches what now, in the order of `TutorQuerySet.teaching`, its twin by course."""
        return self.filter(
            status=TutorCourse.Status.APPROVED, tutor__active=True, tutor__user__is_active=True
        ).order_by("tutor__priority", "tutor_id")


class TutorCourse(models.Model):
    class Status(models.TextChoices):
        PENDING = "pending", _("En attente")
        APPROVED = "approved", _("Approuvé")
        INACTIVE = "inactive", _("Inactif")

    tutor = models.ForeignKey(
        Tutor, on_delete=models.CASCADE, related_name="tutor_courses", verbose_name=_("tuteur")
    )
    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, related_name="tutor_courses", verbose_name=_("cours")
    )
    status = models.CharField(_("état"), max_length=10, choices=Status.choices, default=Status.PENDING)

    objects: ClassVar[models.Manager[TutorCourse]] = TutorCourseQuerySet.as_manager()

    class Meta:
        verbose_name = _("cours d'un tuteur")
        verbose_name_plural = _("cours des tuteurs")
        constraints = [models.UniqueConstraint(fields=["tutor", "course"], name="tutor_course_once")]

    def __str__(self) -> str:
        return f"{self.tutor} – {self.course}"
