"""Every address says who may open it, here and in its view, and keeps its word. A new one must be added."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import Role, User
from notifications import schedule
from tests.factories import logged_in, make_user

UUID = "6f2b7c1e-0d7e-4a55-9a7e-3f1f6a0f1c11"

# The route of each view of our own: who may open it.
OURS = {
    "vivant": "public",
    "pret": "public",
    "etat": "public",
    "robots.txt": "public",
    "sitemap.xml": "public",
    "marque/<str:accent>-<str:version>.css": "public",
    "connexion/": "public",
    "deconnexion/": "public",
    "inscription/": "public",
    "_util/login/": "public",
    "mot-de-passe/": "public",
    "mot-de-passe/envoye/": "public",
    "mot-de-passe/change/": "public",
    "mot-de-passe/<uidb64>/<token>/": "public",
    "tableau-de-bord/": "member",
    "tableau-de-bord/credits/": "student",
    "tableau-de-bord/evaluations/": "member",
    "tableau-de-bord/evaluations/<uuid:tutor>/<uuid:course>/": "student",
    "tableau-de-bord/profil/": "member",
    "tableau-de-bord/profil/mot-de-passe/": "member",
    "tableau-de-bord/profil/courriels/": "member",
    "courriels/<str:token>/": "public",
    "tableau-de-bord/profil/cartes/<uuid:pk>/retirer/": "member",
    "recherche/": "public",
    "recherche/suggestions/": "public",
    "creneaux/": "public",
    "creneaux/pourquoi/": "member",
    "panier/": "public",
    "panier/ajouter/": "public",
    "panier/<uuid:line>/retirer/": "public",
    "panier/<uuid:line>/reprendre/": "public",
    "panier/<uuid:line>/repeter/": "public",
    "panier/code/": "public",
    "panier/code/retirer/": "public",
    "rendez-vous/<uuid:pk>/calendrier.ics": "member",
    "rendez-vous/<uuid:pk>/annuler/": "member",
    "rendez-vous/<uuid:pk>/deplacer/": "member",
    "paiement/": "public",
    "paiement/annuler/": "public",
    "paiement/<uuid:checkout_id>/retour/": "public",
    "stripe/webhook/": "public",
}
# Wagtail's own, which carry no mark of ours, and why they may.
WAGTAILS = {
    r"documents/^(\d+)/(.*)$": "asks the document's collection who may have it",
    "documents/authenticate_with_password/<int:restriction_id>/": "takes the password of such a collection",
    "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/": "the same for a page",
    r"^((?:[\w\-]+/)*)$": "serves published pages, and asks each who may see it",
}
# What a person who is not logged in may open in the Wagtail admin.
OPEN_IN_ADMIN = {
    "admin/login/": "our own log-in page is before it",
    "admin/logout/": "by POST only",
    "admin/password_reset/": "our own",
    "admin/password_reset/done/": "our own",
    "admin/password_reset/complete/": "our own",
    "admin/jsi18n/": "translated words, nobody's data",
    "admin/sprite/": "icons",
}


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        else:
            yield from routes(pattern, route)


def outside_admin() -> dict[str, URLPattern]:
    """By route. Of two with one route, the first answers."""
    found: dict[str, URLPattern] = {}
    for route, pattern in routes():
        if not route.startswith(settings.ADMIN_PATH):
            found.setdefault(route, pattern)
    return found


def sample(route: str) -> str:
    path = re.sub(r"<uuid:\w+>", UUID, route)
    return "/" + re.sub(r"<\w+>", "x", path)


def ask(client: Client, path: str) -> HttpResponseBase:
    answer = client.get(path)
    return client.post(path) if answer.status_code == 405 else answer


def sends_to_log_in(answer: HttpResponseBase) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith(reverse("login") + "?")


def test_every_address_outside_the_admin_is_listed_and_marked_alike() -> None:
    marks = {
        route: getattr(pattern.callback, "access", None)
        for route, pattern in outside_admin().items()
        if route not in WAGTAILS
    }
    assert marks == OURS


def test_no_exception_is_listed_that_is_gone() -> None:
    assert set(WAGTAILS) <= set(outside_admin())
    assert set(OPEN_IN_ADMIN) <= {route for route, _ in routes()}


@pytest.fixture(autouse=True)
def no_task_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long ago these tests began: no clock runs here, and `/etat` says so after three minutes."""
    monkeypatch.setattr(schedule, "STARTED", timezone.now())


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return {role: make_user(role) for role in Role.values}


@pytest.mark.parametrize(("route", "access"), OURS.items())
def test_it_opens_for_those_it_says_and_for_nobody_else(
    route: str, access: str, people: dict[str, User]
) -> None:
    path = sample(route)

    visitor = ask(Client(), path)
    assert visitor.status_code < 500
    assert sends_to_log_in(visitor) == (access != "public")

    for role, person in people.items():
        client = logged_in(person)
        answer = ask(client, path)
        assert answer.status_code < 500
        assert not sends_to_log_in(answer)
        assert (answer.status_code == 403) == (access not in ("public", "member", role))


def test_nothing_in_the_admin_opens_for_visitors_students_and_tutors(people: dict[str, User]) -> None:
    visitor, student, tutor = Client(), Client(), Client()
    student.force_login(people[Role.STUDENT])
    tutor.force_login(people[Role.TUTOR])
    paths = {
        "/" + route
        for route, _ in routes()
        if route.startswith(settings.ADMIN_PATH)
        and route not in OPEN_IN_ADMIN
        and not re.search(r"[<(^]", route)
    }
    assert len(paths) > 60

    for path in sorted(paths):
        assert ask(visitor, path).status_code == 302, path
        for client in (student, tutor):
            assert ask(client, path).status_code in (302, 403), path
