"""Every view says who may open it; a test walks all URLs and fails on one that doesn't.

Which rows a person sees is another question, answered by `visible_to` on the querysets.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from accounts.models import Role

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
                return redirect_to_login(request.get_full_path())
            if roles and user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = access  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


member = _only("member")
student = _only("student", Role.STUDENT)
tutor = _only("tutor", Role.TUTOR)
admin = _only("admin", Role.ADMIN)
