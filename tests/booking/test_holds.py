"""Holds: who gets a time and for how long, and what gives it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from booking.errors import NotBookable, SlotTaken, TooManyHolds
from booking.models import CartLine, TimeClaim
from booking.rules import Problem
from booking.services import (
    Wanted,
    hold_slot,
    hold_slots,
    merge_carts,
    release_line,
    renew_line,
    sweep_expired_holds,
)
from tests.booking.holding import HOUR, NOW, START, claims
from tests.factories import expire, make_cart, make_course, make_lesson, make_tutor

pytestmark = pytest.mark.django_db


def test_a_lesson_is_held_for_fifteen_minutes() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    cart = make_cart()
    line = hold_slot(
        cart=cart, course=course, tutor=tutor, start=START, duration=90, now=NOW, address="203.0.113.7"
    )
    assert claims() == [(tutor.pk, START, START + timedelta(minutes=90), "hold")]
    stored = CartLine.objects.with_hold().get(pk=line.pk)
    assert (stored.cart, stored.course, stored.tutor, stored.start, stored.minutes) == (
        cart,
        course,
        tutor,
        START,
        90,
    )
    assert stored.address == "203.0.113.7"
    assert stored.held_until == line.held_until == TimeClaim.objects.get().expires_at
    assert stored.hold == "hold"
    assert timedelta(minutes=14, seconds=50) < stored.time_left < timedelta(minutes=15)


def test_a_slot_held_by_somebody_else_is_refused() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START, duration=90, now=NOW)
    with pytest.raises(SlotTaken):
        hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START + HOUR, duration=60, now=NOW)
    assert len(claims()) == CartLine.objects.count() == 1


def test_lessons_of_one_step_stand_in_each_others_way() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    tutor.daily_lesson_limit = 2
    tutor.save()
    tuesday, wednesday = START - 24 * HOUR, START
    overlapping = Wanted(course, wednesday + HOUR / 2, 60, tutor)
    third_of_the_day = Wanted(course, wednesday + 4 * HOUR, 60)
    lines, refused = hold_slots(
        cart=make_cart(),
        wanted=[
            third_of_the_day,
            overlapping,
            Wanted(course, wednesday + HOUR, 60),
            Wanted(course, wednesday, 60, tutor),
            Wanted(course, tuesday, 60, tutor),
        ],
        now=NOW,
        all_or_none=False,
    )
    assert [line.start for line in lines] == [tuesday, wednesday, wednesday + HOUR]
    assert [(lesson, type(error), error.problems) for lesson, error in refused] == [  # type: ignore[attr-defined]
        (overlapping, NotBookable, [Problem.HELD_BY_YOU]),
        (third_of_the_day, NotBookable, [Problem.LIMIT]),
    ]


@pytest.mark.parametrize("lessons", [1, 5])
def test_holding_several_lessons_reads_the_diaries_once(lessons: int) -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    wanted = [Wanted(course, START + n * HOUR, 60, tutor) for n in range(lessons)]
    with CaptureQueriesContext(connection) as captured:
        hold_slots(cart=make_cart(), wanted=wanted, now=NOW)
    assert sum("booking_weeklyrule" in query["sql"] for query in captured) == 1


def test_neighbouring_slots_do_not_disturb_each_other() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    for hours in (0, 1, 2):
        hold_slot(
            cart=make_cart(), course=course, tutor=tutor, start=START + hours * HOUR, duration=60, now=NOW
        )
    assert len(claims()) == 3


def test_adding_ones_own_slot_again_changes_nothing() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    make_tutor("Ana Silva", courses=[course])
    cart = make_cart()
    line = hold_slot(cart=cart, course=course, tutor=tutor, start=START, duration=60, now=NOW)
    for again in (tutor, None):
        same = hold_slot(cart=cart, course=course, tutor=again, start=START, duration=60, now=NOW)
        assert (same.pk, same.held_until) == (line.pk, line.held_until)
    assert len(claims()) == 1


def test_another_length_over_ones_own_slot_is_refused_as_held_by_you() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    cart = make_cart()
    hold_slot(cart=cart, course=course, tutor=tutor, start=START, duration=60, now=NOW)
    with pytest.raises(NotBookable) as refused:
        hold_slot(cart=cart, course=course, tutor=tutor, start=START, duration=90, now=NOW)
    assert refused.value.problems == [Problem.HELD_BY_YOU]
    assert refused.value.message == "Un cours de votre panier occupe déjà cette plage."


def test_the_first_available_is_the_lowest_priority_number_then_the_fewest_hours_that_week() -> None:
    course = make_course()
    make_tutor("Dernier Recours", courses=[course], priority=200)
    busy = make_tutor("Bien Prise", courses=[course], priority=10)
    calm = make_tutor("Plus Calme", courses=[course], priority=10)
    sunday = START + timedelta(days=4)  # the farthest from it in that week
    make_lesson(course=course, tutor=busy, start=sunday, minutes=90)
    make_lesson(course=course, tutor=calm, start=sunday, minutes=60)
    make_lesson(course=course, tutor=calm, start=START + timedelta(days=5), minutes=120)  # Monday of the next

    taken = [
        hold_slot(cart=make_cart(), course=course, start=START, duration=60, now=NOW).tutor.display_name
        for _ in range(3)
    ]
    assert taken == ["Plus Calme", "Bien Prise", "Dernier Recours"]
    with pytest.raises(SlotTaken):
        hold_slot(cart=make_cart(), course=course, start=START, duration=60, now=NOW)


def test_an_inactive_or_unapproved_tutor_is_refused() -> None:
    course = make_course()
    for tutor in (make_tutor(courses=[course], active=False), make_tutor(courses=[make_course()])):
        with pytest.raises(NotBookable) as refused:
            hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START, duration=60, now=NOW)
        assert refused.value.problems == [Problem.TUTOR_INACTIVE]


def test_an_expired_hold_gives_way_to_whoever_wants_its_time() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    lost = hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START, duration=90, now=NOW)
    expire(lost)
    line = hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START + HOUR, duration=60, now=NOW)
    assert TimeClaim.objects.get().line == line
    assert CartLine.objects.with_hold().get(pk=lost.pk).hold is None


def test_a_lost_hold_is_taken_again_in_its_place() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    cart = make_cart()
    line = hold_slot(cart=cart, course=course, tutor=tutor, start=START, duration=60, now=NOW)
    expire(line)
    renewed = renew_line(line=line, now=NOW)
    assert renewed.pk == line.pk
    assert CartLine.objects.with_hold().get().hold == "hold"
    assert CartLine.objects.get().held_until == renewed.held_until > datetime(2026, 1, 1, tzinfo=UTC)


def test_a_hold_that_stands_is_not_prolonged() -> None:
    course = make_course()
    line = hold_slot(
        cart=make_cart(), course=course, tutor=make_tutor(courses=[course]), start=START, duration=60, now=NOW
    )
    assert renew_line(line=line, now=NOW).held_until == line.held_until


def test_a_lost_hold_that_somebody_took_is_refused() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    line = hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START, duration=60, now=NOW)
    expire(line)
    hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START, duration=60, now=NOW)
    with pytest.raises(SlotTaken):
        renew_line(line=line, now=NOW)


def test_a_cart_holds_no_more_than_its_ceiling(settings: object) -> None:
    settings.MAX_HOLDS_PER_CART = 2  # type: ignore[attr-defined]
    course = make_course()
    tutor = make_tutor(courses=[course])
    cart = make_cart()
    first = hold_slot(cart=cart, course=course, tutor=tutor, start=START, duration=60, now=NOW)
    hold_slot(cart=cart, course=course, tutor=tutor, start=START + HOUR, duration=60, now=NOW)
    with pytest.raises(TooManyHolds) as refused:
        hold_slot(cart=cart, course=course, tutor=tutor, start=START + 2 * HOUR, duration=60, now=NOW)
    assert refused.value.message == (
        "Vous retenez déjà 2 cours, le maximum. Payez-les ou retirez-en d’abord."
    )
    expire(first)
    hold_slot(cart=cart, course=course, tutor=tutor, start=START + 2 * HOUR, duration=60, now=NOW)


def test_an_address_holds_no_more_than_its_ceiling_in_any_number_of_carts(settings: object) -> None:
    settings.MAX_HOLDS_PER_ADDRESS = 2  # type: ignore[attr-defined]
    course = make_course()
    tutor = make_tutor(courses=[course])
    for hours, address in enumerate(["203.0.113.7", "203.0.113.7", "203.0.113.8"]):
        start = START + hours * HOUR
        hold_slot(
            cart=make_cart(), course=course, tutor=tutor, start=start, duration=60, now=NOW, address=address
        )
    with pytest.raises(TooManyHolds) as refused:
        hold_slot(
            cart=make_cart(),
            course=course,
            tutor=tutor,
            start=START + 4 * HOUR,
            duration=60,
            now=NOW,
            address="203.0.113.7",
        )
    assert refused.value.limit == 2


def test_releasing_frees_at_once_and_twice_does_no_harm() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    line = hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START, duration=60, now=NOW)
    release_line(line=line, now=NOW)
    release_line(line=line, now=NOW)
    assert claims() == []
    assert not CartLine.objects.exists()
    hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START, duration=60, now=NOW)


def test_a_guests_lines_follow_into_the_account_with_their_holds(student: User) -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    guest, member = make_cart(), make_cart(student)
    # Both have Wednesday at 10: the member's hold was lost, then the guest took it.
    lost = hold_slot(cart=member, course=course, tutor=tutor, start=START, duration=60, now=NOW)
    expire(lost)
    kept = hold_slot(cart=guest, course=course, tutor=tutor, start=START, duration=90, now=NOW)
    other = hold_slot(cart=member, course=course, tutor=tutor, start=START + 2 * HOUR, duration=60, now=NOW)
    merge_carts(source=guest, target=member)
    assert set(member.lines.values_list("pk", flat=True)) == {kept.pk, other.pk}
    assert {line.hold for line in CartLine.objects.with_hold()} == {"hold"}
    assert not guest.lines.exists()


def test_the_sweeper_deletes_expired_holds_only() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course])
    lines = [
        hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START + n * HOUR, duration=60, now=NOW)
        for n in range(3)
    ]
    make_lesson(course=course, tutor=tutor, start=START + 4 * HOUR)
    expire(lines[0])
    expire(lines[1])
    assert sweep_expired_holds(now=NOW) == 2
    assert [state for *_, state in claims()] == ["hold", "lesson"]


def test_a_hold_takes_three_statements_whatever_the_number_of_tutors() -> None:
    course = make_course()
    for number in range(12):
        make_tutor(f"Tuteur {number}", courses=[course])
    cart = make_cart()
    with CaptureQueriesContext(connection) as captured:
        hold_slot(cart=cart, course=course, start=START, duration=60, now=NOW)
    statements = [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) == 3  # locks, diaries, the hold
