"""Admins make, change and close accounts in the Wagtail admin; nobody types a password for somebody else."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Role, User
from tests.accounts.mailing import delivered_mails
from tests.factories import logged_in, make_user

pytestmark = pytest.mark.django_db

PERSON = {"email": "maude@exemple.ca", "first_name": "Maude", "last_name": "Gagnon", "phone": ""}


def edit_url(user: User) -> str:
    return reverse("wagtailusers_users:edit", args=[user.pk])


def form_of(user: User, **changes: str) -> dict[str, str]:
    return {
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "role": user.role,
        "is_active": "on",
        **changes,
    }


def test_a_new_tutor_gets_a_link_to_choose_a_password(
    office: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    page = office.get("/admin/users/new/").content.decode()
    assert "password" not in page.partition("<form")[2]

    with delivered_mails() as mails, django_capture_on_commit_callbacks(execute=True):
        response = office.post("/admin/users/new/", {**PERSON, "email": "Maude@Exemple.ca", "role": "tutor"})

    assert (response.status_code, response.headers["Location"]) == (302, "/admin/users/")
    tutor = User.objects.get(email="maude@exemple.ca")
    assert (tutor.role, tutor.has_usable_password()) == (Role.TUTOR, False)
    assert [(sent.to, sent.subject) for sent in mails] == [
        (["maude@exemple.ca"], "Bienvenue chez Fanal : choisissez votre mot de passe")
    ]
    link = re.search(r"http://127\.0\.0\.1:8000(/mot-de-passe/\S+)", str(mails[0].body))
    assert link
    visitor = Client()
    form = visitor.get(link[1], follow=True).redirect_chain[-1][0]
    visitor.post(form, {"new_password1": "sept-lampes-au-vent", "new_password2": "sept-lampes-au-vent"})
    answer = visitor.post("/connexion/", {"username": "maude@exemple.ca", "password": "sept-lampes-au-vent"})
    assert answer.headers["Location"] == "/tableau-de-bord/"


def test_a_new_editor_enters_the_admin(office: Client) -> None:
    office.post("/admin/users/new/", {**PERSON, "role": "editor"})

    editor = User.objects.get(email="maude@exemple.ca")
    assert [group.name for group in editor.groups.all()] == ["Édition"]


def test_an_address_that_has_an_account_is_refused(office: Client) -> None:
    make_user(email="maude@exemple.ca")

    response = office.post("/admin/users/new/", {**PERSON, "email": "MAUDE@exemple.ca", "role": "tutor"})

    assert response.status_code == 200
    assert "Ce courriel a déjà un compte." in response.content.decode()
    assert User.objects.filter(email__iexact="maude@exemple.ca").count() == 1


def test_a_changed_role_takes_the_groups_along(office: Client) -> None:
    person = make_user(Role.EDITOR)

    response = office.post(edit_url(person), form_of(person, role="student", first_name="Zoë"))

    assert response.status_code == 302
    person.refresh_from_db()
    assert (person.role, person.first_name) == ("student", "Zoë")
    assert not person.groups.exists()
    assert not person.has_perm("wagtailadmin.access_admin")


def test_a_closed_account_is_thrown_out_and_kept(office: Client, student: User) -> None:
    browser = logged_in(student)
    form = form_of(student)
    del form["is_active"]

    office.post(edit_url(student), form)

    student.refresh_from_db()
    assert not student.is_active
    assert browser.get("/tableau-de-bord/profil/").status_code == 302


def test_rights_and_groups_are_no_fields(office: Client, student: User) -> None:
    direction = Group.objects.get(name="Direction")

    office.post(edit_url(student), form_of(student, is_superuser="on", groups=str(direction.pk)))

    student.refresh_from_db()
    assert not student.is_superuser
    assert not student.groups.exists()


def test_an_admin_can_neither_demote_nor_close_oneself(office: Client, admin: User) -> None:
    page = office.get(edit_url(admin)).content.decode()
    assert 'name="role"' not in page
    assert 'name="is_active"' not in page

    form = form_of(admin, role="student")
    del form["is_active"]
    assert office.post(edit_url(admin), form).status_code == 302

    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == ("admin", True)
    assert [group.name for group in admin.groups.all()] == ["Direction"]


def test_a_superuser_is_changed_by_superusers_only(office: Client) -> None:
    above = User.objects.create_superuser("racine@exemple.ca", first_name="Ra", last_name="Cine")

    office.post(edit_url(above), form_of(above, email="direction2@exemple.ca"))
    above.refresh_from_db()
    assert above.email == "racine@exemple.ca"

    office.force_login(above)
    office.post(edit_url(above), form_of(above, email="sommet@exemple.ca"))
    above.refresh_from_db()
    assert above.email == "sommet@exemple.ca"


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_deletes_an_account(office: Client, student: User, superuser: bool) -> None:
    if superuser:
        office.force_login(
            User.objects.create_superuser("racine@exemple.ca", first_name="Ra", last_name="Cine")
        )

    office.post(reverse("wagtailusers_users:delete", args=[student.pk]))
    office.post(f"/admin/bulk/accounts/user/delete/?id={student.pk}")

    assert User.objects.filter(pk=student.pk).exists()
    assert (
        reverse("wagtailusers_users:delete", args=[student.pk])
        not in office.get("/admin/users/").content.decode()
    )


def test_groups_are_given_by_role_only(office: Client, student: User) -> None:
    direction = Group.objects.get(name="Direction")

    office.post(f"/admin/bulk/accounts/user/assign_role/?id={student.pk}", {"role": str(direction.pk)})

    assert not student.groups.exists()


def test_the_list_is_searched_and_filtered(office: Client, student: User, editor: User) -> None:
    names = {"eleve@exemple.ca": "q=eleve", "edition@exemple.ca": "role=editor"}

    for shown, query in names.items():
        page = office.get(f"/admin/users/?{query}").content.decode()
        assert [email for email in ("eleve@exemple.ca", "edition@exemple.ca") if email in page] == [shown]


def test_the_list_costs_the_same_for_many(office: Client) -> None:
    office.get("/admin/users/")
    with CaptureQueriesContext(connection) as few:
        office.get("/admin/users/")
    for _ in range(15):
        make_user()
    with CaptureQueriesContext(connection) as many:
        office.get("/admin/users/")

    assert len(many) == len(few)


def test_ones_own_page_of_the_admin_leaves_address_language_and_hour_alone(
    client: Client, editor: User
) -> None:
    client.force_login(editor)

    response = client.get("/admin/account/")

    page = response.content.decode()
    assert response.status_code == 200
    assert 'name="name_email-first_name"' in page
    assert 'name="password-old_password"' in page
    for name in ("name_email-email", "locale-preferred_language", "locale-current_time_zone"):
        assert f'name="{name}"' not in page
