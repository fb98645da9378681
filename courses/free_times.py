"""When tutors are free, as far as the catalogue asks: the app above knows it, and answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from home.formats import clock, day_and_month, weekday


class When(models.TextChoices):
    """A part of the time ahead; the values are what addresses say. Several mean their overlap."""

    WEEK = "semaine", gettext_lazy("Cette semaine")
    """The seven days that the picker opens with."""
    EVENING = "soir", gettext_lazy("En soirée")
    """From 17 h, on any day."""
    WEEKEND = "fin-de-semaine", gettext_lazy("La fin de semaine")


class FreeTimes(Protocol):
    def first(self, tutor_ids: Iterable[int], when: Collection[When] = ()) -> datetime | None:
        """The first start of the shortest lesson with any of these tutors, inside all of `when`; UTC."""


class Reader(Protocol):
    def __call__(self, *, tutor_ids: Collection[int], now: datetime) -> FreeTimes:
        """The times of these tutors, with two queries at most, whatever their number."""


_readers: list[Reader] = []


def answer_with(reader: Reader) -> None:
    """Say, when the apps are ready, who knows what is free."""
    _readers[:] = [reader]


def free_times(*, tutor_ids: Collection[int], now: datetime) -> FreeTimes:
    """Asked anew for each page: nothing is kept, so that nothing is stale."""
    return _readers[0](tutor_ids=tutor_ids, now=now)


def soon(moment: datetime, now: datetime) -> str:
    """`aujourd’hui, 16 h`, `demain, 16 h 30`, `jeudi, 9 h`; from a week on `jeudi 12 février, 9 h`."""
    day, today = timezone.localtime(moment).date(), timezone.localtime(now).date()
    if day == today:
        name = _("aujourd’hui")
    elif day == today + timedelta(days=1):
        name = _("demain")
    elif day < today + timedelta(days=7):
        name = weekday(day)
    else:
        name = f"{weekday(day)} {day_and_month(day)}"
    return f"{name}, {clock(moment)}"
