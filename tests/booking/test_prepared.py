"""Statements of our own are planned once for a connection; those of everybody else stay as they were."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.diaries import load_diaries
from booking.prepared import prepared
from courses.models import Course

pytestmark = pytest.mark.django_db


def statements_kept() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%courses_course%'")
        return int(cursor.fetchone()[0])


def test_what_is_asked_twice_is_planned_once() -> None:
    before = statements_kept()
    with prepared():
        for title in ("Mathématiques", "Français", "Anglais"):
            assert not Course.objects.filter(title=title).exists()
    assert statements_kept() == before + 1


def test_one_tutors_diary_is_planned_once_too() -> None:
    """PostgreSQL would plan it each time: for one tutor that promises more than it gains."""
    for tutor in range(8):
        load_diaries(first_day=date(2026, 11, 2), last_day=date(2026, 11, 2), tutor_ids=[tutor])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(custom_plans), sum(generic_plans) FROM pg_prepared_statements"
            " WHERE statement LIKE '%booking_weeklyrule%'"
        )
        custom, generic = cursor.fetchone()
    assert custom == 0
    assert generic >= 7


def test_after_it_and_after_an_error_in_it_nothing_is_prepared() -> None:
    with pytest.raises(ZeroDivisionError), prepared():
        raise ZeroDivisionError
    before = statements_kept()
    for slug in ("maths", "francais", "anglais"):
        assert not Course.objects.filter(slug=slug).exists()
    assert statements_kept() == before


def test_a_log_of_statements_shows_their_values() -> None:
    with CaptureQueriesContext(connection) as asked, prepared():
        assert not Course.objects.filter(title="Mathématiques").exists()
    assert "Mathématiques" in asked[0]["sql"]
