"""What is taught, and who teaches it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.fields import OneLine
from accounts.models import Role
from courses.models.rated import Rated
from courses.money import DURATIONS, lesson_amount


class Level(models.TextChoices):
    """Where in school a course belongs; the values are what addresses say."""

    PRIMARY = "primaire", _("Primaire")
    SECONDARY = "secondaire", _("Secondaire")
    COLLEGE = "cegep", _("Cégep")
    UNIVERSITY = "universite", _("Université")
    ADULTS = "adultes", _("Formation des adultes")


class TickedField(ArrayField):
    """Any number of the base field's choices, ticked in the admin."""

    def formfield(self, **kwargs: Any) -> forms.MultipleChoiceField:
        return forms.MultipleChoiceField(
            choices=self.base_field.choices or [],
            widget=forms.CheckboxSelectMultiple,
            required=not self.blank,
            label=capfirst(self.verbose_name),
            help_text=self.help_text,
        )


class Subject(models.Model):
    """A matter that courses belong to: "Mathématiques" of "Calcul différentiel"."""

    name = models.CharField(_("nom"), max_length=60, unique=True)
    slug = models.SlugField(
        _("identifiant"),
        max_length=60,
        unique=True,
        help_text=_("Paraît dans les adresses des listes filtrées."),
    )

    class Meta:
        verbose_name = _("matière")
        verbose_name_plural = _("matières")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CourseQuerySet(models.QuerySet["Course"]):
    def active(self) -> CourseQuerySet:
        return self.filter(active=True)

    def taught(self) -> CourseQuerySet:
        """Those that somebody teaches now."""
        return self.active().filter(pk__in=TutorCourse.objects.current().values("course"))

    def taught_by(self, tutor: Tutor) -> CourseQuerySet:
        return self.active().filter(
            tutor_courses__tutor=tutor, tutor_courses__status=TutorCourse.Status.APPROVED
        )


class Course(Rated):  # type: ignore[django-manager-missing]  # Wagtail's page manager
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = OneLine(_("titre"), max_length=120)
    slug = models.SlugField(_("identifiant"), max_length=120, unique=True)
    subject = models.ForeignKey(
        Subject,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="courses",
        verbose_name=_("matière"),
    )
    levels = TickedField(
        models.CharField(max_length=12, choices=Level.choices),
        blank=True,
        default=list,
        db_default=[],
        verbose_name=_("niveaux"),
    )
    description = models.TextField(_("description"), blank=True)
    student_rate_cad = models.DecimalField(
        _("tarif horaire de l’élève"), max_digits=6, decimal_places=2, default=Decimal("45.00")
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

    def level_names(self) -> list[str]:
        """In the order of school, whatever was ticked first."""
        return [str(level.label) for level in Level if level in self.levels]

    def prices(self) -> list[tuple[int, Decimal]]:
        """`(minutes, CAD)` of each length that is sold."""
        return [(minutes, lesson_amount(self.student_rate_cad, minutes)) for minutes in DURATIONS]


class TutorQuerySet(models.QuerySet["Tutor"]):
    def active(self) -> TutorQuerySet:
        return self.filter(active=True, user__is_active=True)

    def teaching_anything(self) -> TutorQuerySet:
        """A course that is offered, at least one."""
        return self.filter(pk__in=TutorCourse.objects.current().filter(course__active=True).values("tutor"))

    def teaching(self, course: Course) -> TutorQuerySet:
        """The active, approved tutors of a course, in the order "le premier disponible" takes them."""
        return (
            self.active()
            .filter(tutor_courses__course=course, tutor_courses__status=TutorCourse.Status.APPROVED)
            .order_by("priority", "pk")
        )


class Tutor(Rated):  # type: ignore[django-manager-missing]  # Wagtail's page manager
    """A teacher. The bigint key is what the exclusion constraint on time claims ranges over."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="tutor",
        verbose_name=_("compte"),
        limit_choices_to={"role": Role.TUTOR},
    )
    display_name = OneLine(_("nom affiché"), max_length=120)
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
        help_text=_("En minutes; vide : aucune. Entre deux cours, la plus longue des deux pauses compte."),
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
        verbose_name = _("cours d’un tuteur")
        verbose_name_plural = _("cours des tuteurs")
        constraints = [models.UniqueConstraint(fields=["tutor", "course"], name="tutor_course_once")]

    def __str__(self) -> str:
        return f"{self.tutor} – {self.course}"
