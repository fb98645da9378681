"""What the slot picker shows: a wish read from the address, answered for seven days. Reads only.

The seven days roll: they begin on the first day that can still be booked, or on any later one that a link
names. So the first page always offers a full week ahead, on a Saturday too, and no page begins with days that
are over, which a week from Sunday (Québec's calendars) or from Monday (its schools) would do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking.grid import local_day
from booking.rules import DURATIONS, HORIZON, NOTICE
from booking.slots import Openings
from booking.weeks import Day, Time, half_hours_on, times_on
from booking.wishes import NAME, Wish
from booking.wording import time_range
from courses.models import Course, Tutor
from courses.money import lesson_amount
from home.formats import NBSP, day_and_month, duration, long_date, weekday

WEEK = timedelta(days=7)
ONE_DAY = timedelta(days=1)
MAX_SUGGESTIONS = 4
MAIN = "picker"
"""The picker of the page's own course or tutor; others, which editors add to a page, have names of theirs."""

Look = Callable[[date, date], Openings]
"""Reads what can be booked from one local day to another, both included."""


class Link(NamedTuple):
    """The same answer as a whole page (for everybody) and as a fragment (for HTMX)."""

    page: str
    fragment: str
    text: str = ""


class Choice(NamedTuple):
    value: str
    text: str
    chosen: bool


class Length(NamedTuple):
    minutes: int
    price: Decimal
    chosen: bool


