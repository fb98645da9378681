"""Search: the one page of the site that is no Wagtail page."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import public
from accounts.limits import client_address, within_limit
from home.search import find_pages

LONGEST_QUERY = 200
MOST_RESULTS = 30
SEARCHES_A_MINUTE = 60


@public
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    if query and not within_limit("search", client_address(request), limit=SEARCHES_A_MINUTE, seconds=60):
        response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = "60"
        return response
    results = find_pages(query, limit=MOST_RESULTS)
    return render(request, "home/search.html", {"query": query, "results": results})
