"""One door: who gets in, where they land, and who is kept out."""

from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from time_machine import travel

from accounts.models import Role, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

REFUSAL = "Ce courriel et ce mot de passe ne vont pas ensemble. Vérifiez-les et réessayez."


def log_in(client: Client, email: str, password: str = PASSWORD, *, wanted: str = "") -> tuple[int, str]:
    """Status and address that the log-in leads to."""
    response = client.post("/connexion/", {"username": email, "password": password, "next": wanted})
    return response.status_code, response.headers.get("Location", "")


def is_in(client: Client) -> bool:
    return SESSION_KEY in client.session


@pytest.mark.parametrize(
    ("role", "landing"),
    [
        (Role.STUDENT, "/tableau-de-bord/"),
        (Role.TUTOR, "/tableau-de-bord/"),
        (Role.EDITOR, "/admin/"),
        (Role.ADMIN, "/admin/"),
    ],
)
def test_each_role_lands_where_its_work_begins(client: Client, role: str, landing: str) -> None:
    user = make_user(role)

    assert log_in(client, user.email) == (302, landing)
    assert is_in(client)
    again = client.get("/connexion/")
    assert (again.status_code, again.headers["Location"]) == (302, landing)


@pytest.mark.parametrize("email", ["Eleve@Exemple.CA", " eleve@exemple.ca "])
def test_an_address_is_recognised_however_it_is_typed(client: Client, student: User, email: str) -> None:
    assert log_in(client, email) == (302, "/tableau-de-bord/")


def test_the_way_on_is_kept(client: Client, student: User) -> None:
    page = client.get("/connexion/?next=/paiement/")

    assert b'name="next" value="/paiement/"' in page.content
    assert log_in(client, student.email, wanted="/paiement/") == (302, "/paiement/")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://mechant.example/",
        "//mechant.example/",
        "/\\mechant.example",
        "javascript:alert(1)",
        "http:///a",
    ],
)
def test_the_way_on_never_leaves_the_site(client: Client, student: User, elsewhere: str) -> None:
    assert log_in(client, student.email, wanted=elsewhere) == (302, "/tableau-de-bord/")


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TUTOR])
def test_students_and_tutors_are_kept_out_of_the_admin_without_a_loop(client: Client, role: str) -> None:
    user = make_user(role)

    assert log_in(client, user.email, wanted="/admin/users/") == (302, "/tableau-de-bord/")
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain == [("/connexion/?next=/admin/", 302), ("/tableau-de-bord/", 302)]


def test_an_editor_goes_on_to_the_page_of_the_admin_that_was_asked_for(client: Client, editor: User) -> None:
    response = client.get("/admin/pages/")
    assert response.headers["Location"] == "/connexion/?next=/admin/pages/"

    assert log_in(client, editor.email, wanted="/admin/pages/") == (302, "/admin/pages/")


@pytest.mark.parametrize("door", ["/admin/login/", "/_util/login/", "/inscription/"])
def test_all_other_doors_lead_to_this_one(client: Client, door: str) -> None:
    response = client.get(f"{door}?next=/panier/")

    assert (response.status_code, response.headers["Location"]) == (302, "/connexion/?next=/panier/")


def test_the_admins_own_password_reset_is_closed(client: Client) -> None:
    assert client.get("/admin/password_reset/").status_code == 404


def test_a_wrong_password_an_unknown_address_and_a_closed_account_get_one_answer(client: Client) -> None:
    make_user(email="eleve@exemple.ca")
    closed = make_user(email="fermee@exemple.ca")
    User.objects.filter(pk=closed.pk).update(is_active=False)

    for email, password in [
        ("eleve@exemple.ca", "pas-le-bon-mot"),
        ("personne@exemple.ca", PASSWORD),
        ("fermee@exemple.ca", PASSWORD),
    ]:
        response = client.post("/connexion/", {"username": email, "password": password})
        assert response.status_code == 422
        assert REFUSAL in response.content.decode()
        assert not is_in(client)


