"""Every view says who may open it; a test walks all URLs and fails on one that doesn't.

The decorators take functions and what `as_view()` returns. Which rows a person sees is another question,
answered by `visible_to` on the querysets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.models import Role, User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def public(view: View) -> View:
    """Anybody may open it."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def _only(access: str, *roles: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not user.is_authenticated:
                return _ask_to_log_in(request)
            if roles and user.role not in roles:
                raise PermissionDenied
            response = view(request, *args, **kwargs)
            # What only one person may see must not come back with the Back button after a log-out.
            add_never_cache_headers(response)
            return response

        guarded.access = access  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


member = _only("member")
student = _only("student", Role.STUDENT)
tutor = _only("tutor", Role.TUTOR)
admin = _only("admin", Role.ADMIN)


def home_of(user: User) -> str:
    """The name of the page where somebody's work begins."""
    return "wagtailadmin_home" if user.is_staff else "dashboard"


def may_go(user: User, url: str) -> bool:
    """Whether a log-in may lead on to this address of ours: Wagtail sends back who may not, forever."""
    inside_admin = urlsplit(url).path.startswith(f"/{settings.ADMIN_PATH}")
    return not inside_admin or user.has_perm("wagtailadmin.access_admin")


def _ask_to_log_in(request: HttpRequest) -> HttpResponseBase:
    login = redirect_to_login(_page_of(request))
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if htmx:
        # A redirect would be followed by the fragment's request, and the log-in page swapped into the page.
        return HttpResponseClientRedirect(login.url)
    return login


def _page_of(request: HttpRequest) -> str:
    """The page to come back to after logging in: the one looked at, never a fragment nor a form's target."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    if htmx:
        return htmx.current_url_abs_path or "/"
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    referrer = request.headers.get("referer", "")
    if not url_has_allowed_host_and_scheme(referrer, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    return urlsplit(referrer)._replace(scheme="", netloc="", fragment="").geturl() or "/"
