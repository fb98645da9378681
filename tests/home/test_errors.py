"""What people read when something is not there, not theirs, or broken."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.views.defaults import permission_denied, server_error

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_missing_page_says_so_and_offers_search(client: Client) -> None:
    response = client.get("/nulle-part/")

    assert response.status_code == 404
    html = response.content.decode()
    assert "Cette page est introuvable" in html
    assert 'action="/recherche/"' in html


@pytest.mark.parametrize(
    ("member", "way_on"),
    [(True, 'href="/tableau-de-bord/">Mon tableau de bord'), (False, 'href="/connexion/">Se connecter')],
)
def test_a_page_of_others_is_refused_in_french_with_a_way_on(
    rf: RequestFactory, student: User, member: bool, way_on: str
) -> None:
    request = rf.get("/tableau-de-bord/honoraires/")
    request.user = student if member else AnonymousUser()
    request.session = SessionStore()
    response = permission_denied(request, PermissionDenied())

    assert response.status_code == 403
    html = response.content.decode()
    assert "Cette page ne vous est pas ouverte" in html
    assert way_on in html


def test_an_expired_form_says_that_nothing_was_sent() -> None:
    response = Client(enforce_csrf_checks=True).post("/deconnexion/")

    assert response.status_code == 403
    assert "Ce formulaire a expiré" in response.content.decode()


def test_the_page_of_a_breakdown_needs_neither_context_nor_database() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", None)
        response = server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    html = response.content.decode()
    assert "Une erreur est survenue de notre côté" in html
    assert '<html lang="fr-CA">' in html
    assert "style=" not in html
