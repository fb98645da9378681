"""Lists of the Wagtail admin in our words; and rows that people look at there and only services write."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.snippets.views.snippets import IndexView, InspectView, SnippetViewSet


class PlainIndexView(IndexView):
    """Wagtail's own sentences name the model, and must write « un(e) » and « Aucun(e) »."""

    @cached_property
    def add_item_label(self) -> str:
        return _("Ajouter")

    @cached_property
    def no_results_message(self) -> str:
        if self.is_searching or self.is_filtering:
            return _("Rien ne correspond à cette recherche.")
        return _("Rien ici pour le moment.")


class ReadOnlyIndexView(PlainIndexView):
    @cached_property
    def columns(self) -> list[Any]:
        # Wagtail's only bulk action is to delete.
        return [column for column in super().columns if column.name != "bulk_actions"]


class ReadOnlyInspectView(InspectView):
    """Headed by what it is, as « Commande 2026-00012 »; Wagtail's own prints times in UTC, and `None`."""

    def get_page_title(self) -> str:
        return str(capfirst(self.model._meta.verbose_name))

    def get_field_label(self, field_name: str, field: Any) -> str:
        """A relation that has no name of its own is called as what it leads to."""
        if field is not None and field.is_relation and field.verbose_name == field_name:
            return str(capfirst(field.related_model._meta.verbose_name))
        return str(super().get_field_label(field_name, field))

    def get_field_display_value(self, field_name: str, field: Any) -> Any:
        value = super().get_field_display_value(field_name, field)
        if isinstance(value, datetime):
            return date_format(timezone.localtime(value), "DATETIME_FORMAT")
        if isinstance(value, bool):
            return _("Oui") if value else _("Non")
        if isinstance(value, Decimal):
            return f"{number_format(value, 2)}\xa0$".replace("-", "−")
        return "–" if value is None or value == "" else value


class ReadOnlyViewSet(SnippetViewSet):
    """A list to search and a view to read, nothing else."""

    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    index_view_class = ReadOnlyIndexView
    inspect_view_class = ReadOnlyInspectView
    list_per_page = 50
    search_backend_name = None

    def register_chooser_viewset(self) -> None:
        """No page or form chooses such a row, and Wagtail's choosers ask for no view permission."""
