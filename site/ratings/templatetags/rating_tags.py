"""What ratings lend to pages of other apps."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.template import Context

from booking.models import Appointment
from ratings.models import Rating

register = template.Library()


@register.simple_tag(takes_context=True)
def my_scores(context: Context) -> dict[tuple[int, int], Decimal]:
    """What a student gave, by tutor and course. One query."""
    own = Rating.objects.filter(student=context["request"].user)
    return {(tutor, course): score for tutor, course, score in own.values_list("tutor", "course", "score")}


@register.filter
def of_lesson(scores: dict[tuple[int, int], Decimal], lesson: Appointment) -> Decimal | None:
    return scores.get((lesson.tutor_id, lesson.course_id))
