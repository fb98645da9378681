"""What the browser is told on the site, and in the Wagtail admin."""

from __future__ import annotations

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories import PASSWORD


def policy(answer: HttpResponseBase) -> dict[str, set[str]]:
    directives = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in directives}


def test_the_site_allows_no_inline_script_or_style(client: Client, db: None) -> None:
    told = policy(client.get(reverse("login")))
    assert "'unsafe-inline'" not in {source for sources in told.values() for source in sources}
    assert told["default-src"] == told["style-src"] == told["form-action"] == {"'self'"}
    assert told["object-src"] == told["base-uri"] == {"'none'"}
    assert told["frame-ancestors"] == {"'self'"}


def test_the_admin_allows_the_inline_scripts_that_wagtail_still_has_and_no_more(
    client: Client, admin: User
) -> None:
    client.force_login(admin)
    told = policy(client.get(reverse("wagtailadmin_home")))
    assert "'unsafe-inline'" in told["script-src"]
    assert "'unsafe-eval'" not in told["script-src"]
    assert told["default-src"] == told["form-action"] == {"'self'"}
    assert told["object-src"] == {"'none'"}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ],
)
def test_other_headers(client: Client, db: None, header: str, value: str) -> None:
    assert client.get(reverse("login")).headers[header] == value


def test_the_session_cookie_is_not_for_scripts_nor_for_other_sites(client: Client, student: User) -> None:
    client.post(reverse("login"), {"username": student.email, "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
