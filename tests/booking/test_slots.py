"""Slots, with the hours written out by hand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from booking.diaries import diaries_query
from booking.grid import epoch_minutes
from booking.models import AvailabilityException, Cart, TimeOff
from booking.services import hold_slot
from booking.slots import next_open_day, open_slots, openings
from courses.models import Course, Tutor, TutorCourse
from tests.factories import expire, make_cart, make_course, make_lesson, make_many_lessons, make_tutor

pytestmark = pytest.mark.django_db

TORONTO = ZoneInfo("America/Toronto")
MONDAY = date(2027, 1, 11)
NOW = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TORONTO)


def clocks(
    course: Course,
    day: date = MONDAY,
    *,
    duration: int = 60,
    last_day: date | None = None,
    now: datetime = NOW,
    tutor: Tutor | None = None,
) -> list[str]:
    """The starts of a day as the wall clock shows them, with the offset from UTC."""
    slots = open_slots(
        course=course, duration=duration, first_day=day, last_day=last_day or day, now=now, tutor=tutor
    )
    return [slot.start.astimezone(TORONTO).strftime("%H:%M%z")[:-2] for slot in slots]


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (60, ["09:00-05", "09:30-05", "10:00-05", "10:30-05", "11:00-05"]),
        (90, ["09:00-05", "09:30-05", "10:00-05", "10:30-05"]),
        (120, ["09:00-05", "09:30-05", "10:00-05"]),
    ],
)
def test_every_half_hour_that_leaves_room_is_a_start(duration: int, expected: list[str]) -> None:
    course = make_course()
    make_tutor(courses=[course], weekly=[(0, 540, 720)])
    assert clocks(course, duration=duration) == expected


def test_a_slot_says_when_it_begins_and_ends_in_utc() -> None:
    course = make_course()
    make_tutor(courses=[course], weekly=[(0, 540, 630)])
    (slot,) = open_slots(course=course, duration=90, first_day=MONDAY, last_day=MONDAY, now=NOW)
    assert slot.start == datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
    assert slot.end == datetime(2027, 1, 11, 15, 30, tzinfo=UTC)
    assert slot.start.tzinfo is UTC
    assert slot.minutes == 90


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 1, 17), ["00:30-05", "01:00-05", "01:30-05", "02:00-05", "02:30-05", "03:00-05"]),
        (
            date(2026, 11, 1),
            [
                "00:30-04",
                "01:00-04",
                "01:30-04",
                "01:00-05",
                "01:30-05",
                "02:00-05",
                "02:30-05",
                "03:00-05",
            ],
        ),
        (date(2027, 3, 14), ["00:30-05", "01:00-05", "01:30-05", "03:00-04"]),
    ],
    ids=["a plain day", "clocks go back", "clocks go forward"],
)
def test_clock_changes_repeat_an_hour_or_leave_one_out(day: date, expected: list[str]) -> None:
    course = make_course()
    make_tutor(courses=[course], weekly=[(6, 30, 240)])
    now = at(day - timedelta(days=3), 12)
    assert clocks(course, day, now=now) == expected
    # As half-hours: seven, nine and five.
    assert len(expected) + 1 == {17: 7, 1: 9, 14: 5}[day.day]


def test_a_rule_to_midnight_and_one_from_midnight_join_up() -> None:
    course = make_course()
    make_tutor(courses=[course], weekly=[(0, 1380, 1440), (1, 0, 60)])
    assert clocks(course, duration=120) == ["23:00-05"]
    assert clocks(course, duration=60) == ["23:00-05", "23:30-05"]
    assert clocks(course, MONDAY + timedelta(days=1)) == ["00:00-05"]


def test_only_half_hours_that_lie_whole_inside_a_rule_count() -> None:
    course = make_course()
    make_tutor(courses=[course], weekly=[(0, 545, 670)])  # 9:05 to 11:10
    assert clocks(course) == ["09:30-05", "10:00-05"]


def test_exceptions_open_and_close_parts_of_a_date() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 540, 720)])
    day = {"tutor": tutor, "date": MONDAY}
    AvailabilityException.objects.create(**day, kind="open", start_minute=720, end_minute=780)
    AvailabilityException.objects.create(**day, kind="closed", start_minute=540, end_minute=625)
    assert clocks(course) == ["10:30-05", "11:00-05", "11:30-05", "12:00-05"]
    assert len(clocks(course, MONDAY + timedelta(days=7))) == 5
    AvailabilityException.objects.create(**day, kind="closed")
    assert clocks(course) == []


def test_an_open_exception_and_a_rule_make_a_half_hour_together() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 540, 615)])
    AvailabilityException.objects.create(
        tutor=tutor, date=MONDAY, kind="open", start_minute=615, end_minute=630
    )
    assert clocks(course) == ["09:00-05", "09:30-05"]


def test_time_off_across_days_takes_every_half_hour_it_touches() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 540, 720), (1, 540, 720)])
    TimeOff.objects.create(
        tutor=tutor, during=DateTimeTZRange(at(MONDAY, 10, 40), at(MONDAY + timedelta(days=1), 9, 1))
    )
    assert clocks(course) == ["09:00-05", "09:30-05"]
    assert clocks(course, MONDAY + timedelta(days=1)) == ["09:30-05", "10:00-05", "10:30-05", "11:00-05"]


def test_a_lesson_off_the_grid_blocks_each_half_hour_it_touches() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 540, 780)])
    make_lesson(course=course, tutor=tutor, start=at(MONDAY, 10, 20), minutes=60)
    assert clocks(course) == ["09:00-05", "11:30-05", "12:00-05"]


def test_a_hold_hides_a_slot_and_an_expired_one_does_not() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 540, 660)])
    line = hold_slot(cart=make_cart(), course=course, tutor=tutor, start=at(MONDAY, 9), duration=60, now=NOW)
    assert clocks(course) == ["10:00-05"]
    expire(line)
    assert clocks(course) == ["09:00-05", "09:30-05", "10:00-05"]


def test_pauses_keep_their_distance_on_both_sides_of_a_lesson() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 480, 960)])
    make_lesson(course=course, tutor=tutor, start=at(MONDAY, 11), minutes=60)
    Tutor.objects.update(buffer_before_minutes=15, buffer_after_minutes=45)
    # 45 minutes: the last lesson before ends by 10:15, the next one begins from 12:45.
    assert clocks(course) == [
        "08:00-05", "08:30-05", "09:00-05", "13:00-05", "13:30-05", "14:00-05", "14:30-05", "15:00-05",
    ]  # fmt: skip


def test_a_pause_reaches_over_from_the_day_before() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 0, 180)])
    make_lesson(course=course, tutor=tutor, start=at(MONDAY - timedelta(days=1), 22), minutes=60)
    Tutor.objects.update(buffer_after_minutes=120)
    assert clocks(course) == ["01:00-05", "01:30-05", "02:00-05"]


def test_a_full_day_offers_nothing_more_but_its_neighbours_do() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 540, 720), (1, 540, 720)])
    Tutor.objects.update(daily_lesson_limit=2)
    make_lesson(course=course, tutor=tutor, start=at(MONDAY, 9))
    assert clocks(course) == ["10:00-05", "10:30-05", "11:00-05"]
    make_lesson(course=course, tutor=tutor, start=at(MONDAY, 15))
    assert clocks(course) == []
    assert len(clocks(course, MONDAY + timedelta(days=1))) == 5


def test_the_notice_is_twelve_hours_to_the_minute() -> None:
    course = make_course()
    make_tutor(courses=[course], weekly=[(0, 540, 720)])
    assert clocks(course, now=at(MONDAY - timedelta(days=1), 22)) == ["10:00-05", "10:30-05", "11:00-05"]
    late = at(MONDAY - timedelta(days=1), 22) + timedelta(microseconds=1)
    assert clocks(course, now=late) == ["10:30-05", "11:00-05"]


def test_the_horizon_is_sixty_days_to_the_minute() -> None:
    course = make_course()
    make_tutor(courses=[course], weekly=[(0, 540, 720)])
    now = at(MONDAY, 10) - timedelta(days=60)
    assert clocks(course, now=now) == ["09:00-05", "09:30-05", "10:00-05"]
    assert clocks(course, now=now - timedelta(microseconds=1)) == ["09:00-05", "09:30-05"]
    assert clocks(course, MONDAY + timedelta(days=7), now=now) == []


def test_a_course_offers_the_union_of_its_active_approved_tutors_best_first() -> None:
    course = make_course()
    second = make_tutor("Deux", courses=[course], weekly=[(0, 540, 660)], priority=20)
    first = make_tutor("Un", courses=[course], weekly=[(0, 600, 660)], priority=10)
    make_tutor("Inactif", courses=[course], weekly=[(0, 480, 660)], active=False)
    asking = make_tutor("Demande", weekly=[(0, 480, 660)])
    TutorCourse.objects.create(tutor=asking, course=course)
    gone = make_tutor("Parti", courses=[course], weekly=[(0, 480, 660)])
    gone.user.is_active = False
    gone.user.save()

    slots = open_slots(course=course, duration=60, first_day=MONDAY, last_day=MONDAY, now=NOW)
    assert [(slot.start, [free.name for free in slot.tutors]) for slot in slots] == [
        (at(MONDAY, 9), ["Deux"]),
        (at(MONDAY, 9, 30), ["Deux"]),
        (at(MONDAY, 10), ["Un", "Deux"]),
    ]
    assert clocks(course, tutor=first) == ["10:00-05"]
    assert clocks(course, tutor=second) == ["09:00-05", "09:30-05", "10:00-05"]
    Course.objects.update(active=False)
    assert clocks(course) == []


def test_of_one_priority_the_best_has_the_fewest_hours_of_the_whole_week() -> None:
    course = make_course()
    busy, calm = make_tutor("Pris", courses=[course]), make_tutor("Calme", courses=[course])
    make_lesson(course=course, tutor=busy, start=at(MONDAY + timedelta(days=6), 9))
    make_lesson(course=course, tutor=calm, start=at(MONDAY + timedelta(days=7), 9), minutes=120)
    slots = open_slots(course=course, duration=60, first_day=MONDAY, last_day=MONDAY, now=NOW)
    assert [free.name for free in slots[0].tutors] == ["Calme", "Pris"]


def test_one_query_answers_for_all_lengths_and_tutors_and_any_number_of_them() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[(0, 540, 660)])
    for number in range(9):
        make_tutor(f"Tuteur {number}", courses=[course])
    with CaptureQueriesContext(
        connection,
    ) as captured:
        found = openings(course=course, first_day=MONDAY, last_day=MONDAY + timedelta(days=6), now=NOW)
        assert len(found.slots(60)) == 7 * 15
        assert len(found.slots(90)) == 7 * 14
        assert len(found.slots(120, tutor_id=tutor.pk)) == 1
        assert len(found.slots(60)[0].tutors) == 10
    assert len(captured) == 1


def test_the_next_open_day_is_found_with_one_query() -> None:
    course = make_course()
    make_tutor(courses=[course], weekly=[(4, 540, 600)])
    friday = MONDAY + timedelta(days=4)
    with CaptureQueriesContext(connection) as captured:
        assert next_open_day(course=course, duration=60, after=MONDAY, now=NOW) == friday
    assert len(captured) == 1
    assert next_open_day(course=course, duration=60, after=friday, now=NOW) == friday + timedelta(days=7)
    assert next_open_day(course=course, duration=90, after=MONDAY, now=NOW) is None


def test_a_carts_own_holds_are_told_from_those_of_others() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    mine, theirs = make_cart(), make_cart()
    hold_slot(cart=mine, course=course, tutor=tutor, start=at(MONDAY, 9), duration=90, now=NOW)
    hold_slot(cart=theirs, course=course, tutor=tutor, start=at(MONDAY, 14), duration=60, now=NOW)

    def own(cart: Cart) -> list[tuple[int, int, int]]:
        found = openings(course=course, first_day=MONDAY, last_day=MONDAY, now=NOW, cart=cart)
        return found.own_claims()

    assert own(mine) == [(tutor.pk, epoch_minutes(at(MONDAY, 9)), epoch_minutes(at(MONDAY, 10, 30)))]
    assert own(theirs) == [(tutor.pk, epoch_minutes(at(MONDAY, 14)), epoch_minutes(at(MONDAY, 15)))]


def test_claims_are_found_by_index_among_many() -> None:
    course = make_course()
    for number in range(10):
        make_tutor(f"Tuteur {number}", courses=[course])
    make_many_lessons(course=course, first=at(MONDAY, 9), days=500)
    for hour in (13, 14, 15):
        hold_slot(cart=make_cart(), course=course, start=at(MONDAY, hour), duration=60, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE booking_timeclaim")
        query, values = diaries_query(
            first_day=MONDAY, last_day=MONDAY + timedelta(days=6), course_id=course.pk
        )
        cursor.execute("EXPLAIN " + query, values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        # Prepared, it may be planned for any values.
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute("PREPARE diaries AS " + query % {name: f"${n}" for n, name in enumerate(values, 1)})
        explain = "EXPLAIN (ANALYZE, TIMING OFF) EXECUTE diaries (%s, %s, %s, %s, %s, %s, %s)"
        cursor.execute(explain, list(values.values()))
        generic_plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE diaries")
    for each in (plan, generic_plan):
        assert "Seq Scan on booking_timeclaim" not in each
        assert "claim_by_tutor_and_start" in each
    # One's own cart is read once, whatever PostgreSQL believes of how many lines there are.
    assert re.findall(r" on booking_cartline .*loops=(\d+)", generic_plan) == ["1"]
