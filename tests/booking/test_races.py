"""Fifty people at once, each with a connection of their own, on the services themselves."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import connection

from booking.errors import BookingError, SlotsRefused, SlotTaken
from booking.models import CartLine, TimeClaim
from booking.services import Wanted, hold_slot, hold_slots, release_line, renew_line
from tests.booking.holding import HOUR, NOW, START
from tests.booking.racing import (
    deadlocks,
    overlapping_claims,
    race,
    slow_to_write,
    without_constraint,
    without_lock,
)
from tests.factories import expire, make_cart, make_course, make_tutor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

BUYERS = 50


def fifty_for_one_slot() -> list[CartLine | Exception]:
    """Everybody wants one hour of one tutor, on which an expired hold still lies."""
    course = make_course()
    tutor = make_tutor(courses=[course])
    expire(hold_slot(cart=make_cart(), course=course, tutor=tutor, start=START, duration=90, now=NOW))
    carts = [make_cart() for _ in range(BUYERS)]
    return race(
        [
            partial(hold_slot, cart=cart, course=course, tutor=tutor, start=START, duration=60, now=NOW)
            for cart in carts
        ]
    )


@pytest.mark.parametrize("guards", ["both", "lock", "constraint"])
def test_fifty_for_one_slot_make_one_hold_and_forty_nine_plain_refusals(guards: str) -> None:
    """With both guards, and with either of them alone."""
    before = deadlocks()
    with ExitStack() as taken_away:
        if guards == "lock":
            taken_away.enter_context(without_constraint())
        if guards == "constraint":
            taken_away.enter_context(without_lock())
        if guards != "both":
            taken_away.enter_context(slow_to_write())
        results = fifty_for_one_slot()
        held = [result for result in results if isinstance(result, CartLine)]
        assert [type(result) for result in results if result not in held] == [SlotTaken] * (BUYERS - 1)
        assert [claim.line for claim in TimeClaim.objects.all()] == held
    assert deadlocks() == before


def test_without_both_guards_the_race_books_twice() -> None:
    """The control: were the two guards not there, these races would show it."""
    with without_constraint(), without_lock(), slow_to_write():
        results = fifty_for_one_slot()
        assert sum(isinstance(result, CartLine) for result in results) > 1
        assert overlapping_claims() > 0


def test_sixty_for_the_same_three_slots_in_any_order_leave_no_partial_cart() -> None:
    course = make_course()
    tutors = [make_tutor(name, courses=[course]) for name in ("Un", "Deux", "Trois")]
    carts = [make_cart() for _ in range(60)]
    dice = random.Random(7)
    lessons = [Wanted(course, START + n * HOUR, 60, tutor) for n, tutor in enumerate(tutors)]
    before = deadlocks()
    results = race(
        [partial(hold_slots, cart=cart, wanted=dice.sample(lessons, 3), now=NOW) for cart in carts]
    )
    refused = [result for result in results if isinstance(result, Exception)]
    assert [type(result) for result in refused] == [SlotsRefused] * 59
    assert sorted(cart.lines.count() for cart in carts) == [0] * 59 + [3]
    assert TimeClaim.objects.count() == 3
    assert deadlocks() == before


def test_sixty_who_take_what_is_left_share_the_slots_without_a_deadlock() -> None:
    course = make_course()
    tutors = [make_tutor(name, courses=[course]) for name in ("Un", "Deux", "Trois")]
    carts = [make_cart() for _ in range(60)]
    dice = random.Random(8)
    lessons = [Wanted(course, START + n * HOUR, 60) for n in range(3)]
    before = deadlocks()
    results = race(
        [
            partial(hold_slots, cart=cart, wanted=dice.sample(lessons, 3), now=NOW, all_or_none=False)
            for cart in carts
        ]
    )
    assert [result for result in results if isinstance(result, Exception)] == []
    # Three tutors, three hours: nine lessons, each hour of each tutor once.
    taken = {(claim.tutor_id, claim.during.lower) for claim in TimeClaim.objects.all()}
    assert taken == {(tutor.pk, START + n * HOUR) for tutor in tutors for n in range(3)}
    assert deadlocks() == before


def test_two_clicks_of_one_visitor_are_one_line() -> None:
    course = make_course()
    make_tutor("Un", courses=[course])
    make_tutor("Deux", courses=[course])
    cart = make_cart()
    results = race([partial(hold_slot, cart=cart, course=course, start=START, duration=60, now=NOW)] * 10)
    assert not any(isinstance(result, BookingError) for result in results)
    assert TimeClaim.objects.count() == CartLine.objects.count() == 1


def test_a_lost_line_that_is_renewed_while_it_is_removed_is_gone_with_its_time() -> None:
    """Removed at the worst moment: when its time is claimed again, and nobody else sees that yet."""
    course = make_course()
    line = hold_slot(
        cart=make_cart(), course=course, tutor=make_tutor(courses=[course]), start=START, duration=60, now=NOW
    )
    expire(line)
    TimeClaim.objects.all().delete()
    claimed = threading.Event()

    def claimed_first(execute: Callable[..., object], sql: str, *arguments: object) -> object:
        done = execute(sql, *arguments)
        if "INSERT INTO booking_timeclaim" in sql:
            claimed.set()
            time.sleep(0.3)
        return done

    def renew() -> None:
        try:
            with connection.execute_wrapper(claimed_first):
                renew_line(line=line, now=NOW)
        finally:
            connection.close()

    renewing = threading.Thread(target=renew)
    renewing.start()
    assert claimed.wait(5)
    release_line(line=line, now=NOW)
    renewing.join(5)
    assert not TimeClaim.objects.exists()
    assert not CartLine.objects.exists()
