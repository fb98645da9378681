"""The picker, a course page and a hold: over HTTP from the site's own web processes, and their queries."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.grid import local_day
from booking.slots import open_slots
from courses.models import Course

HTMX = {"HX-Request": "true"}
TOKEN = "t" * 32
FORM = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Cookie": f"csrftoken={TOKEN}",
    "X-CSRFToken": TOKEN,
    **HTMX,
}
BOOKKEEPING = re.compile(r"^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)")


def p95(times: Iterable[float]) -> float:
    """In milliseconds."""
    ordered = sorted(times)
    return ordered[int(len(ordered) * 0.95)] * 1000


def queries(path: str, *forms: dict[str, str]) -> list[int]:
    """Statements of each request of one visitor: the forms sent one after the other, or the page read twice.

    The beginnings and ends of transactions are not counted. What a process learns once (content types, sites)
    is learnt before, and a page is read without a session.
    """
    htmx = bool(forms) or "/creneaux/" in path
    visitor = Client(headers=HTMX if htmx else None)
    counts = []
    for form in forms or ({}, {}):
        with CaptureQueriesContext(connection) as captured:
            answer = visitor.post(path, form) if form else visitor.get(path)
        assert answer.status_code == 200, answer.status_code
        counts.append(sum(not BOOKKEEPING.match(query["sql"]) for query in captured))
    return counts


def gets(url: str, path: str, *, rounds: int, headers: dict[str, str] | None = None) -> list[float]:
    """Seconds of each of `rounds` requests, one after the other, after a few to warm up."""
    return _timed(url, [("GET", path, None, headers or {})] * rounds)


def holds(url: str, forms: list[dict[str, str]]) -> list[float]:
    """Seconds of each hold, every one by a new visitor and of another slot."""
    return _timed(url, [("POST", "/panier/ajouter/", urlencode(form), FORM) for form in forms])


def _timed(url: str, requests: list[tuple[str, str, str | None, dict[str, str]]]) -> list[float]:
    address = urlsplit(url)
    client = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    times = []
    for method, path, body, headers in requests:
        began = time.perf_counter()
        client.request(method, path, body, headers)
        answer = client.getresponse()
        answer.read()
        times.append(time.perf_counter() - began)
        assert answer.status == 200, f"{path}: {answer.status}"
    client.close()
    return times[len(times) // 10 :]


def week_path(course: Course) -> str:
    """The picker's fragment, some weeks ahead."""
    day = local_day(timezone.now()) + timedelta(days=21)
    return f"/creneaux/?cours={course.public_id}&semaine={day.isoformat()}&duree=60"


def hold_forms(course: Course, number: int) -> list[dict[str, str]]:
    """Slots that do not overlap, in as many requests."""
    now = timezone.now()
    slots = open_slots(
        course=course,
        duration=60,
        first_day=local_day(now),
        last_day=local_day(now + timedelta(days=60)),
        now=now,
    )
    forms = [
        {
            "cours": str(course.public_id),
            "tuteur": str(tutor.public_id),
            "debut": slot.start.isoformat(),
            "duree": "60",
        }
        for slot in slots
        if slot.start.minute == 0
        for tutor in slot.tutors
    ]
    assert len(forms) >= number
    return forms[:: len(forms) // number][:number]
