"""Cross-cutting HTTP concerns."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from wagtail.views import serve

from home.chrome import frame_of


class ContentSecurityPolicy(CSPMiddleware):
    """The strict policy on the site, a looser one in the Wagtail admin, which still has inline scripts."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith(f"/{settings.ADMIN_PATH}"):
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY["DIRECTIVES"]
        return parts


class RememberedSite:
    """Wagtail looks for the site of each page that is asked for by a query: tell it the one that is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, *_: object) -> None:
        if view is serve:
            request._wagtail_site = frame_of(request).site  # type: ignore[attr-defined]
