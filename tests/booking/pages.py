"""Reading the pages of booking as a person would: days, times, hidden fields."""

from __future__ import annotations

import html
import re

HTMX = {"HX-Request": "true"}


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
