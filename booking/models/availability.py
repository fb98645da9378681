"""When a tutor can teach: a weekly pattern in local wall time, exceptions to it, and time off.

Wall times are minutes since local midnight (0 to 1440), so that a rule can end at midnight.
"""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

MINUTES_A_DAY = 24 * 60


class Int8Range(Func):
    function = "int8range"
    output_field = BigIntegerRangeField()


def same_tutor() -> tuple[Func, str]:
    """`tutor =` inside a GiST exclusion without btree_gist.

    It must say "tutor", not "tutor_id": Django maps names of fields only, and would otherwise compare the
    column with itself in `full_clean()`, refusing every other tutor.
    """
    return Int8Range("tutor", "tutor", Value("[]")), "&&"


class WeeklyRule(models.Model):
    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("lundi")
        TUESDAY = 1, _("mardi")
        WEDNESDAY = 2, _("mercredi")
        THURSDAY = 3, _("jeudi")
        FRIDAY = 4, _("vendredi")
        SATURDAY = 5, _("samedi")
        SUNDAY = 6, _("dimanche")

    tutor = models.ForeignKey("courses.Tutor", on_delete=models.CASCADE, related_name="weekly_rules")
    weekday = models.PositiveSmallIntegerField(_("jour"), choices=Weekday.choices)
    start_minute = models.PositiveSmallIntegerField(_("début"))
    end_minute = models.PositiveSmallIntegerField(_("fin"))

    class Meta:
        verbose_name = _("plage hebdomadaire")
        verbose_name_plural = _("plages hebdomadaires")
        ordering = ["weekday", "start_minute"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="weekly_rule_weekday"),
            models.CheckConstraint(
                condition=Q(end_minute__gt=F("start_minute"), end_minute__lte=MINUTES_A_DAY),
                name="weekly_rule_end_after_start",
            ),
            ExclusionConstraint(
                name="weekly_rule_no_overlap",
                expressions=[
                    same_tutor(),
                    (Int8Range("weekday", "weekday", Value("[]")), "&&"),
                    (Int8Range("start_minute", "end_minute"), "&&"),
                ],
                violation_error_message=_("Cette plage en chevauche une autre."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.start_minute}–{self.end_minute}"


class AvailabilityException(models.Model):
    """One date that differs from the weekly pattern."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Ouvert")
        CLOSED = "closed", _("Fermé")

    tutor = models.ForeignKey(
        "courses.Tutor", on_delete=models.CASCADE, related_name="availability_exceptions"
    )
    date = models.DateField(_("date"))
    kind = models.CharField(_("genre"), max_length=6, choices=Kind.choices)
    start_minute = models.PositiveSmallIntegerField(_("début"), default=0)
    end_minute = models.PositiveSmallIntegerField(_("fin"), default=MINUTES_A_DAY)

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["date", "start_minute"]
        indexes = [models.Index(fields=["tutor", "date"], name="exception_by_tutor_and_date")]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_minute__gt=F("start_minute"), end_minute__lte=MINUTES_A_DAY),
                name="exception_end_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"


class TimeOff(models.Model):
    """A stretch without lessons, across days."""

    tutor = models.ForeignKey("courses.Tutor", on_delete=models.CASCADE, related_name="time_off")
    during = DateTimeRangeField(_("période"))

    class Meta:
        verbose_name = _("congé")
        verbose_name_plural = _("congés")
        indexes = [models.Index(fields=["tutor"], name="time_off_by_tutor")]
        constraints = [
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="time_off_bounded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tutor} {self.during}"
