"""Rows that people look at in the Wagtail admin and only services write."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet


class ReadOnlyIndexView(IndexView):
    @cached_property
    def columns(self) -> list[Any]:
        # Wagtail's only bulk action is to delete.
        return [column for column in super().columns if column.name != "bulk_actions"]


class ReadOnlyViewSet(SnippetViewSet):
    """A list to search and a view to read, nothing else."""

    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    index_view_class = ReadOnlyIndexView
    list_per_page = 50
    search_backend_name = None

    def register_chooser_viewset(self) -> None:
        """No page or form chooses such a row, and Wagtail's choosers ask for no view permission."""
