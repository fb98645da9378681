"""A weekly series: the moments that are proposed, by hand, and two who want the same weeks."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from pytest_django import DjangoAssertNumQueries

from booking.errors import SlotsRefused
from booking.models import AvailabilityException, TimeClaim
from booking.rules import Problem
from booking.series import Proposal, propose_weekly
from booking.services import Wanted, hold_slot, hold_slots
from courses.models import Course, Tutor
from tests.booking.holding import EVENINGS, NOW, WEDNESDAY_18, WEEK
from tests.booking.racing import deadlocks, race
from tests.factories import make_cart, make_lesson, make_tutor

pytestmark = pytest.mark.django_db


@pytest.fixture
def tutor(course: Course) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[course], weekly=EVENINGS, rate="31.37")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text + "Z")


def weekly(
    course: Course, tutor: Tutor, *, start: datetime = WEDNESDAY_18, weeks: int = 3, now: datetime = NOW
) -> list[Proposal]:
    return propose_weekly(course=course, tutor=tutor, start=start, duration=60, weeks=weeks, now=now)


@pytest.mark.parametrize(
    ("now", "start", "expected"),
    [
        ("2027-01-11T15:00", "2027-01-13T23:00", ["2027-01-20T23:00", "2027-01-27T23:00"]),
        ("2026-10-12T15:00", "2026-10-21T22:00", ["2026-10-28T22:00", "2026-11-04T23:00"]),  # clocks back
        ("2027-02-15T15:00", "2027-03-10T23:00", ["2027-03-17T22:00", "2027-03-24T22:00"]),  # clocks forward
    ],
)
def test_a_lesson_at_18_stays_at_18(
    course: Course, tutor: Tutor, now: str, start: str, expected: list[str]
) -> None:
    proposals = weekly(course, tutor, start=utc(start), weeks=2, now=utc(now))
    assert [(p.start, p.free) for p in proposals] == [(utc(moment), True) for moment in expected]


def test_of_an_hour_that_comes_twice_the_first_is_proposed(course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=[(6, 0, 300)])
    half_past_one = utc("2026-10-25T05:30")  # a Sunday
    proposals = weekly(course, tutor, start=half_past_one, weeks=2, now=utc("2026-10-12T15:00"))
    assert [p.start for p in proposals] == [utc("2026-11-01T05:30"), utc("2026-11-08T06:30")]
    repeated = utc("2026-11-01T06:30")
    proposals = weekly(course, tutor, start=repeated, weeks=2, now=utc("2026-10-12T15:00"))
    assert [p.start for p in proposals] == [utc("2026-11-08T06:30"), utc("2026-11-15T06:30")]


def test_on_the_day_without_that_hour_there_is_none_but_another_is_offered(course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=[(6, 60, 300)])
    half_past_two = utc("2027-03-07T07:30")  # a Sunday
    proposals = weekly(course, tutor, start=half_past_two, weeks=2, now=utc("2027-02-15T15:00"))
    assert proposals == [
        Proposal(date(2027, 3, 14), None, nearest=utc("2027-03-14T07:30")),
        Proposal(date(2027, 3, 21), utc("2027-03-21T06:30")),
    ]


def test_a_taken_week_offers_the_nearest_free_time_of_its_day(course: Course, tutor: Tutor) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + WEEK)  # 18 h to 19 h
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + 2 * WEEK - timedelta(hours=1), minutes=120)
    AvailabilityException.objects.create(tutor=tutor, date="2027-02-03", kind="closed")
    assert weekly(course, tutor, weeks=4) == [
        Proposal(
            date(2027, 1, 20), utc("2027-01-20T23:00"), False, (Problem.TAKEN,), utc("2027-01-20T22:00")
        ),
        Proposal(
            date(2027, 1, 27), utc("2027-01-27T23:00"), False, (Problem.TAKEN,), utc("2027-01-28T00:00")
        ),
        Proposal(date(2027, 2, 3), utc("2027-02-03T23:00"), False, (Problem.EXCEPTION,), None),
        Proposal(date(2027, 2, 10), utc("2027-02-10T23:00")),
    ]


def test_weeks_beyond_sixty_days_are_said_to_be(course: Course, tutor: Tutor) -> None:
    proposals = weekly(course, tutor, weeks=12)
    # The sixtieth day is Friday 12 March, 10:00.
    assert [p.free for p in proposals] == [True] * 8 + [False] * 4
    assert {(p.against[0], p.nearest) for p in proposals[8:]} == {(Problem.TOO_FAR, None)}
    assert proposals[8].reason == "Un cours se réserve au plus 60 jours d’avance."


def test_a_series_that_lies_wholly_beyond_sixty_days_is_refused_line_by_line(
    course: Course, tutor: Tutor
) -> None:
    proposals = weekly(course, tutor, start=utc("2027-03-10T23:00"), weeks=2)
    assert [p.against[0] for p in proposals] == [Problem.TOO_FAR, Problem.TOO_FAR]


def test_what_the_cart_has_already_is_told_from_what_others_hold(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    for holder, start in ((cart, WEDNESDAY_18 + WEEK), (make_cart(), WEDNESDAY_18 + 2 * WEEK)):
        hold_slot(cart=holder, course=course, tutor=tutor, start=start, duration=60, now=NOW)
    proposals = propose_weekly(
        course=course, tutor=tutor, start=WEDNESDAY_18, duration=60, weeks=2, now=NOW, cart=cart
    )
    assert [(p.in_cart, p.free, p.against) for p in proposals] == [
        (True, False, ()),
        (False, False, (Problem.HELD,)),
    ]


def test_a_tutor_who_left_proposes_nothing(course: Course, tutor: Tutor) -> None:
    Tutor.objects.update(active=False)
    assert {(p.against, p.nearest) for p in weekly(course, tutor)} == {((Problem.TUTOR_INACTIVE,), None)}


def test_twelve_weeks_take_one_query(
    course: Course, tutor: Tutor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        weekly(course, tutor, weeks=12)


def test_what_is_proposed_is_what_holding_accepts(course: Course, tutor: Tutor) -> None:
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + WEEK)
    make_lesson(course=course, tutor=tutor, start=WEDNESDAY_18 + 3 * WEEK - timedelta(minutes=30))
    proposals = weekly(course, tutor, weeks=12)
    starts = [p.start for p in proposals if p.start]
    lines, _refused = hold_slots(
        cart=make_cart(),
        wanted=[Wanted(course, start, 60, tutor) for start in starts],
        now=NOW,
        all_or_none=False,
    )
    assert {line.start for line in lines} == {p.start for p in proposals if p.free}
    near = [p.nearest for p in proposals if p.nearest]
    assert len(near) == 2
    hold_slots(cart=make_cart(), wanted=[Wanted(course, start, 60, tutor) for start in near], now=NOW)


# Two who want the same weeks


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
@pytest.mark.parametrize("all_or_none", [True, False])
def test_two_overlapping_series_at_once_never_leave_a_partial_cart_unasked(
    course: Course, tutor: Tutor, all_or_none: bool
) -> None:
    dice = random.Random(5)
    before = deadlocks()
    for _round in range(10):
        carts = make_cart(), make_cart()
        wanted = [
            [Wanted(course, WEDNESDAY_18 + n * WEEK, 60, tutor) for n in weeks]
            for weeks in (range(1, 6), range(3, 8))
        ]
        results = race(
            [
                partial(
                    hold_slots, cart=cart, wanted=dice.sample(lessons, 5), now=NOW, all_or_none=all_or_none
                )
                for cart, lessons in zip(carts, wanted, strict=True)
            ]
        )
        lines = sorted(cart.lines.count() for cart in carts)
        if all_or_none:
            (refusal,) = [result for result in results if isinstance(result, Exception)]
            assert isinstance(refusal, SlotsRefused)
            assert [start for start, _error in refusal.refused] == [
                WEDNESDAY_18 + n * WEEK for n in (3, 4, 5)
            ]
            assert lines == [0, 5]
        else:
            assert not any(isinstance(result, Exception) for result in results)
            assert lines == [2, 5]
        assert TimeClaim.objects.count() == sum(lines)
        TimeClaim.objects.all().delete()
    assert deadlocks() == before
