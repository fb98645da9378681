"""The guards of views: who is let in, and where the others are sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views.generic import View
from django_htmx.middleware import HtmxDetails

from accounts.access import admin, member, public, student, tutor
from accounts.models import Role, User


def request_of(
    user: User | AnonymousUser, method: str = "get", path: str = "/page/?a=1", **headers: str
) -> HttpRequest:
    request: HttpRequest = getattr(RequestFactory(), method)(path, headers=headers)
    request.user = user
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    return request


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ouvert")


class PageView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("ouvert")


@pytest.mark.parametrize("guarded_view", [view, PageView.as_view()])
@pytest.mark.parametrize(
    ("guard", "may"),
    [
        (member, {"student", "tutor", "editor", "admin"}),
        (student, {"student"}),
        (tutor, {"tutor"}),
        (admin, {"admin"}),
    ],
)
def test_a_guard_lets_in_its_roles_only(guard: Any, may: set[str], guarded_view: Any) -> None:
    opened = set()
    for role in Role.values:
        try:
            response = guard(guarded_view)(request_of(User(role=role)))
        except PermissionDenied:
            continue
        assert response.content == b"ouvert"
        opened.add(role)

    assert opened == may


@pytest.mark.parametrize("guard", [member, student, tutor, admin])
def test_without_a_session_a_guard_asks_to_log_in_and_come_back(guard: Any) -> None:
    response = guard(view)(request_of(AnonymousUser()))

    assert (response.status_code, response["Location"]) == (302, "/connexion/?next=/page/%3Fa%3D1")


def test_a_public_view_is_open_to_anybody() -> None:
    assert public(view)(request_of(AnonymousUser())).content == b"ouvert"


def test_a_fragment_asked_for_after_the_session_ended_sends_the_whole_page_to_the_log_in() -> None:
    request = request_of(
        AnonymousUser(),
        path="/fragment/",
        **{"HX-Request": "true", "HX-Current-URL": "http://testserver/tableau-de-bord/?page=2"},
    )

    response = member(view)(request)

    assert response.status_code == 200
    assert response["HX-Redirect"] == "/connexion/?next=/tableau-de-bord/%3Fpage%3D2"
    assert b"ouvert" not in response.content


@pytest.mark.parametrize(
    ("referrer", "wanted"),
    [
        ("http://testserver/panier/?a=1#b", "/panier/%3Fa%3D1"),
        ("https://mechant.example/panier/", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_after_the_session_ended_comes_back_to_its_page(referrer: str, wanted: str) -> None:
    response = member(view)(request_of(AnonymousUser(), "post", "/panier/ajouter/", Referer=referrer))

    assert response["Location"] == f"/connexion/?next={wanted}"


def test_what_one_person_sees_is_never_stored() -> None:
    response = member(view)(request_of(User(role=Role.STUDENT)))

    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
