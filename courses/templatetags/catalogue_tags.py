"""Cards of the catalogue for pages of other apps, and what its own pages tell search engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

from django import template
from django.db.models import Case, When
from django.template import Context
from django.utils.translation import gettext as _

from courses import checklist, showcase, structured, subjects
from courses.live import NextFree
from courses.models import CoursePage, TutorPage
from home.chrome import frame_of
from home.live import live
from home.sharing import description_of, home_address, school
from home.structured import Node

register = template.Library()


@register.simple_tag(takes_context=True)
def course_cards(context: Context, page_ids: Sequence[int]) -> list[showcase.CourseCard]:
    """The cards of the given pages, in their order; of all published ones when none is given."""
    offered = showcase.offered_courses(_chosen(CoursePage.objects.all(), page_ids))
    return showcase.course_cards(offered, context.get("request"))


@register.simple_tag(takes_context=True)
def tutor_cards(context: Context, page_ids: Sequence[int]) -> list[showcase.TutorCard]:
    """The cards of the given pages, in their order; of all published ones when none is given."""
    offered = showcase.offered_tutors(_chosen(TutorPage.objects.all(), page_ids))
    return showcase.tutor_cards(offered, context.get("request"))


@register.simple_tag(takes_context=True)
def next_free(context: Context, asked: NextFree, template: str = "next_free") -> str:
    """When a card's or a page's tutors are free next; `next_free_bar` says it in the bar of phones."""
    return live(context["request"], "next-free", *asked, template)


@register.simple_tag(takes_context=True)
def subject_cards(context: Context) -> list[subjects.SubjectCard]:
    """The subjects that have a published course, by name. Two queries."""
    return subjects.subject_cards(context.get("request"))


@register.simple_tag(takes_context=True)
def course_facts(context: Context) -> Node | None:
    """A course page's course, with what an hour costs where it is offered. No query."""
    course, request = context["course"], context.get("request")
    if course is None or request is None:
        return None
    page, picture, frame = context["page"], context["shared_picture"], frame_of(request)
    home = home_address(frame)
    return structured.course(
        name=page.title,
        description=description_of(page) or course.description or page.title,
        url=page.get_full_url(request) or "",
        provider=school(frame),
        hourly_price=course.student_rate_cad if course.active else None,
        image=urljoin(home, picture.url) if picture else "",
        subject=course.subject.name if course.subject else "",
        levels=course.level_names(),
        outcomes=context["outcomes"],
        tutors=[
            structured.person(name=card.name, url=urljoin(home, card.url) if card.url else "")
            for card in context["tutors"]
        ],
        score=course.score,
    )


@register.simple_tag(takes_context=True)
def tutor_facts(context: Context) -> list[Node | None]:
    """A tutor page's person, never what they earn, and what students think of their lessons. No query."""
    tutor, request = context["tutor"], context.get("request")
    if tutor is None or request is None:
        return []
    page, picture, frame = context["page"], context["shared_picture"], frame_of(request)
    url = page.get_full_url(request) or ""
    return [
        structured.person(
            name=tutor.display_name,
            url=url,
            image=urljoin(home_address(frame), picture.url) if picture else "",
            description=description_of(page),
            subjects=context["subjects"],
            employer=school(frame) if tutor.is_offered else None,
        ),
        structured.tutoring(
            url=url, name=_("Tutorat avec %(name)s") % {"name": tutor.display_name}, score=tutor.score
        ),
    ]


@register.simple_tag
def still_missing(page: Any) -> str:
    """What the publishing checklist has to say of a page, for the checker that looks at its preview."""
    return " ".join(checklist.missing(page))


def _chosen(pages: Any, page_ids: Sequence[int]) -> Any:
    if not page_ids:
        return pages.order_by("path")
    order = Case(*(When(pk=pk, then=position) for position, pk in enumerate(page_ids)))
    return pages.filter(pk__in=page_ids).order_by(order)
