"""A course and its tutor, whom nobody can book: what is rated was given long ago."""

from __future__ import annotations

import pytest

from courses.models import Course, Tutor
from tests.factories import make_course, make_tutor


@pytest.fixture
def course(db: None) -> Course:
    return make_course("Algèbre")


@pytest.fixture
def tutor(course: Course) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[course], weekly=[])