@dataclass(kw_only=True)
class Picker:
    """Everything its template needs. Nothing here knows what a tutor earns."""

    name: str = MAIN
    """Begins each id of it, so that one page may have several; `wishes.NAME` says it in an address."""
    path: str
    course: Course | None
    tutor: Tutor | None = None
    """Set on a tutor's own page: the tutor is given and the course is the choice."""
    courses: Sequence[Course] = ()
    wish: Wish
    now: datetime
    look: Look | None = None
    notice: str = ""

    def __post_init__(self) -> None:
        self.minutes = self.wish.minutes
        earliest = local_day(self.now + NOTICE)
        self.last_bookable = local_day(self.now + HORIZON)
        wanted = min(max(self.wish.day or earliest, earliest), self.last_bookable)
        # From the day before, to know whether a link to earlier days would lead anywhere.
        self.found = self.look(max(wanted - ONE_DAY, earliest), wanted + WEEK) if self.look else None
        self.diary_tutor = self._diary_tutor()
        self.first_bookable = self._first_bookable(earliest)
        self.first_day = min(max(wanted, self.first_bookable), self.last_bookable)
        self.last_day = min(self.first_day + WEEK - ONE_DAY, self.last_bookable)
        self.days = self._days()
        self.number = sum(len(day.times) for day in self.days)

    def _diary_tutor(self) -> int | None:
        """The key of the one tutor whose times are shown; None for all together."""
        if self.found is None:
            return None
        if self.tutor:
            return self.tutor.pk
        return next((d.tutor_id for d in self.found.diaries if d.public_id == self.wish.tutor), None)

    def _first_bookable(self, day: date) -> date:
        """The day on which the notice ends, or the next where it was read and nothing is left of it."""
        read = self.found is None or self.found.calendar.first_day == day
        return day + ONE_DAY if read and not self._times(day) else day

    @cached_property
    def _bits(self) -> int:
        return self.found.starts(self.minutes, tutor_id=self.diary_tutor) if self.found else 0

    def _times(self, day: date) -> list[Time]:
        return times_on(self.found.calendar, self._bits, day) if self.found else []

    def _days(self) -> list[Day]:
        count = (self.last_day - self.first_day).days + 1
        days = [Day(self.first_day + n * ONE_DAY) for n in range(count)]
        if self.found is None:
            return days
        for day in days:
            day.times.extend(self._times(day.date))
        for tutor_id, start, end in sorted(self.found.own_claims(), key=lambda claim: claim[1]):
            moment = datetime.fromtimestamp(start * 60, UTC)
            number = (local_day(moment) - self.first_day).days
            if self.diary_tutor in (None, tutor_id) and 0 <= number < count:
                days[number].own.append(time_range(moment, end - start))
        return days

    # What the filter offers

    @property
    def subject(self) -> str:
        return str(self.tutor or self.course or "")

    @property
    def is_main(self) -> bool:
        return self.name == MAIN

    @property
    def day_id(self) -> str:
        """Begins the ids of the days."""
        return "jour-" if self.is_main else f"{self.name}-jour-"

    @property
    def price(self) -> Decimal:
        return self._price(self.minutes)

    def _price(self, minutes: int) -> Decimal:
        assert self.course is not None  # noqa: S101 - the template asks only where there is a course
        return lesson_amount(self.course.student_rate_cad, minutes)

    @property
    def lengths(self) -> list[Length]:
        return [Length(minutes, self._price(minutes), minutes == self.minutes) for minutes in DURATIONS]

    @property
    def choice_name(self) -> str:
        return "cours" if self.tutor else "tuteur"

    @property
    def choice_label(self) -> str:
        return _("Cours") if self.tutor else _("Avec")

    @cached_property
    def choices(self) -> list[Choice]:
        """The tutors of a course, or the courses of a tutor; none where there is nothing to choose."""
        if self.tutor:
            courses = [Choice(str(c.public_id), c.title, c == self.course) for c in self.courses]
            return courses if len(courses) > 1 else []
        diaries = self.found.diaries if self.found else []
        if len(diaries) < 2:
            return []
        first = Choice("", _("Le premier disponible"), self.diary_tutor is None)
        return [first, *(Choice(str(d.public_id), d.name, d.tutor_id == self.diary_tutor) for d in diaries)]

    # Addresses

    @property
    def fixed(self) -> dict[str, str]:
        """What the page itself stands for; its fragment has to be told."""
        if self.tutor:
            return {"par": "tuteur", "tuteur": str(self.tutor.public_id)}
        return {"cours": str(self.course.public_id)} if self.course else {}

    @property
    def fixed_json(self) -> str:
        return json.dumps(self.fixed)

    def _query(self, **changes: str) -> dict[str, str]:
        query = {"semaine": self.first_day.isoformat(), "duree": str(self.minutes)}
        if self.tutor and self.course and len(self.courses) > 1:
            query["cours"] = str(self.course.public_id)
        elif not self.tutor and self.diary_tutor is not None:
            query["tuteur"] = str(self.wish.tutor)
        if self.name != MAIN:
            query[NAME] = self.name
        query.update(changes)
        return {name: value for name, value in query.items() if value}

    def _link(self, text: str = "", **changes: str) -> Link:
        query = self._query(**changes)
        whole = {**self.fixed, **query}
        fragment = reverse("picker")
        own = whole if self.path == fragment else query
        return Link(f"{self.path}?{urlencode(own)}#{self.name}", f"{fragment}?{urlencode(whole)}", text)

    @property
    def address(self) -> str:
        """The page's address that shows this very week, for the browser's history."""
        return self._link().page.partition("#")[0]

    @property
    def page_query(self) -> str:
        """The query that makes the presenting page show this very week."""
        return urlencode(self._query())

    @property
    def page_fields(self) -> list[tuple[str, str]]:
        """Hidden fields of the filter's form."""
        fields = [("semaine", self.first_day.isoformat())]
        if self.name != MAIN:
            fields.append((NAME, self.name))
        return [*self.fixed.items(), *fields] if self.path == reverse("picker") else fields

    @property
    def post_fields(self) -> list[tuple[str, str]]:
        """Hidden fields of the form that adds to the cart; `tuteur` is empty for "le premier disponible"."""
        return list({"tuteur": "", **self.fixed, "cours": self._course_id, **self._query()}.items())

    @property
    def _course_id(self) -> str:
        return str(self.course.public_id) if self.course else ""

    # Weeks

    @property
    def week_title(self) -> str:
        """`Du lundi 23 au dimanche 29 novembre 2026`."""
        first, last = self.first_day, self.last_day
        if first == last:
            return _("Le %(day)s") % {"day": long_date(first)}
        if first.year != last.year:
            start = long_date(first)
        elif first.month != last.month:
            start = f"{weekday(first)} {day_and_month(first)}"
        else:
            start = f"{weekday(first)} {day_and_month(first).split()[0]}"
        return _("Du %(first)s au %(last)s") % {"first": start, "last": long_date(last)}

    @cached_property
    def previous(self) -> Link | None:
        if self.first_day <= self.first_bookable:
            return None
        return self._link(semaine=max(self.first_day - WEEK, self.first_bookable).isoformat())

    @cached_property
    def next(self) -> Link | None:
        if self.last_day >= self.last_bookable:
            return None
        return self._link(semaine=(self.last_day + ONE_DAY).isoformat())

    # An empty week

    @property
    def status(self) -> str:
        """What a screen reader is told after a change."""
        if not self.number:
            return self.nothing
        return ngettext("%(count)s heure libre.", "%(count)s heures libres.", self.number) % {
            "count": self.number
        }

    @property
    def nothing(self) -> str:
        who = (
            next((d.name for d in self.found.diaries if d.tutor_id == self.diary_tutor), "")
            if self.found
            else ""
        )
        if who and self.next_free is None:
            return _(
                "%(name)s n’a aucune heure libre pour un cours de %(length)s dans les 60 prochains jours."
            ) % {
                "name": who,
                "length": duration(self.minutes),
            }
        if self.next_free is None:
            return _("Aucune heure libre pour un cours de %(length)s dans les 60 prochains jours.") % {
                "length": duration(self.minutes)
            }
        return _("Aucune heure libre pour un cours de %(length)s cette semaine-là.") % {
            "length": duration(self.minutes)
        }

    @cached_property
    def _all(self) -> Openings | None:
        """All 60 days, which only an empty week has to look at."""
        return self.look(self.first_bookable, self.last_bookable) if self.look else None

    def _free_days(self, minutes: int, tutor_id: int | None) -> list[date]:
        if self._all is None:
            return []
        calendar, bits = self._all.calendar, self._all.starts(minutes, tutor_id=tutor_id)
        return [
            calendar.first_day + n * ONE_DAY for n in range(calendar.days) if half_hours_on(calendar, bits, n)
        ]

    @cached_property
    def next_free(self) -> Link | None:
        """The first free date after an empty week, or the first of all when there is none after it."""
        days = self._free_days(self.minutes, self.diary_tutor)
        if not days:
            return None
        day = next((day for day in days if day > self.last_day), days[0])
        text = (
            _("Prochaine date libre%(nbsp)s: %(day)s")
            if day > self.last_day
            else _("Première date libre%(nbsp)s: %(day)s")
        )
        return self._link(text % {"day": long_date(day), "nbsp": NBSP}, semaine=day.isoformat())

    @cached_property
    def suggestions(self) -> list[Link]:
        """Other lengths and tutors that have times in the empty week; else the soonest that they have."""
        if self.found is None:
            return []
        options: list[tuple[bool, date, Link]] = []

        def offer(text: str, minutes: int, tutor_id: int | None, **changes: str) -> None:
            days = self._free_days(minutes, tutor_id)
            inside = [day for day in days if self.first_day <= day <= self.last_day]
            if days:
                day = self.first_day if inside else days[0]
                where = (
                    "" if inside else _(", dès le %(day)s") % {"day": f"{weekday(day)} {day_and_month(day)}"}
                )
                options.append(
                    (not inside, day, self._link(text + where, semaine=day.isoformat(), **changes))
                )

        for minutes in DURATIONS:
            if minutes != self.minutes:
                text = _("Un cours de %(length)s") % {"length": duration(minutes)}
                offer(text, minutes, self.diary_tutor, duree=str(minutes))
        if not self.tutor and self.diary_tutor is not None:
            for diary in self.found.diaries:
                if diary.tutor_id != self.diary_tutor:
                    text = _("Avec %(name)s") % {"name": diary.name}
                    offer(text, self.minutes, diary.tutor_id, tuteur=str(diary.public_id))
        options.sort(key=lambda option: option[:2])
        return [link for _far, _day, link in options[:MAX_SUGGESTIONS]]
