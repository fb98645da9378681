"""The menu of the Wagtail admin: to each what they use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem

from accounts.models import Role

# Release notes and a guide of Wagtail's own, in English.
NOT_OURS = ("whats-new", "editor-guide")


class RedirectsItem(MenuItem):
    """In the main menu, as its own entry: for an editor it would be the only one of the settings."""

    def is_shown(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm("wagtailredirects.change_redirect"))


def redirects_item() -> MenuItem:
    return RedirectsItem(
        _("Redirections"),
        reverse("wagtailredirects:index"),
        name="redirections",
        icon_name="redirect",
        order=450,
    )


def without_redirects(request: HttpRequest, items: list[MenuItem]) -> None:
    items[:] = [item for item in items if item.name != "redirects"]


def without_reports(request: HttpRequest, items: list[MenuItem]) -> None:
    """Editors write; what was done, by whom and when is the direction's to read."""
    if getattr(request.user, "role", "") == Role.EDITOR:
        items[:] = [item for item in items if item.name != "reports"]


def without_english_guides(request: HttpRequest, items: list[MenuItem]) -> None:
    items[:] = [item for item in items if not str(item.name).startswith(NOT_OURS)]
