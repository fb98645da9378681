"""What the views that HTMX calls have in common."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django_htmx.middleware import HtmxDetails


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


def page_path(request: HtmxRequest) -> str:
    """The path of the page that a fragment goes into; of the picker's own page where there is none."""
    current = request.htmx.current_url_abs_path
    return urlsplit(current).path if current else reverse("picker")
