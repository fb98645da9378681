"""When a tutor is next free, as cards say it; what is free is worked out by the picker's own engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from booking.models import AvailabilityException
from booking.slots import open_slots
from courses.free_times import When, free_times, soon
from tests.factories import make_course, make_lesson, make_tutor

pytestmark = pytest.mark.django_db

# Tuesday 5 January 2027, 10 h in Québec
NOW = datetime(2027, 1, 5, 15, 0, tzinfo=UTC)
TUESDAY, WEDNESDAY, SATURDAY = 1, 2, 5


def first(tutors: list[int], *when: When) -> datetime | None:
    return free_times(tutor_ids=tutors, now=NOW).first(tutors, when)


def test_the_first_free_time_is_the_pickers_first() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(TUESDAY, 16 * 60, 20 * 60), (WEDNESDAY, 600, 720)])
    make_lesson(course=course, tutor=tutor, start=datetime(2027, 1, 6, 15, tzinfo=UTC))
    slots = open_slots(
        course=course, duration=60, first_day=NOW.date(), last_day=NOW.date() + timedelta(days=60), now=NOW
    )

    assert (
        first([tutor.pk]) == datetime(2027, 1, 6, 16, tzinfo=UTC) == slots[0].start
    )  # 11 h, after the lesson


def test_of_several_tutors_the_earliest_counts_and_strangers_do_not() -> None:
    late = make_tutor("Karim Haddad", weekly=[(SATURDAY, 600, 720)])
    early = make_tutor("Maude Gagnon", weekly=[(WEDNESDAY, 600, 720)])
    gone = make_tutor("Parti Ailleurs", weekly=[(WEDNESDAY, 480, 600)], active=False)

    assert first([late.pk, early.pk, gone.pk]) == datetime(2027, 1, 6, 15, tzinfo=UTC)
    assert first([late.pk]) == datetime(2027, 1, 9, 15, tzinfo=UTC)
    assert first([gone.pk]) is None
    assert first([]) is None


def test_parts_of_the_week_overlap_when_several_are_asked() -> None:
    tutor = make_tutor(weekly=[(WEDNESDAY, 600, 1080), (SATURDAY, 960, 1200)]).pk  # to 18 h; 16 h to 20 h

    assert first([tutor], When.WEEK) == datetime(2027, 1, 6, 15, tzinfo=UTC)
    assert first([tutor], When.EVENING) == datetime(2027, 1, 6, 22, tzinfo=UTC)  # Wednesday, 17 h
    assert first([tutor], When.WEEKEND) == datetime(2027, 1, 9, 21, tzinfo=UTC)  # Saturday, 16 h
    assert first([tutor], When.WEEKEND, When.EVENING, When.WEEK) == datetime(2027, 1, 9, 22, tzinfo=UTC)


def test_the_week_is_the_pickers_first_seven_days() -> None:
    """In twelve hours it is still Tuesday, so that the seventh day is Monday."""
    tutor = make_tutor(weekly=[])
    for day in (11, 12):
        AvailabilityException.objects.create(
            tutor=tutor, date=f"2027-01-{day}", kind="open", start_minute=600, end_minute=660
        )
    assert first([tutor.pk], When.WEEK) == datetime(2027, 1, 11, 15, tzinfo=UTC)

    AvailabilityException.objects.filter(date="2027-01-11").delete()
    assert first([tutor.pk], When.WEEK) is None
    assert first([tutor.pk]) == datetime(2027, 1, 12, 15, tzinfo=UTC)


def test_evenings_begin_at_five_whatever_the_clocks_do() -> None:
    """In the week of 14 March 2027, when they go forward."""
    now = datetime(2027, 3, 13, 17, 0, tzinfo=UTC)
    tutor = make_tutor(weekly=[(6, 16 * 60, 18 * 60)]).pk
    times = free_times(tutor_ids=[tutor], now=now)

    assert times.first([tutor]) == datetime(2027, 3, 14, 20, 0, tzinfo=UTC)
    assert times.first([tutor], [When.EVENING]) == datetime(2027, 3, 14, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize("number", [1, 12])
def test_any_number_of_tutors_costs_one_query_and_one_more_where_somebody_has_no_time_soon(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tutors = [make_tutor(f"Tutrice {n}").pk for n in range(number)]
    times = free_times(tutor_ids=tutors, now=NOW)
    with django_assert_num_queries(1):
        assert all(times.first([tutor]) for tutor in tutors)
    with django_assert_num_queries(1):
        assert not any(times.first([tutor], list(When)) for tutor in tutors)


def test_nobody_costs_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert free_times(tutor_ids=[], now=NOW).first([]) is None


def test_who_is_away_for_weeks_is_free_on_the_first_day_back() -> None:
    tutor = make_tutor(weekly=[]).pk
    AvailabilityException.objects.create(
        tutor_id=tutor, date="2027-02-20", kind="open", start_minute=600, end_minute=660
    )
    other = make_tutor("Luc Roy").pk
    times = free_times(tutor_ids=[tutor, other], now=NOW)
    assert times.first([tutor]) == datetime(2027, 2, 20, 15, tzinfo=UTC)
    assert times.first([tutor, other]) == times.first([other])


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2027, 1, 5, 21, 30, tzinfo=UTC), "aujourd’hui, 16 h 30"),
        (datetime(2027, 1, 6, 4, 30, tzinfo=UTC), "aujourd’hui, 23 h 30"),
        (datetime(2027, 1, 6, 14, 0, tzinfo=UTC), "demain, 9 h"),
        (datetime(2027, 1, 11, 21, 0, tzinfo=UTC), "lundi, 16 h"),
        (datetime(2027, 1, 12, 21, 0, tzinfo=UTC), "mardi 12 janvier, 16 h"),
        (datetime(2027, 2, 1, 14, 0, tzinfo=UTC), "lundi 1er février, 9 h"),
    ],
)
def test_a_moment_is_said_as_people_say_it(moment: datetime, said: str) -> None:
    assert soon(moment, NOW).replace("\xa0", " ") == said
