"""`make bench`: what slots, pages and holds cost, into var/bench/slots.json and a table on the screen."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.test.utils import setup_test_environment
from django.utils import timezone

from benchmarks import engine, pages, rival
from benchmarks.database import bench_database, course_of, course_page, local_nine_o_clock
from benchmarks.table import show
from booking.grid import local_day
from booking.models import TimeClaim
from booking.slots import open_slots, window
from tests.booking.racing import web_processes
from tests.stack import ROOT

VAR = ROOT / "var" / "bench"
CLAIM_DAYS = 910
"""Two claims a day of 110 tutors: 200,000 claims."""

# What must not be exceeded, or, for the ratio to others, be reached.
CEILINGS = {
    "engine_ms_1": 0.5,
    "engine_ms_10": 1,
    "engine_ms_100": 5,
    "engine_ms_1000": 50,
    "ratio_minimal_loop": 3,
    "week_p95_ms": 10,
    "week_queries_10": 3,
    "week_queries_100": 3,
    "page_p95_ms": 25,
    "page_queries": 12,
    "hold_p95_ms": 20,
    "hold_queries": 8,
}
FLOORS = {"ratio_django_appointment": 300}


def measure_engine() -> dict[str, float]:
    bookable = window(engine.FIRST_DAY, engine.FIRST_DAY + timedelta(days=engine.DAYS), engine.NOW)
    assert bookable is not None
    figures = {}
    for tutors, rounds in ((1, 200), (10, 200), (100, 100), (1000, 10)):
        rows = engine.rows(tutors)
        assert engine.engine(rows) == engine.minimal_loop(rows, *bookable)
        figures[f"engine_ms_{tutors}"] = engine.best(partial(engine.engine, rows), rounds=rounds)
        figures[f"loop_ms_{tutors}"] = engine.best(
            partial(engine.minimal_loop, rows, *bookable), rounds=rounds
        )
    figures["ratio_minimal_loop"] = figures["engine_ms_100"] / figures["loop_ms_100"]
    return figures


def measure_rival(ours: Callable[[], int]) -> dict[str, Any]:
    """Their union of 60 days for ten people, and ours, one after the other on the same server."""
    name = f"{connection.settings_dict['NAME']}_rival"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    wanted = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    database = {key: connection.settings_dict[key] for key in wanted} | {"NAME": name}
    try:
        theirs = rival.measure(VAR, database, staff=10, days=60, minutes=60)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"django-appointment could not be measured: {error}")
        return {"ratio_django_appointment": None}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    our_ms = engine.best(ours, rounds=20)
    return {
        "django_appointment_ms": theirs["ms"],
        "django_appointment_slots": theirs["slots"],
        "django_appointment_queries": theirs["queries"],
        "database_ms_10": our_ms,
        "ratio_django_appointment": theirs["ms"] / our_ms,
    }


def measure_pages() -> dict[str, Any]:
    now = timezone.now()
    first = local_nine_o_clock(now)
    ten = course_of(10, first=first, days=CLAIM_DAYS)
    hundred = course_of(100, first=first, days=CLAIM_DAYS)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    page = course_page(ten)
    path = page.get_url()
    assert path

    def ours() -> int:
        today = local_day(now)
        slots = open_slots(
            course=ten, duration=60, first_day=today, last_day=today + timedelta(days=60), now=now
        )
        return len(slots)

    figures = {"claims": TimeClaim.objects.count(), **measure_rival(ours)}
    figures["week_queries_10"] = pages.queries(pages.week_path(ten))[-1]
    figures["week_queries_100"] = pages.queries(pages.week_path(hundred))[-1]
    figures["page_queries"] = pages.queries(path)[-1]
    forms = pages.hold_forms(ten, 303)
    # The first one by a new visitor also makes the cart and the session.
    _once, figures["hold_queries_first"], figures["hold_queries"] = (
        *pages.queries("/panier/ajouter/", forms.pop())[-1:],
        *pages.queries("/panier/ajouter/", forms.pop(), forms.pop()),
    )
    with web_processes(workers=1) as url:
        figures["week_p95_ms"] = pages.p95(
            pages.gets(url, pages.week_path(ten), rounds=400, headers=pages.HTMX)
        )
        figures["week_p95_ms_100"] = pages.p95(
            pages.gets(url, pages.week_path(hundred), rounds=200, headers=pages.HTMX)
        )
        figures["page_p95_ms"] = pages.p95(pages.gets(url, path, rounds=300))
        figures["hold_p95_ms"] = pages.p95(pages.holds(url, forms))
    return figures


def main() -> None:
    VAR.mkdir(parents=True, exist_ok=True)
    setup_test_environment(debug=False)
    figures: dict[str, Any] = measure_engine()
    with bench_database():
        figures.update(measure_pages())
    show(figures, VAR / "slots.json", ceilings=CEILINGS, floors=FLOORS)


if __name__ == "__main__":
    main()