def test_an_address_longer_than_any_accounts_is_refused(client: Client) -> None:
    response = client.post("/connexion/", {"username": f"{'a' * 250}@exemple.ca", "password": PASSWORD})
    assert response.status_code == 422
    assert "au plus 254 caractères" in response.content.decode()


def test_the_page_offers_no_sign_up_and_no_other_company(client: Client) -> None:
    page = client.get("/connexion/").content.decode().lower()

    assert "/inscription" not in page
    assert not any(word in page for word in ("google", "facebook", "apple", "microsoft"))


def test_five_failures_lock_the_pair_and_nobody_else(client: Client, student: User, stranger: User) -> None:
    answers = [log_in(client, student.email, "pas-le-bon-mot")[0] for _ in range(5)]
    assert answers == [422, 422, 422, 422, 429]

    locked = client.post("/connexion/", {"username": student.email.upper(), "password": PASSWORD})
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "900"
    assert "Trop d’essais" in locked.content.decode()
    assert not is_in(client)

    assert log_in(Client(), stranger.email) == (302, "/tableau-de-bord/")
    assert log_in(Client(REMOTE_ADDR="203.0.113.7"), student.email) == (302, "/tableau-de-bord/")


def test_the_lock_opens_after_fifteen_minutes_even_if_one_keeps_trying(client: Client, student: User) -> None:
    with travel("2026-03-02 12:00Z", tick=False):
        for _ in range(5):
            log_in(client, student.email, "pas-le-bon-mot")
    with travel("2026-03-02 12:14Z", tick=False):
        assert log_in(client, student.email)[0] == 429
    with travel("2026-03-02 12:16Z", tick=False):
        assert log_in(client, student.email) == (302, "/tableau-de-bord/")


def test_a_success_forgets_the_failures_before_it(client: Client, student: User) -> None:
    for _ in range(4):
        log_in(client, student.email, "pas-le-bon-mot")
    log_in(client, student.email)
    client.logout()

    assert [log_in(client, student.email, "pas-le-bon-mot")[0] for _ in range(4)] == [422, 422, 422, 422]


def test_one_address_that_tries_many_accounts_is_stopped(client: Client, student: User) -> None:
    for serial in range(60):
        client.post("/connexion/", {"username": f"essai{serial}@exemple.ca"})

    assert log_in(client, student.email)[0] == 429
    assert log_in(Client(REMOTE_ADDR="203.0.113.7"), student.email) == (302, "/tableau-de-bord/")


def test_a_log_in_changes_the_sessions_key_and_keeps_what_it_held(client: Client, student: User) -> None:
    session = client.session
    session["durée"] = 90
    session.save()
    before = session.session_key

    log_in(client, student.email)

    assert client.session.session_key != before
    assert client.session["durée"] == 90
    planted = Client()
    planted.cookies["sessionid"] = str(before)
    assert not is_in(planted)


def test_logging_out_takes_a_form(client: Client, student: User) -> None:
    client.force_login(student)

    assert client.get("/deconnexion/").status_code == 405
    assert is_in(client)
    response = client.post("/deconnexion/")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert not is_in(client)


def test_the_forms_refuse_other_sites(student: User) -> None:
    client = Client(enforce_csrf_checks=True)

    assert log_in(client, student.email)[0] == 403
    client.force_login(student)
    assert client.post("/deconnexion/").status_code == 403
    assert is_in(client)


def test_a_request_under_way_while_its_browser_logs_in_does_not_log_it_out(
    client: Client, student: User
) -> None:
    session = client.session
    session["durée"] = 90
    session.save()
    late = Client()
    late.cookies["sessionid"] = str(session.session_key)
    log_in(client, student.email)

    answer = late.get("/panier/")

    assert answer.status_code == 200
    assert "sessionid" not in answer.cookies
    assert "Cookie" in answer.headers["Vary"]


def test_logging_out_takes_the_cookie_away(client: Client, student: User) -> None:
    client.force_login(student)

    assert client.post("/deconnexion/").cookies["sessionid"].value == ""
