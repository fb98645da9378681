"""Cards of the catalogue for pages of other apps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.db.models import Case, When
from django.template import Context
from django.utils import timezone

from courses import showcase
from courses.models import CoursePage, TutorPage

register = template.Library()


@register.simple_tag(takes_context=True)
def course_cards(context: Context, page_ids: Sequence[int]) -> list[showcase.CourseCard]:
    """The cards of the given pages, in their order; of all published ones when none is given."""
    offered, now = showcase.offered_courses(_chosen(CoursePage.objects.all(), page_ids)), timezone.now()
    times = showcase.times_of(offered, now)
    return showcase.course_cards(offered, context.get("request"), times=times, now=now)


@register.simple_tag(takes_context=True)
def tutor_cards(context: Context, page_ids: Sequence[int]) -> list[showcase.TutorCard]:
    """The cards of the given pages, in their order; of all published ones when none is given."""
    offered, now = showcase.offered_tutors(_chosen(TutorPage.objects.all(), page_ids)), timezone.now()
    times = showcase.times_of(offered, now)
    return showcase.tutor_cards(offered, context.get("request"), times=times, now=now)


def _chosen(pages: Any, page_ids: Sequence[int]) -> Any:
    if not page_ids:
        return pages.order_by("path")
    order = Case(*(When(pk=pk, then=position) for position, pk in enumerate(page_ids)))
    return pages.filter(pk__in=page_ids).order_by(order)
