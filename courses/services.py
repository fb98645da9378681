"""What the catalogue does to the pages that present it."""

from __future__ import annotations

from django.db import models, transaction
from django.utils.text import slugify
from wagtail.coreutils import find_available_slug

from accounts.models import User
from courses.models import Course, CourseIndexPage, CoursePage, Tutor, TutorIndexPage, TutorPage


def draft_page_for(*, row: Course | Tutor, user: User) -> CoursePage | TutorPage | None:
    """An unpublished page of a course or tutor, under the index, for the editors to write.

    The one that is there already, if any; None on a site without an index for it.
    """
    if page := row.pages.order_by("pk").first():
        return page
    index: CourseIndexPage | TutorIndexPage | None
    if isinstance(row, Course):
        index = CourseIndexPage.objects.order_by("path").first()
        page = CoursePage(title=row.title, course=row)
    else:
        index = TutorIndexPage.objects.order_by("path").first()
        page = TutorPage(title=row.display_name, tutor=row)
    if index is None:
        return None
    with transaction.atomic():
        page.slug = find_available_slug(index, _slug(row))
        page.live = False
        page.owner = user
        index.add_child(instance=page)
        page.save_revision(user=user, log_action=True)
    return page


def _slug(row: Course | Tutor) -> str:
    return row.slug if isinstance(row, Course) else slugify(row.display_name) or "tuteur"


def delete_untouched_drafts(row: models.Model) -> None:
    """Take back the page that was made for a course or tutor, if no editor has written in it yet."""
    if isinstance(row, Course | Tutor):
        for page in row.pages.filter(live=False, first_published_at=None):
            if page.revisions.count() == 1 and not page.scheduled_revision:
                page.delete()
