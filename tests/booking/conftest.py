"""A course, its tutor, and a moment.

Only notice and horizon look at the moment: holds run by the database's clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from courses.models import Course, Tutor
from tests.booking.carts import MORNING
from tests.booking.holding import NOW
from tests.factories import make_course, make_tutor


@pytest.fixture
def monday_morning() -> Iterator[datetime]:
    """It is Monday 11 January 2027, 10:00: lessons can begin from 22:00, and until 12 March."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def course(db: None) -> Course:
    return make_course("Mathématiques", rate="45.00")


@pytest.fixture
def tutor(course: Course) -> Tutor:
    """Free from 9 to 12 every day; earns what is found nowhere else on a page."""
    return make_tutor("Maude Gagnon", courses=[course], weekly=MORNING, rate="31.37")
