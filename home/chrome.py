"""What frames every page: brand, menu and foot. Made once, then kept until an editor changes it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

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


def chrome_for(request: HttpRequest) -> Chrome:
    """The frame of the request's site: one look into the cache, no query, once it is there."""
    key = f"home.chrome.{request.get_host()}"
    known = cache.get_many([_GENERATION, key])
    generation = known.get(_GENERATION)
    if generation and key in known and known[key][0] == generation:
        chrome: Chrome = known[key][1]
        return chrome
    chrome = _from_database(request)
    cache.set(key, (generation or forget(), chrome), _SECONDS)
    return chrome


def forget() -> str:
    """Start a new generation: frames of an older one are made anew, whatever host they were kept for."""
    generation = uuid.uuid4().hex
    cache.set(_GENERATION, generation, None)
    return generation


def forget_after_commit(**_signal: Any) -> None:
    """For signals: before the commit, another request would only keep the old frame again."""
    transaction.on_commit(forget)


def _from_database(request: HttpRequest) -> Chrome:
    site = Site.find_for_request(request)
    if site is None:
        return Chrome()
    settings = SiteSettings.for_request(request)
    return Chrome(
        brand=settings.brand,
        tagline=settings.tagline,
        email=settings.email,
        phone=settings.phone,
        hours=settings.hours,
        footer_text=settings.footer_text,
        menu=_links(site.root_page.get_children().live().public().in_menu(), request),
        foot=_links(settings.live_footer_pages(), request),
    )


def _links(pages: Any, request: HttpRequest) -> tuple[Link, ...]:
    return tuple(Link(page.title, page.get_url(request) or "") for page in pages)
