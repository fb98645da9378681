"""What is no page of an editor's: search, the colours of the brand, and what search engines may look at."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_safe

from accounts.access import public
from accounts.limits import too_many
from home import colours
from home.search import clean_query, find_pages, may_search, suggest

MOST_RESULTS = 30
MOST_SUGGESTIONS = 6


@public
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    query = clean_query(request.GET.get("q", ""))
    if query and not may_search(request):
        return too_many(request)
    found = find_pages(query, limit=MOST_RESULTS)
    return render(request, "home/search.html", {"query": query, "results": found.pages, "near": found.near})


@public
@require_GET
def suggestions(request: HttpRequest) -> HttpResponse:
    """Pages for what is being typed, as links below the field. Too often, or nothing: an empty list."""
    query = clean_query(request.GET.get("q", ""))
    allowed = bool(query) and may_search(request, suggestions=True)
    found = suggest(query, limit=MOST_SUGGESTIONS) if allowed else []
    return render(request, "home/search_suggestions.html", {"query": query, "pages": found})


@public
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    context = {"admin": f"/{settings.ADMIN_PATH}", "site_url": settings.SITE_URL.rstrip("/")}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")


@public
@require_safe
@cache_control(public=True, max_age=60 * 60 * 24 * 365, immutable=True)
def accent(request: HttpRequest, accent: str, version: str) -> HttpResponse:
    """The shades of the brand's colour. All of it is in the address: no query, and never another answer."""
    try:
        shades = colours.palette(f"#{accent}")
    except ValidationError as error:
        raise Http404 from error
    if version != shades.version():
        raise Http404
    return HttpResponse(shades.css(), content_type="text/css; charset=utf-8")
