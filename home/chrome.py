"""What frames every page: its site, brand, menu and foot. Made once, then kept until an editor changes it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from wagtail.images.models import Image
from wagtail.images.shortcuts import get_rendition_or_not_found
from wagtail.models import Site

from accounts.brand import Brand
from home import colours
from home.pictures import SHARED

if TYPE_CHECKING:
    from home.brand import SiteSettings

NAME: str = settings.WAGTAIL_SITE_NAME
GENERATION = "home.chrome.generation"
_SECONDS = 60 * 60

Made = TypeVar("Made")


@dataclass(frozen=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True)
class Picture:
    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Logo:
    light: Picture
    dark: Picture | None
    says_name: bool
    """The school's name is in it, and need not be written beside it."""


@dataclass(frozen=True)
class Chrome:
    brand: str = NAME
    tagline: str = ""
    logo: Logo | None = None
    """None: the lantern that the house draws."""
    icon: Picture | None = None
    """A logo that is about square, small, for the browser's tab."""
    sharing: Picture | None = None
    accent_url: str = ""
    """The stylesheet of an accent that is not the house's; its address changes with the colour."""
    email: str = ""
    phone: str = ""
    hours: str = ""
    address: tuple[str, ...] = ()
    """Line by line."""
    footer_text: str = ""
    menu: tuple[Link, ...] = ()
    foot: tuple[Link, ...] = ()
    legal: tuple[Link, ...] = ()
    social: tuple[Link, ...] = ()
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
        frame = _remembered(f"home.frame.{request.get_host()}", lambda: _from_database(request))
        request.frame = frame  # type: ignore[attr-defined]
    return frame


def _remembered(key: str, make: Callable[[], Made]) -> Made:
    """What was made in the generation that still stands; else made anew and kept."""
    known: dict[str, Any] = cache.get_many([GENERATION, key])
    generation = known.get(GENERATION)
    if generation and key in known and known[key][0] == generation:
        kept: Made = known[key][1]
        return kept
    made = make()
    cache.set(key, (generation or forget(), made), _SECONDS)
    return made


def forget() -> str:
    """Start a new generation: frames of an older one are made anew, whatever host they were kept for."""
    generation = uuid.uuid4().hex
    cache.set(GENERATION, generation, None)
    return generation


def forget_after_commit(**_signal: Any) -> None:
    """For signals: before the commit, another request would only keep the old frame again."""
    transaction.on_commit(forget)


def mail_brand() -> Brand:
    """The default site's name, tagline and accent, for e-mails: they are written without a request. One look
    into the cache, and one query when it isn't there.
    """
    return _remembered("home.chrome.brand", _default_brand)


def _default_brand() -> Brand:
    model = apps.get_model("home.SiteSettings")
    chosen = (
        model.objects.filter(site__is_default_site=True).values_list("brand", "tagline", "accent").first()
    )
    name, tagline, accent = chosen or (NAME, "", colours.HOUSE)
    light, dark = colours.palette(accent)
    return Brand(name, tagline, light.fill, light.ink, dark.fill, dark.ink)


def _from_database(request: HttpRequest) -> Frame:
    site = Site.find_for_request(request)
    if site is None:
        return Frame(None, Chrome())
    return frame_with(site, apps.get_model("home.SiteSettings").for_site(site), request)


def frame_with(site: Site, brand: SiteSettings, request: HttpRequest) -> Frame:
    """The frame made anew, with a brand that need not be saved."""
    return Frame(_with_shallow_root(site), _chrome(site, brand, request))


def _with_shallow_root(site: Site) -> Site:
    site.root_page = site.root_page.specific_deferred
    return site


def _chrome(site: Site, brand: SiteSettings, request: HttpRequest) -> Chrome:
    return Chrome(
        brand=brand.brand,
        tagline=brand.tagline,
        logo=_logo(brand),
        icon=_icon(brand.logo),
        sharing=_drawn(brand.sharing_image, SHARED.all_specs[0]),
        accent_url=accent_url(brand.accent),
        email=brand.email,
        phone=brand.phone,
        hours=brand.hours,
        address=tuple(line.strip() for line in brand.address.splitlines() if line.strip()),
        footer_text=brand.footer_text,
        menu=_links(site.root_page.get_children().live().public().in_menu(), request),
        foot=_links(brand.live_footer_pages(), request),
        legal=_links(brand.legal_pages(), request),
        social=tuple(Link(link.value["network"], link.value["url"]) for link in brand.social_links),
        sections={
            page.path: Link(page.title, page.get_full_url(request) or "")
            for page in site.root_page.get_descendants(inclusive=True).live().public().filter(numchild__gt=0)
        },
    )


def accent_url(accent: str) -> str:
    """Where the shades of an accent are; empty for the house's own, which every page has anyhow."""
    if accent == colours.HOUSE:
        return ""
    shades = colours.palette(accent)
    return reverse("accent", kwargs={"accent": accent.removeprefix("#"), "version": shades.version()})


def _logo(brand: SiteSettings) -> Logo | None:
    # Three times the height at which it is shown, for the sharpest screens.
    light, dark = (_drawn(image, "height-108|format-webp") for image in (brand.logo, brand.logo_dark))
    return Logo(light, dark, brand.logo_says_name) if light else None


def _icon(logo: Image | None) -> Picture | None:
    square = logo is not None and 0.8 <= logo.width / logo.height <= 1.25
    return _drawn(logo, "fill-96x96|format-png") if square else None


def _drawn(image: Image | None, spec: str) -> Picture | None:
    if image is None:
        return None
    rendition = get_rendition_or_not_found(image, spec)
    return Picture(rendition.url, rendition.width, rendition.height)


def _links(pages: Any, request: HttpRequest) -> tuple[Link, ...]:
    return tuple(Link(page.title, page.get_url(request) or "") for page in pages)
