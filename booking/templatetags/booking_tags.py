"""What booking lends to every template: words for times."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from django import template

from booking import wording

register = template.Library()
register.filter("exact_clock", wording.exact_clock)


class Timed(Protocol):
    start: datetime

    @property
    def minutes(self) -> int: ...


@register.filter
def time_range(lesson: Timed) -> str:
    """`14 h 30 à 16 h` of a lesson or a cart line."""
    return wording.time_range(lesson.start, lesson.minutes)
