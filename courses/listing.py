"""The lists of courses and of tutors: narrowed, searched and cut into pages, as their address asks.

Everything is judged in memory, from rows that were read at once: the catalogue of a school is small, and
counting what other choices would find then costs nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.query import PageQuerySet

from courses.choices import PAGE, WHEN, Choices, Facet, Option, read_choices
from courses.free_times import When
from courses.models.catalogue import Level
from courses.showcase import (
    CourseCard,
    OfferedCourse,
    OfferedTutor,
    TutorCard,
    course_cards,
    offered_courses,
    offered_tutors,
    times_of,
    tutor_cards,
)
from home.search import find, fold

PER_PAGE = 12

Offered = TypeVar("Offered", OfferedCourse, OfferedTutor)
Values = Iterable[tuple[str, str]]


class Link(NamedTuple):
    url: str
    text: str


class Listing(ABC, Generic[Offered]):
    """One list as its template shows it. Six queries at most, ten when nothing has the words."""

    cards_template: str

    def __init__(self, pages: PageQuerySet[Any], request: HttpRequest, *, now: datetime) -> None:
        self.request, self.now = request, now
        self.path = request.path
        self.offered: list[Offered] = self._read(pages)
        self._options = {name: dict(values) for name, _label, _all, values in self._facets()}
        self.choices = read_choices(
            request.GET, {name: list(options) for name, options in self._options.items()}
        )
        self.near = False
        self._ranks = self._search(pages)
        self._times = times_of(self.offered, now) if self.choices.when else None
        self.page: Page[Offered] = Paginator(self._narrowed(self.choices), PER_PAGE).get_page(
            request.GET.get(PAGE)
        )
        shown = list(self.page.object_list)
        self.cards = self._cards(shown)

    @abstractmethod
    def _read(self, pages: PageQuerySet[Any]) -> list[Offered]: ...

    @abstractmethod
    def _facets(self) -> list[tuple[str, str, str, Values]]:
        """Name, label, what no choice is called, and the values with their texts."""

    @abstractmethod
    def _cards(self, shown: Sequence[Offered]) -> Sequence[CourseCard | TutorCard]: ...

    @abstractmethod
    def count_text(self, number: int) -> str: ...

    def _search(self, pages: PageQuerySet[Any]) -> dict[int, int]:
        if not self.choices.words:
            return {}
        found, self.near = find(pages.only("pk"), self.choices.words)
        return {page.pk: rank for rank, page in enumerate(found)}

    def _narrowed(self, choices: Choices) -> list[Offered]:
        kept = [one for one in self.offered if self._fits(one, choices)]
        return sorted(kept, key=lambda one: self._ranks[one.page.pk]) if choices.words else kept

    def _fits(self, one: Offered, choices: Choices) -> bool:
        return (
            (not choices.words or one.page.pk in self._ranks)
            and all(value in one.values[name] for name, value in choices.facets)
            and (
                not choices.when
                or (self._times is not None and self._times.first(one.tutor_ids, choices.when) is not None)
            )
        )

    # What the form offers

    @property
    def facets(self) -> list[Facet]:
        return [
            Facet(
                name,
                label,
                everything,
                [
                    Option(value, text, value == self.choices.get(name))
                    for value, text in self._options[name].items()
                ],
            )
            for name, label, everything, _values in self._facets()
            if len(self._options[name]) > 1 or self.choices.get(name)
        ]

    @property
    def when_name(self) -> str:
        return WHEN

    @property
    def when_options(self) -> list[Option]:
        return [Option(part.value, str(part.label), part in self.choices.when) for part in When]

    # What was found

    @property
    def number(self) -> int:
        return self.page.paginator.count

    @property
    def heading(self) -> str:
        counted = self.count_text(self.number)
        if self.choices.words and self.number and not self.near:
            counted = _("%(counted)s pour « %(words)s »") % {"counted": counted, "words": self.choices.words}
        if self.page.number > 1:
            counted = _("%(counted)s, page %(page)s de %(pages)s") % {
                "counted": counted,
                "page": self.page.number,
                "pages": self.page.paginator.num_pages,
            }
        return counted

    @property
    def address(self) -> str:
        """The one address of what is shown, without what was ignored."""
        return self._url(self.choices, page=self.page.number)

    @property
    def previous(self) -> str:
        return self._url(self.choices, page=self.page.number - 1) if self.page.has_previous() else ""

    @property
    def next(self) -> str:
        return self._url(self.choices, page=self.page.number + 1) if self.page.has_next() else ""

    @cached_property
    def ways_on(self) -> list[Link]:
        """Where nothing was found: each choice that one could give up, with what that would find."""
        links = []
        for part in self.choices.parts():
            rest = self.choices.without(part)
            if rest and (number := len(self._narrowed(rest))):
                text = _("Sans « %(choice)s » : %(counted)s") % {
                    "choice": self._name(part),
                    "counted": self.count_text(number),
                }
                links.append(Link(self._url(rest), text))
        return links

    def _name(self, part: Choices) -> str:
        if part.facets:
            ((name, value),) = part.facets
            return self._options[name][value]
        return part.words or ", ".join(str(when.label) for when in part.when)

    def _url(self, choices: Choices, *, page: int = 1) -> str:
        return self.path + choices.query(page=page)


class CourseListing(Listing[OfferedCourse]):
    cards_template = "courses/course_cards.html"

    def _read(self, pages: PageQuerySet[Any]) -> list[OfferedCourse]:
        return offered_courses(pages)

    def _facets(self) -> list[tuple[str, str, str, Values]]:
        courses = [one.page.course for one in self.offered]
        levels = {level for course in courses for level in course.levels}
        return [
            (
                "matiere",
                _("Matière"),
                _("Toutes"),
                _by_text((course.subject.slug, course.subject.name) for course in courses if course.subject),
            ),
            (
                "niveau",
                _("Niveau"),
                _("Tous"),
                [(level.value, str(level.label)) for level in Level if level in levels],
            ),
            (
                "tuteur",
                _("Tuteur"),
                _("Tous"),
                _by_text((str(who.public_id), who.name) for one in self.offered for who in one.teachers),
            ),
        ]

    def _cards(self, shown: Sequence[OfferedCourse]) -> list[CourseCard]:
        return course_cards(
            shown,
            self.request,
            when=self.choices.when,
            tutor=self.choices.get("tuteur"),
        )

    def count_text(self, number: int) -> str:
        if not number:
            return _("Aucun cours")
        return ngettext("%(number)s cours", "%(number)s cours", number) % {"number": number}


class TutorListing(Listing[OfferedTutor]):
    cards_template = "courses/tutor_cards.html"

    def _read(self, pages: PageQuerySet[Any]) -> list[OfferedTutor]:
        return offered_tutors(pages)

    def _facets(self) -> list[tuple[str, str, str, Values]]:
        taught = [course for one in self.offered for course in one.taught]
        return [
            (
                "matiere",
                _("Matière"),
                _("Toutes"),
                _by_text((course.subject_slug, course.subject) for course in taught if course.subject),
            ),
            (
                "cours",
                _("Cours"),
                _("Tous"),
                _by_text((course.slug, course.title) for course in taught),
            ),
        ]

    def _cards(self, shown: Sequence[OfferedTutor]) -> list[TutorCard]:
        return tutor_cards(shown, self.request, when=self.choices.when)

    def count_text(self, number: int) -> str:
        if not number:
            return _("Aucun tuteur")
        return ngettext("%(number)s tuteur", "%(number)s tuteurs", number) % {"number": number}


def _by_text(pairs: Values) -> Values:
    """Each pair once, in the order of the alphabet, where é stands with e."""
    return sorted(set(pairs), key=lambda pair: fold(pair[1]))
