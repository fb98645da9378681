"""Reading the pages of booking as a person would: days, times, hidden fields."""

from __future__ import annotations

import html
import re

from django.test import Client

from courses.models import Course, Tutor

HTMX = {"HX-Request": "true"}
UNTIL_11 = [(weekday, 9 * 60, 11 * 60) for weekday in range(7)]
WEDNESDAY_ONLY = [(2, 9 * 60, 10 * 60)]


def text_of(markup: str) -> str:
    """The words of a page, tags away and plain spaces for all others."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup)).replace("\xa0", " ")).strip()


def times_by_day(markup: str) -> dict[str, list[str]]:
    """What the picker offers: `{"mardi 12 janvier 2027": ["9 h", "9 h 30", …]}`."""
    found = {}
    for legend, body in re.findall(
        r'<fieldset class="day".*?<legend.*?>(.*?)</legend>(.*?)</fieldset>', markup, re.S
    ):
        found[text_of(legend)] = [text_of(label) for label in re.findall(r"<label.*?</label>", body, re.S)]
    return found


def starts(markup: str) -> list[str]:
    """The values of the radio buttons."""
    return re.findall(r'name="debut" value="([^"]+)"', markup)


def week_title(markup: str) -> str:
    found = re.search(r'<h3 class="picker-week".*?</h3>', markup, re.S)
    return text_of(found.group()) if found else ""


def links(markup: str) -> dict[str, str]:
    """Links by their words."""
    return {
        text_of(words): html.unescape(address)
        for address, words in re.findall(r'<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', markup, re.S)
    }


def fragment(client: Client, course: Course, **query: str) -> str:
    """The picker of a course, as HTMX gets it."""
    response = client.get("/creneaux/", {"cours": str(course.public_id), **query}, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def tutor_fragment(client: Client, tutor: Tutor, **query: str) -> str:
    """The picker of a tutor's own page."""
    response = client.get(
        "/creneaux/", {"par": "tuteur", "tuteur": str(tutor.public_id), **query}, headers=HTMX
    )
    return response.content.decode()
