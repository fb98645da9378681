"""What is rated by students keeps what its ratings come to: cards and lists ask no query for it."""

from __future__ import annotations

from typing import Any

from django.db import models

from courses.scores import Score

TALLY = frozenset({"rating_count", "rating_points"})


class Rated(models.Model):
    """`ratings.services` writes the tally, in the transaction of each rating, under a lock on this row."""

    rating_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rating_points = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Leaves the tally alone: whoever edits the rest may have read it before somebody rated."""
        if kwargs.get("update_fields") is None and not self._state.adding:
            left_out = TALLY | self.get_deferred_fields()
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.attname not in left_out
            ]
        super().save(*args, **kwargs)

    @property
    def score(self) -> Score:
        return Score(self.rating_count, self.rating_points)
