"""`make drill`: races for slots through real web processes, into var/drill/races.json and on the screen."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.test.utils import setup_test_environment
from django.utils import timezone

from benchmarks.database import bench_database
from booking.errors import SlotsRefused
from booking.models import CartLine, TimeClaim
from booking.services import Wanted, hold_slots
from booking.slots import Slot, open_slots
from courses.models import Course, Tutor
from tests.booking.racing import (
    deadlocks,
    overlapping_claims,
    post_all,
    race,
    slow_to_write,
    web_processes,
    without_constraint,
    without_lock,
)
from tests.factories import expire, make_cart, make_course, make_tutor
from tests.stack import ROOT

VAR = ROOT / "var" / "drill"
ROUNDS = 20
CLIENTS = 200
WARM_UP = 64
BUYERS = 60
ALL_WEEK = [(weekday, 480, 1200) for weekday in range(7)]


def p99(seconds: list[float]) -> float:
    return round(sorted(seconds)[int(len(seconds) * 0.99)] * 1000, 1)


def free_slots(course: Any, number: int) -> list[Slot]:
    """Slots on the hour, so that no two overlap."""
    now = timezone.now()
    slots = open_slots(
        course=course,
        duration=60,
        first_day=(now + timedelta(days=2)).date(),
        last_day=(now + timedelta(days=20)).date(),
        now=now,
    )
    found = [slot for slot in slots if slot.start.minute == 0][:number]
    assert len(found) == number
    return found


def for_one_slot(*, clients: int, rounds: int) -> dict[str, Any]:
    """Browsers that all want one slot of one tutor, under an expired hold, round after round."""
    course = make_course("Pour une heure")
    tutor = make_tutor("Seule Tutrice", courses=[course], weekly=ALL_WEEK)
    found: dict[str, Any] = {"rounds": rounds, "clients": clients, "winners": [], "refused": 0, "errors": 0}
    seconds: list[float] = []
    before = deadlocks()
    with web_processes(workers=2) as url:
        slots = free_slots(course, rounds)
        # Too soon, and so refused: what follows is asked of processes that have answered before.
        post_all(f"{url}/panier/ajouter/", [_form(course, tutor, timezone.now())] * WARM_UP)
        for slot in slots:
            stale = hold_slots(
                cart=make_cart(), wanted=[Wanted(course, slot.start, 60, tutor)], now=timezone.now()
            )[0]
            expire(stale[0])
            answers = post_all(f"{url}/panier/ajouter/", [_form(course, tutor, slot.start)] * clients)
            statuses = [answer.status for answer in answers]
            found["winners"].append(statuses.count(200))
            found["refused"] += statuses.count(409)
            found["errors"] += len(statuses) - statuses.count(200) - statuses.count(409)
            seconds += [answer.seconds for answer in answers]
    found["deadlocks"] = deadlocks() - before
    found["double_bookings"] = overlapping_claims()
    found["p99_ms"] = p99(seconds)
    return found


def _form(course: Course, tutor: Tutor, start: datetime) -> dict[str, str]:
    return {
        "cours": str(course.public_id),
        "tuteur": str(tutor.public_id),
        "debut": start.isoformat(),
        "duree": "60",
    }


def three_at_once(*, buyers: int, rounds: int) -> dict[str, Any]:
    """Buyers who each want the same three slots, all or none, in an order of their own."""
    course = make_course("Trois à la fois")
    tutors = [make_tutor(name, courses=[course]) for name in ("Un", "Deux", "Trois")]
    now = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
    dice = random.Random(rounds)
    found: dict[str, Any] = {"rounds": rounds, "clients": buyers, "winners": [], "refused": 0, "errors": 0}
    found["partial"] = 0
    seconds: list[float] = []
    before = deadlocks()
    for number in range(rounds):
        start = datetime(2027, 1, 13, 15, 0, tzinfo=UTC) + timedelta(days=number)
        lessons = [Wanted(course, start + timedelta(hours=n), 60, tutor) for n, tutor in enumerate(tutors)]
        carts = [make_cart() for _ in range(buyers)]
        results = race(
            [
                partial(_timed, seconds, hold_slots, cart=c, wanted=dice.sample(lessons, 3), now=now)
                for c in carts
            ]
        )
        refused = sum(isinstance(result, SlotsRefused) for result in results)
        errors = sum(isinstance(result, Exception) for result in results) - refused
        found["winners"].append(buyers - refused - errors)
        found["refused"] += refused
        found["errors"] += errors
        found["partial"] += sum(cart.lines.count() not in (0, 3) for cart in carts)
    found["deadlocks"] = deadlocks() - before
    found["double_bookings"] = overlapping_claims()
    found["p99_ms"] = p99(seconds)
    return found


def _timed(seconds: list[float], step: Callable[..., object], **arguments: object) -> object:
    began = time.perf_counter()
    try:
        return step(**arguments)
    finally:
        seconds.append(time.perf_counter() - began)


def empty() -> None:
    TimeClaim.objects.all().delete()
    CartLine.objects.all().delete()


def main() -> None:
    VAR.mkdir(parents=True, exist_ok=True)
    setup_test_environment(debug=False)
    figures: dict[str, Any] = {}
    controls: dict[str, list[AbstractContextManager[None]]] = {
        "control_lock_alone": [without_constraint(), slow_to_write()],
        "control_constraint_alone": [without_lock(), slow_to_write()],
        "control_neither": [without_constraint(), without_lock(), slow_to_write()],
    }
    with bench_database():
        figures["one_slot_http"] = for_one_slot(clients=CLIENTS, rounds=ROUNDS)
        empty()
        figures["three_slots"] = three_at_once(buyers=BUYERS, rounds=10)
        for name, taken_away in controls.items():
            empty()
            with ExitStack() as stack:
                for guard in taken_away:
                    stack.enter_context(guard)
                figures[name] = for_one_slot(clients=50, rounds=2)
    (VAR / "races.json").write_text(json.dumps(figures, indent=2) + "\n")
    for name, found in figures.items():
        print(name, json.dumps(found))
    good = [figures[name] for name in figures if name != "control_neither"]
    assert all(set(found["winners"]) == {1} and not found["double_bookings"] for found in good)
    assert all(found["errors"] == found["deadlocks"] == 0 for found in good)
    assert figures["control_neither"]["double_bookings"] > 0, "the races can't see a double booking"


if __name__ == "__main__":
    main()
