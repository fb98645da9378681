"""Fifty browsers at once for one slot, through the site's own web processes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from booking.models import CartLine, TimeClaim
from booking.slots import open_slots
from courses.models import Course, Tutor
from tests.booking.racing import (
    Answer,
    deadlocks,
    overlapping_claims,
    post_all,
    slow_to_write,
    web_processes,
    without_constraint,
    without_lock,
)
from tests.factories import make_course, make_tutor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

CLIENTS = 50


def a_free_slot(course: Course) -> datetime:
    now = timezone.now()
    day = (now + timedelta(days=3)).date()
    return open_slots(course=course, duration=60, first_day=day, last_day=day, now=now)[0].start


def fifty_clients(url: str, course: Course, tutor: Tutor, start: datetime) -> list[Answer]:
    form = {
        "cours": str(course.public_id),
        "tuteur": str(tutor.public_id),
        "debut": start.isoformat(),
        "duree": "60",
    }
    return post_all(f"{url}/panier/ajouter/", [form] * CLIENTS)


def test_fifty_browsers_for_one_slot_make_one_hold_and_forty_nine_plain_refusals() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    before = deadlocks()
    with web_processes(workers=2) as url:
        answers = fifty_clients(url, course, tutor, a_free_slot(course))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 49
    refusal = "Cette plage vient d’être prise. Choisissez-en une autre.".encode()
    assert sum(refusal in answer.body for answer in answers) == 49
    assert TimeClaim.objects.count() == CartLine.objects.count() == 1
    assert deadlocks() == before


def test_without_the_guards_the_same_race_books_twice() -> None:
    """The control for the test above: with constraint and lock gone, it would fail."""
    course = make_course()
    tutor = make_tutor(courses=[course])
    with without_constraint(), without_lock(), slow_to_write(), web_processes(workers=2) as url:
        answers = fifty_clients(url, course, tutor, a_free_slot(course))
        assert [answer.status for answer in answers].count(200) > 1
        assert overlapping_claims() > 0
