"""What editors find on the admin's home: where to begin, and the pages that wait for them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from courses.models import CourseIndexPage, CoursePage, TutorPage
from home.models import HomePage

SHOWN = 10


class StartPanel(Component):
    """What an editor most often comes for, one click away; each only to those who may do it."""

    name = "start"
    template_name = "courses/admin/start.html"
    order = 50

    @property
    def media(self) -> forms.Media:
        return forms.Media(css={"all": ["css/admin-pages.css"]})

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        user = parent_context["request"].user
        ways = []
        courses = CourseIndexPage.objects.live().first()
        if courses and courses.permissions_for_user(user).can_add_subpage():
            ways.append(
                (
                    "clipboard-list",
                    reverse("wagtailadmin_pages:add", args=["courses", "coursepage", courses.pk]),
                    _("Écrire une page de cours"),
                    _("Un titre, le cours du catalogue, une image : les prix et les créneaux suivent."),
                )
            )
        home = HomePage.objects.live().first()
        if home and home.permissions_for_user(user).can_edit():
            ways.append(
                (
                    "home",
                    reverse("wagtailadmin_pages:edit", args=[home.pk]),
                    _("Changer l’accueil"),
                    _("La promesse en haut de la page, les cours mis en avant, les témoignages."),
                )
            )
        if user.has_perm("wagtailadmin.access_admin"):
            ways.append(
                (
                    "image",
                    reverse("wagtailimages:add_multiple"),
                    _("Ajouter des images"),
                    _("Plusieurs à la fois; chacune avec une phrase pour qui ne la voit pas."),
                )
            )
        return {"ways": ways, "site": home.full_url if home else ""}


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


def show_what_to_write(request: HttpRequest, panels: list[Component]) -> None:
    panels += [StartPanel(), WaitingPagesPanel()]
