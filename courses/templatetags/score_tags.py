"""Scores as they are drawn: one star beside a figure on cards, five of them where there is room."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from math import cos, pi, sin

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from courses.scores import BEST, Score, written

SIZE = 20
_OUTER, _INNER = 8.4, 3.9


def _star(left: float = 0) -> str:
    """The outline of a star in a square of 20, as path data."""
    corners = (
        (radius * sin(turn), -radius * cos(turn))
        for turn, radius in ((n * pi / 5, _INNER if n % 2 else _OUTER) for n in range(10))
    )
    points = "L".join(f"{left + SIZE / 2 + x:.1f} {SIZE / 2 + 0.8 + y:.1f}" for x, y in corners)
    return f"M{points}Z"


ONE = _star()
ALL = "".join(_star(SIZE * n) for n in range(BEST))

register = template.Library()
register.filter("score_words", written)


@register.simple_tag
def star() -> SafeString:
    return format_html(
        '<svg class="star" viewBox="0 0 {0} {0}" aria-hidden="true"><path d="{1}"/></svg>', SIZE, ONE
    )


@register.simple_tag
def stars(value: Decimal) -> SafeString:
    """Five stars, filled up to the value; the figure is said beside them."""
    return format_html(
        '<svg class="stars" viewBox="0 0 {0} {1}" aria-hidden="true"><path d="{2}"/>'
        '<svg width="{3}" height="{1}"><path class="lit" d="{2}"/></svg></svg>',
        SIZE * BEST,
        SIZE,
        ALL,
        f"{SIZE * value:.0f}",
    )


@register.simple_tag
def score_line(score: Score) -> str:
    """`★ 4,8 (12 évaluations)`; nothing while there is none."""
    return _line(score, get_language()) if score else ""


@lru_cache(maxsize=1024)
def _line(score: Score, language: str | None) -> str:
    """Drawn once: a list shows a dozen, and they change with a rating only."""
    return render_to_string("courses/score.html", {"score": score})
