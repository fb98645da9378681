"""What ratings lend to pages of other apps."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.template import Context

from booking.models import Appointment
from courses.models import Tutor
from ratings.models import Rating

REVIEWS_PER_PAGE = 6

register = template.Library()


@register.simple_tag(takes_context=True)
def my_scores(context: Context) -> dict[tuple[int, int], Decimal]:
    """What a student gave, by tutor and course. One query."""
    own = Rating.objects.filter(student=context["request"].user)
    return {(tutor, course): score for tutor, course, score in own.values_list("tutor", "course", "score")}


@register.filter
def of_lesson(scores: dict[tuple[int, int], Decimal], lesson: Appointment) -> Decimal | None:
    return scores.get((lesson.tutor_id, lesson.course_id))


@register.inclusion_tag("ratings/includes/reviews.html", takes_context=True)
def tutor_reviews(context: Context, tutor: Tutor) -> dict[str, Any]:
    """What students say of a tutor, for everybody to read: first names, months, no more.

    `?avis=2` of the page's address turns the pages. No query before the first rating, then two.
    """
    if not tutor.score:
        return {"averages": None}
    request = context.get("request")
    shown = Rating.objects.filter(tutor=tutor).shown()
    averages = shown.averages()
    pages = Paginator(shown.with_words().select_related("student", "course"), REVIEWS_PER_PAGE)
    pages.count = averages.with_words  # counted already
    return {
        "request": request,
        "averages": averages,
        "reviews": pages.get_page(request.GET.get("avis") if request else None),
    }
