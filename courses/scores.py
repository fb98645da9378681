"""What students think of a tutor or of a course: a mean from 1 to 5.

Kept as two whole numbers, so that adding and leaving out ratings never rounds; the mean follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

WORST, BEST = 1, 5
QUESTIONS = 4
"""Of each rating."""


def mean(points: int, answers: int, places: int = 2) -> Decimal:
    """Of so many answers that come to so many points; half up. `answers` is not 0."""
    return (Decimal(points) / answers).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def written(value: Decimal) -> str:
    """`4,75`."""
    return f"{value:f}".replace(".", ",")


@dataclass(frozen=True)
class Score:
    """Of `count` ratings, whose answers come to `points`. False while there is none."""

    count: int = 0
    points: int = 0

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def mean(self) -> Decimal:
        """With two decimals, of a score that there is."""
        return mean(self.points, self.count * QUESTIONS)

    @property
    def short(self) -> str:
        """`4,8`."""
        return written(mean(self.points, self.count * QUESTIONS, places=1))


NO_SCORE = Score()
