"""What frames every page: the brand, the menu and the foot."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest
from wagtail.models import Page, Site

from home.models import SiteSettings


@dataclass(frozen=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True)
class Chrome:
    settings: SiteSettings
    menu: list[Link] = field(default_factory=list)
    foot: list[Link] = field(default_factory=list)


def chrome_for(request: HttpRequest) -> Chrome:
    """The frame of the request's site; of a site without pages or settings, a plain one."""
    site = Site.find_for_request(request)
    if site is None:
        return Chrome(settings=SiteSettings())
    settings = SiteSettings.for_request(request)
    menu = site.root_page.get_children().live().in_menu() if site.root_page_id else Page.objects.none()
    return Chrome(
        settings=settings,
        menu=[Link(page.title, page.get_url(request) or "") for page in menu],
        foot=[Link(page.title, page.get_url(request) or "") for page in settings.live_footer_pages()],
    )
