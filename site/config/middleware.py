"""Cross-cutting HTTP concerns."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers


class LateRequestsKeepTheSession(SessionMiddleware):
    """Django takes the cookie of a session that is gone away. A request that was under way while its browser
    was logged in comes too late with the old key: it would take the new cookie away, and log the person out.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        # Logging out empties the session too, and says so.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and session.is_empty() and not session.modified:
            patch_vary_headers(response, ["Cookie"])
            return response
        return super().process_response(request, response)


class ContentSecurityPolicy(CSPMiddleware):
    """The strict policy on the site, a looser one in the Wagtail admin, which still has inline scripts."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and request.path_info.startswith(f"/{settings.ADMIN_PATH}"):
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY["DIRECTIVES"]
        return parts
