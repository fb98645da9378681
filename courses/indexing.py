"""Search finds a page also by what the catalogue says of its course or tutor, as soon as that changes.

Wagtail indexes a page when the page is saved; these are the other rows that its words come from.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from wagtail.search.index import insert_or_update_object

from courses.models import Course, CoursePage, Subject, Tutor, TutorCourse, TutorPage


def connect() -> None:
    for model in (Course, Subject, Tutor, TutorCourse):
        post_save.connect(_after_save, sender=model, dispatch_uid=f"courses.indexing.{model.__name__}")
    post_delete.connect(_after_delete, sender=TutorCourse, dispatch_uid="courses.indexing.untied")


def _after_save(instance: Any, created: bool, raw: bool, **_signal: Any) -> None:
    # What is new has no page yet; a tie is new between two that may have one.
    if not raw and (not created or isinstance(instance, TutorCourse)):
        _index_pages_of(instance)


def _after_delete(instance: TutorCourse, **_signal: Any) -> None:
    _index_pages_of(instance)


def _index_pages_of(row: Course | Subject | Tutor | TutorCourse) -> None:
    if isinstance(row, TutorCourse):
        courses, tutors = {"course": row.course_id}, {"tutor": row.tutor_id}
    elif isinstance(row, Tutor):
        courses, tutors = {"course__tutor_courses__tutor": row.pk}, {"tutor": row.pk}
    elif isinstance(row, Course):
        courses, tutors = {"course": row.pk}, {"tutor__tutor_courses__course": row.pk}
    else:
        courses = {"course__subject": row.pk}
        tutors = {"tutor__tutor_courses__course__subject": row.pk}
    for page in CoursePage.objects.filter(**courses).select_related("course__subject").distinct():
        insert_or_update_object(page)
    for page in TutorPage.objects.filter(**tutors).select_related("tutor").distinct():
        insert_or_update_object(page)
