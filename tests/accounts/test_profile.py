"""People change their own name, telephone and password, and nothing else."""

from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from accounts.models import Role, User
from tests.factories import PASSWORD, logged_in, make_user

pytestmark = pytest.mark.django_db

PROFILE = "/tableau-de-bord/profil/"
NEW_PASSWORD = "/tableau-de-bord/profil/mot-de-passe/"
NEW = "sept-lampes-au-vent"


@pytest.mark.parametrize("role", Role.values)
def test_everybody_has_a_profile(client: Client, role: str) -> None:
    client.force_login(make_user(role))

    assert client.get(PROFILE).status_code == 200


def test_without_a_session_the_profile_asks_to_log_in(client: Client) -> None:
    assert client.get(PROFILE).headers["Location"] == "/connexion/?next=/tableau-de-bord/profil/"


def test_name_and_telephone_are_changed(client: Client, student: User) -> None:
    client.force_login(student)

    response = client.post(
        PROFILE, {"first_name": "Zoë", "last_name": "Roy-Côté", "phone": "514 555-0199"}, follow=True
    )

    assert response.redirect_chain == [(PROFILE, 302)]
    assert "Vos coordonnées sont à jour." in response.content.decode()
    student.refresh_from_db()
    assert (student.first_name, student.last_name, student.phone) == ("Zoë", "Roy-Côté", "514 555-0199")


def test_role_address_and_rights_are_out_of_reach(client: Client, student: User) -> None:
    client.force_login(student)

    client.post(
        PROFILE,
        {
            "first_name": "Zoé",
            "last_name": "Roy",
            "email": "autre@exemple.ca",
            "role": "admin",
            "is_superuser": "on",
            "groups": "1",
        },
    )

    student.refresh_from_db()
    assert (student.email, student.role, student.is_superuser) == ("eleve@exemple.ca", "student", False)
    assert not student.groups.exists()


def test_an_empty_name_is_sent_back_and_shown_nowhere_else(client: Client, student: User) -> None:
    client.force_login(student)

    response = client.post(PROFILE, {"first_name": "", "last_name": "Roy"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "Il reste quelque chose à corriger" in page
    assert '<a href="#id_first_name">Prénom</a>' in page
    assert '<span class="wide-only">Zoé</span>' in page


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(client: Client, student: User) -> None:
    client.force_login(student)
    elsewhere = logged_in(student)

    response = client.post(
        NEW_PASSWORD, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}, follow=True
    )

    assert response.redirect_chain == [(PROFILE, 302)]
    assert "Votre mot de passe est changé." in response.content.decode()
    assert SESSION_KEY in client.session
    assert elsewhere.get(PROFILE).status_code == 302
    student.refresh_from_db()
    assert student.check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("pas-le-bon-mot", NEW, "Votre ancien mot de passe est incorrect."),
        (PASSWORD, "court", "Il doit contenir au minimum 10 caractères."),
    ],
)
def test_a_new_password_takes_the_old_one_and_the_rules(
    client: Client, student: User, old: str, new: str, reason: str
) -> None:
    client.force_login(student)

    response = client.post(NEW_PASSWORD, {"old_password": old, "new_password1": new, "new_password2": new})

    assert response.status_code == 422
    assert reason in response.content.decode()
    student.refresh_from_db()
    assert student.check_password(PASSWORD)


def test_a_new_password_is_changed_by_form_only(client: Client, student: User) -> None:
    client.force_login(student)

    assert client.get(NEW_PASSWORD).status_code == 405
