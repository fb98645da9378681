"""What a page tells those who list it or show a link to it: search engines, social networks, messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.safestring import SafeString
from wagtail.models import Page
from wagtail.rich_text import get_text_for_indexing

from home import structured
from home.chrome import Chrome, Frame
from home.structured import Node


class Drawn(Protocol):
    """An image in one size: a rendition, or what an app keeps of one."""

    @property
    def url(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


@dataclass(frozen=True)
class Picture:
    url: str
    width: int
    height: int

    @property
    def wide(self) -> bool:
        return self.width >= 1.5 * self.height


@dataclass(frozen=True)
class Sharing:
    title: str
    description: str
    address: str
    """The one address of the page; empty while it is being written."""
    listed: bool
    """Whether search engines may show it."""
    picture: Picture
    """Its address is whole, with its host."""
    facts: SafeString


def sharing_of(
    page: Page,
    request: HttpRequest,
    frame: Frame,
    *,
    picture: Drawn | None = None,
    number: int = 1,
    narrowed: bool = False,
    facts: Iterable[Node | None] = (),
) -> Sharing:
    """All of it for one page, without a query.

    `number`: which page of a long list is shown. `narrowed`: the list shows a part of what it has, which is
    the same list for search engines. `facts`: what the page is about, beside what every page tells.
    """
    address: str = (page.get_full_url(request) or "") if page.pk else ""
    home = home_address(frame)
    picture = picture or picture_without_one(frame.chrome)
    return Sharing(
        title=title_of(page),
        description=description_of(page),
        address=f"{address}?page={number}" if address and number > 1 and not narrowed else address,
        listed=bool(address) and not narrowed and not getattr(request, "is_preview", False),
        picture=Picture(urljoin(home, picture.url), picture.width, picture.height),
        facts=structured.script(
            [
                school(frame),
                structured.breadcrumbs(_trail(page, address, frame.chrome)),
                *facts,
                structured.questions(_asked(page)),
            ]
        ),
    )


def picture_without_one(chrome: Chrome) -> Drawn:
    """What links to a page without a picture of its own show: the brand's, else the house's."""
    return chrome.sharing or Picture(static("img/sharing.jpg"), 1200, 630)


def home_address(frame: Frame) -> str:
    """The whole address of the site's home page."""
    root = frame.site.root_url if frame.site else settings.SITE_URL.rstrip("/")
    return f"{root}/"


def school(frame: Frame) -> Node:
    home, chrome = home_address(frame), frame.chrome
    return structured.organization(
        url=home,
        name=chrome.brand,
        logo=urljoin(home, chrome.logo.light.url if chrome.logo else static("img/favicon.svg")),
        description=chrome.tagline,
        email=chrome.email,
        telephone=chrome.phone,
        address=", ".join(chrome.address),
        elsewhere=[link.url for link in chrome.social],
    )


def title_of(page: Page) -> str:
    """The editor's words for search engines, else those that head the page."""
    return str(page.seo_title or getattr(page, "headline", "") or page.title)


def description_of(page: Page) -> str:
    """The editor's sentence for search engines, else the introduction, on one line; empty without either."""
    return " ".join((page.search_description or getattr(page, "intro", "")).split())


def _trail(page: Page, address: str, chrome: Chrome) -> list[tuple[str, str]]:
    """From the home page down to this one; nothing while it has no place in the tree."""
    if not address:
        return []
    above = (page.path[: Page.steplen * depth] for depth in range(1, page.depth))
    links = (chrome.sections[path] for path in above if path in chrome.sections)
    return [*((link.title, link.url) for link in links), (page.title, address)]


def _asked(page: Any) -> Iterable[tuple[str, str]]:
    for block in getattr(page, "body", ()):
        if block.block_type == "questions":
            for item in block.value["items"]:
                answer = " ".join(get_text_for_indexing(item["answer"].source).split())
                yield item["question"], answer
