"""What is held while it is paid for, and the lesson that comes of it or does not."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import User
from booking.errors import HoldsLost, LineBeingPaid, NotBookable, SlotTaken
from booking.models import Appointment, AvailabilityException, Cart, CartLine, TimeClaim
from booking.rules import Problem
from booking.services import (
    Paid,
    begin_payment,
    book_lessons,
    end_payment,
    hold_slot,
    leave_cart,
    release_line,
    sweep_expired_holds,
)
from courses.models import Course, Tutor
from tests.booking.holding import DEADLINE, HOUR, NOW, START, claims
from tests.factories import expire, make_cart

pytestmark = pytest.mark.django_db


def hold(course: Course, tutor: Tutor, cart: Cart | None = None) -> CartLine:
    return hold_slot(cart=cart or make_cart(), course=course, tutor=tutor, start=START, duration=60, now=NOW)


def test_paying_keeps_the_slot_past_the_fifteen_minutes(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    line = hold(course, tutor, cart)
    assert begin_payment(cart=cart, deadline=DEADLINE, now=NOW) == [line]
    assert (TimeClaim.objects.get().state, TimeClaim.objects.get().expires_at) == ("paying", DEADLINE)
    expire(line)
    assert sweep_expired_holds(now=NOW) == 0
    with pytest.raises(SlotTaken):
        hold(course, tutor)


def test_a_line_being_paid_is_neither_released_nor_paid_again(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    line = hold(course, tutor, cart)
    begin_payment(cart=cart, deadline=DEADLINE, now=NOW)
    with pytest.raises(LineBeingPaid):
        release_line(line=line, now=NOW)
    with pytest.raises(LineBeingPaid):
        begin_payment(cart=cart, deadline=DEADLINE, now=NOW)
    assert claims()[0][3] == "paying"


def test_payment_does_not_begin_when_a_hold_is_lost_and_changes_nothing(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    lost = hold(course, tutor, cart)
    hold_slot(cart=cart, course=course, tutor=tutor, start=START + HOUR, duration=60, now=NOW)
    expire(lost)
    with pytest.raises(HoldsLost) as refused:
        begin_payment(cart=cart, deadline=DEADLINE, now=NOW)
    assert refused.value.lines == [lost]
    assert refused.value.message == (
        "Un cours de votre panier n’est plus retenu. Reprenez-le ou retirez-le d’abord."
    )
    assert [state for *_, state in claims()] == ["hold", "hold"]


def test_payment_does_not_begin_when_the_tutor_closed_the_day_meanwhile(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    hold(course, tutor, cart)
    AvailabilityException.objects.create(tutor=tutor, date=START.date(), kind="closed")
    with pytest.raises(NotBookable) as refused:
        begin_payment(cart=cart, deadline=DEADLINE, now=NOW)
    assert refused.value.problems == [Problem.EXCEPTION]


def test_payment_begins_although_the_notice_ran_out_during_the_hold(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    now = START - timedelta(hours=12)
    hold_slot(cart=cart, course=course, tutor=tutor, start=START, duration=60, now=now)
    assert len(begin_payment(cart=cart, deadline=DEADLINE, now=now + timedelta(minutes=14))) == 1


def test_a_payment_that_failed_gives_the_rest_of_the_hold_back(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    line = hold(course, tutor, cart)
    begin_payment(cart=cart, deadline=DEADLINE, now=NOW)
    for _ in range(2):
        end_payment(line_ids=[line.pk], now=NOW)
    held = TimeClaim.objects.get()
    assert (held.state, held.expires_at) == ("hold", line.held_until)
    begin_payment(cart=cart, deadline=DEADLINE, now=NOW)


def test_a_payment_that_failed_after_the_hold_frees_the_slot(course: Course, tutor: Tutor) -> None:
    cart = make_cart()
    line = hold(course, tutor, cart)
    begin_payment(cart=cart, deadline=DEADLINE, now=NOW)
    expire(line)
    end_payment(line_ids=[line.pk], now=NOW)
    assert claims() == []
    assert CartLine.objects.with_hold().get().hold is None


def test_a_paid_line_becomes_a_lesson_by_its_own_claim(course: Course, tutor: Tutor, student: User) -> None:
    cart = make_cart()
    line = hold_slot(cart=cart, course=course, tutor=tutor, start=START, duration=90, now=NOW)
    begin_payment(cart=cart, deadline=DEADLINE, now=NOW)
    before = TimeClaim.objects.get().pk
    [lesson] = book_lessons(paid=[Paid(course, tutor, START, 90, line.pk)], student=student, now=NOW)
    assert lesson is not None
    assert (lesson.start, lesson.end, lesson.student, lesson.status) == (
        START,
        START + timedelta(minutes=90),
        student,
        "scheduled",
    )
    after = TimeClaim.objects.get()
    assert (after.pk, after.state, after.appointment, after.line, after.expires_at) == (
        before,
        "lesson",
        lesson,
        None,
        None,
    )
    leave_cart(line_ids=[line.pk])
    assert not CartLine.objects.exists()
    assert TimeClaim.objects.exists()


@pytest.mark.parametrize("line_id", [None, uuid4()])
def test_a_paid_lesson_without_its_claim_is_booked_when_free(
    course: Course, tutor: Tutor, student: User, line_id: object
) -> None:
    lost = hold(course, tutor)
    expire(lost)
    paid = Paid(course, tutor, START, 60, line_id)  # type: ignore[arg-type]
    [lesson] = book_lessons(paid=[paid], student=student, now=NOW)
    assert lesson is not None
    assert claims() == [(tutor.pk, START, START + HOUR, "lesson")]


def test_a_paid_lesson_whose_time_is_gone_is_not_booked(course: Course, tutor: Tutor, student: User) -> None:
    lost = hold(course, tutor)
    expire(lost)
    hold(course, tutor)
    [lesson] = book_lessons(paid=[Paid(course, tutor, START, 60, lost.pk)], student=student, now=NOW)
    assert lesson is None
    assert not Appointment.objects.exists()
    assert [state for *_, state in claims()] == ["hold"]
