"""Published pages are drawn once for all visitors, but for their live parts (`home.live`).

A kept page belongs to a generation, which ends when an editor or an administrator changes anything that
pages show (`home.chrome.forget`). Who is logged in has every page drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from wagtail.models import Page
from wagtail.views import serve

from home.chrome import GENERATION, forget, frame_of
from home.live import Gaps, Still

SECONDS = 60
"""The longest that a page is kept, should a change not have been noticed."""


class Kept(NamedTuple):
    generation: str
    still: Still
    headers: dict[str, str]
    live_query: frozenset[str]
    """What an address may ask of the live parts: still ones are the same whatever it says by these names."""


class KeptPages:
    """Middleware around Wagtail's pages. It also tells Wagtail their site, which is known, and which Wagtail
    would look for by a query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        gaps: Gaps | None = getattr(request, "gaps", None)
        if gaps is None or response.streaming or not isinstance(response, HttpResponse):
            return response
        request.gaps = None  # type: ignore[attr-defined]
        still = gaps.still(response.text)
        if generation := _may_keep(request, response):
            _keep(request, response, still, generation)
        if still.gaps:
            response.content = still.filled(request).encode()
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if view is not serve:
            return None
        if _is_for_all(request):
            key = _key(request)
            known = cache.get_many([GENERATION, key])
            request.generation = known.get(GENERATION) or forget()  # type: ignore[attr-defined]
            kept: Kept | None = known.get(key)
            if kept and kept.generation == request.generation and request.GET.keys() <= kept.live_query:  # type: ignore[attr-defined]
                return HttpResponse(kept.still.filled(request), headers=kept.headers)
        request._wagtail_site = frame_of(request).site  # type: ignore[attr-defined]
        request.gaps = Gaps()  # type: ignore[attr-defined]
        return None


def _is_for_all(request: HttpRequest) -> bool:
    return (
        request.method in ("GET", "HEAD")
        and not getattr(request, "htmx", False)
        and not request.user.is_authenticated
    )


def _may_keep(request: HttpRequest, response: HttpResponse) -> str | None:
    """The generation to keep a page for, None where it is not one for everybody."""
    page = (getattr(response, "context_data", None) or {}).get("page")
    fits = (
        isinstance(page, Page)
        and response.status_code == 200
        and not request.GET
        and not response.cookies
        and not connection.in_atomic_block  # it shows what nobody else can see yet
        and not page.get_view_restrictions()
    )
    return getattr(request, "generation", None) if fits else None


def _keep(request: HttpRequest, response: HttpResponse, still: Still, generation: str) -> None:
    page: Page = response.context_data["page"]  # type: ignore[attr-defined]
    live_query: frozenset[str] = getattr(page, "live_query", frozenset())
    cache.set(_key(request), Kept(generation, still, dict(response.headers), live_query), SECONDS)


def _key(request: HttpRequest) -> str:
    return f"home.kept.{request.scheme}.{request.get_host()}{request.path}"
