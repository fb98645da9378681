"""What frames every page: its site, brand, menu and foot. Made once, then kept until an editor changes it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from wagtail.models import Site

from home.models import SiteSettings

_GENERATION = "home.chrome.generation"
_SECONDS = 60 * 60


@dataclass(frozen=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True)
class Chrome:
    brand: str = SiteSettings._meta.get_field("brand").default
    tagline: str = ""
    email: str = ""
    phone: str = ""
    hours: str = ""
    footer_text: str = ""
    menu: tuple[Link, ...] = ()
    foot: tuple[Link, ...] = ()
    sections: Mapping[str, Link] = field(default_factory=dict)
    """The published pages that have others below, by their path in the tree; with whole addresses."""


class Frame(NamedTuple):
    site: Site | None
    """As `Site.find_for_request` gives it, which takes three queries with its root; of the root, only what
    leads to the pages below.
    """
    chrome: Chrome


def frame_of(request: HttpRequest) -> Frame:
    """The frame of the request's pages: one look into the cache a request, no query, once it is there."""
    frame: Frame | None = getattr(request, "frame", None)
    if frame is None:
        frame = request.frame = _remembered(request)  # type: ignore[attr-defined]
    return frame


def _remembered(request: HttpRequest) -> Frame:
    key = f"home.frame.{request.get_host()}"
    known = cache.get_many([_GENERATION, key])
    generation = known.get(_GENERATION)
    if generation and key in known and known[key][0] == generation:
        frame: Frame = known[key][1]
        return frame
    frame = _from_database(request)
    cache.set(key, (generation or forget(), frame), _SECONDS)
    return frame


def forget() -> str:
    """Start a new generation: frames of an older one are made anew, whatever host they were kept for."""
    generation = uuid.uuid4().hex
    cache.set(_GENERATION, generation, None)
    return generation


def forget_after_commit(**_signal: Any) -> None:
    """For signals: before the commit, another request would only keep the old frame again."""
    transaction.on_commit(forget)


def _from_database(request: HttpRequest) -> Frame:
    site = Site.find_for_request(request)
    if site is None:
        return Frame(None, Chrome())
    settings = SiteSettings.for_request(request)
    chrome = Chrome(
        brand=settings.brand,
        tagline=settings.tagline,
        email=settings.email,
        phone=settings.phone,
        hours=settings.hours,
        footer_text=settings.footer_text,
        menu=_links(site.root_page.get_children().live().public().in_menu(), request),
        foot=_links(settings.live_footer_pages(), request),
        sections={
            page.path: Link(page.title, page.get_full_url(request) or "")
            for page in site.root_page.get_descendants(inclusive=True).live().public().filter(numchild__gt=0)
        },
    )
    site.root_page = site.root_page.specific_deferred
    return Frame(site, chrome)


def _links(pages: Any, request: HttpRequest) -> tuple[Link, ...]:
    return tuple(Link(page.title, page.get_url(request) or "") for page in pages)
