"""What a student thinks of a tutor in a course."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from courses.models import Course, Tutor
from courses.scores import BEST, WORST, Score, mean
from ratings.questions import FIELDS, MAX_COMMENT, QUESTIONS

_POINTS = sum((F(field) for field in FIELDS[1:]), F(FIELDS[0]))


@dataclass(frozen=True)
class Averages:
    """Of some ratings: their score, each question's mean with two decimals, in the order of asking, and how
    many have a comment."""

    score: Score
    questions: tuple[tuple[str | Promise, Decimal], ...]
    with_words: int

    def __bool__(self) -> bool:
        return bool(self.score)


class RatingQuerySet(models.QuerySet["Rating"]):
    def visible_to(self, user: User) -> RatingQuerySet:
        """A student sees their own, a tutor what is shown of those they got, an admin all, an editor none."""
        if user.role == Role.ADMIN:
            return self.all()
        return self.filter(Q(student=user) | Q(tutor__user=user, hidden_at=None))

    def shown(self) -> RatingQuerySet:
        """What counts and may be read by everybody: all but what an admin has hidden."""
        return self.filter(hidden_at=None)

    def with_words(self) -> RatingQuerySet:
        return self.exclude(comment="")

    def averages(self) -> Averages:
        """One query."""
        sums = self.aggregate(
            number=Count("pk"),
            with_words=Count("pk", filter=~Q(comment="")),
            **{field: Sum(field) for field in FIELDS},
        )
        number = sums["number"]
        points = {field: sums[field] or 0 for field in FIELDS}
        return Averages(
            Score(number, sum(points.values())),
            tuple((question.name, mean(points[question.field], number)) for question in QUESTIONS)
            if number
            else (),
            sums["with_words"],
        )


def _answer(name: Any) -> Any:
    return models.PositiveSmallIntegerField(
        name, validators=[MinValueValidator(WORST), MaxValueValidator(BEST)]
    )


class Rating(models.Model):
    """One for each student, tutor and course; its student may change it for ever."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="ratings",
        verbose_name=_("élève"),
        db_index=False,  # the constraint's index begins with it
    )
    tutor = models.ForeignKey(
        Tutor, on_delete=models.PROTECT, related_name="ratings", verbose_name=_("tuteur"), db_index=False
    )
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="ratings", verbose_name=_("cours")
    )
    appointment = models.ForeignKey(
        "booking.Appointment",
        on_delete=models.PROTECT,
        related_name="ratings",
        verbose_name=_("rendez-vous"),
        help_text=_("Le dernier cours donné quand l’évaluation a été faite."),
    )
    q1_courtoisie = _answer(_("courtoisie"))
    q2_maitrise = _answer(_("maîtrise"))
    q3_pedagogie = _answer(_("pédagogie"))
    q4_dynamisme = _answer(_("dynamisme"))
    # Quarters have two decimals at most: nothing is rounded here.
    score = models.GeneratedField(
        expression=Cast(_POINTS, models.DecimalField(max_digits=4, decimal_places=2)) / 4,
        output_field=models.DecimalField(_("note"), max_digits=3, decimal_places=2),
        db_persist=True,
    )
    comment = models.CharField(_("commentaire"), max_length=MAX_COMMENT, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("donnée le"))
    updated_at = models.DateTimeField(_("modifiée le"))
    hidden_at = models.DateTimeField(_("masquée le"), null=True)
    hidden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("masquée par"),
    )

    objects: ClassVar[models.Manager[Rating]] = RatingQuerySet.as_manager()

    class Meta:
        verbose_name = _("évaluation")
        verbose_name_plural = _("évaluations")
        ordering = ["-created_at", "id"]
        permissions = [("hide_rating", _("Peut masquer et rétablir une évaluation"))]
        indexes = [models.Index(fields=["tutor", "-created_at"], name="rating_by_tutor")]
        constraints = [
            models.UniqueConstraint(fields=["student", "tutor", "course"], name="rating_once"),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{field}__range": (WORST, BEST)}), name=f"rating_{field}_in_range"
                )
                for field in FIELDS
            ),
            models.CheckConstraint(
                condition=Q(hidden_at=None, hidden_by=None)
                | Q(hidden_at__isnull=False, hidden_by__isnull=False),
                name="rating_hidden_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tutor}, {self.course}"

    @property
    def answers(self) -> tuple[int, ...]:
        """In the order of the questions."""
        return tuple(getattr(self, field) for field in FIELDS)

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None
