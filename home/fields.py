"""The one rule on how blocks are stored: a migration knows the column, never what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wagtail.blocks import Block, StreamBlock
from wagtail.fields import StreamField


class BlocksField(StreamField):
    """A StreamField that migrations see as the plain JSON it is in the database.

    Wagtail's own writes every block, with its labels and help texts, into a migration, and another one
    whenever a word of them changes. Here a block may be added or reworded without any. A migration that
    changes what is stored gets lists of `{"type", "id", "value"}`, unfiltered: with a StreamField that knows
    no blocks it would read nothing, and save that.
    """

    def __init__(self, block_types: Sequence[tuple[str, Block]] | StreamBlock = (), **kwargs: Any) -> None:
        super().__init__(block_types, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, _args, kwargs = super().deconstruct()
        del kwargs["block_lookup"]
        return name, "django.db.models.JSONField", [], {"default": list} | kwargs

    if TYPE_CHECKING:  # a model's attribute is a StreamValue, and takes a list of (type, value) as well

        def __get__(self, row: Any, model: Any) -> Any: ...
        def __set__(self, row: Any, value: Any) -> None: ...
