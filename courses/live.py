"""The live parts that the catalogue lends to pages: when somebody is free next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from courses.free_times import When, free_times, soon
from home.live import Asked, fills


class NextFree(NamedTuple):
    """Asks for the first free time of any of these tutors, inside all of `when`."""

    tutor_ids: tuple[int, ...] = ()
    when: tuple[When, ...] = ()


NOBODY = NextFree()


@fills("next-free")
def next_free(request: HttpRequest, asked: Sequence[Asked]) -> list[str]:
    """One query for all of a page, and one more where somebody has nothing in the next seven days."""
    now = timezone.now()
    times = free_times(tutor_ids={key for tutor_ids, *_ in asked for key in tutor_ids}, now=now)
    written: list[str] = []
    for tutor_ids, when, template in asked:
        first = times.first(tutor_ids, when)
        context = {"moment": soon(first, now) if first else "", "fitting": bool(when)}
        written.append(render_to_string(f"courses/{template}.html", context))
    return written
