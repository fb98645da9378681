"""What editors find on the admin's home: the pages that wait for them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from courses.models import CoursePage, TutorPage

SHOWN = 10


class WaitingPagesPanel(Component):
    """Pages of courses and tutors that were never published, oldest first. Nothing when there is none."""

    name = "waiting-pages"
    template_name = "courses/admin/waiting_pages.html"
    order = 60

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        user = parent_context["request"].user
        waiting = (
            Page.objects.type(CoursePage, TutorPage)
            .filter(live=False, first_published_at=None)
            .order_by("latest_revision_created_at", "pk")
        )
        pages = [page for page in waiting[:SHOWN] if page.permissions_for_user(user).can_edit()]
        return {"pages": pages, "further": max(0, waiting.count() - SHOWN)}


def show_waiting_pages(request: HttpRequest, panels: list[Component]) -> None:
    panels.append(WaitingPagesPanel())
