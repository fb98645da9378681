"""Search: the one page of the site that is no Wagtail page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import public
from home.search import find_pages

LONGEST_QUERY = 200
MOST_RESULTS = 30


@public
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    results = find_pages(query, limit=MOST_RESULTS)
    return render(request, "home/search.html", {"query": query, "results": results})
