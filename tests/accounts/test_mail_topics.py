"""The mails that one may do without are chosen in the profile, or ended by the link in one of them."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.mail_topics import refusal_url, wants
from accounts.models import MailRefusal, MailTopic, Role, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PROFILE = "/tableau-de-bord/profil/"
MAILS = "/tableau-de-bord/profil/courriels/"
LABELS = {
    Role.STUDENT: "Un rappel la veille de chacun de mes cours",
    Role.TUTOR: "Ma journée, le matin des jours où je donne des cours",
    Role.ADMIN: "Le point du matin",
}


def link(user: User, topic: str = MailTopic.REMINDER) -> str:
    address = refusal_url(user=user, topic=topic)
    assert address.startswith("http://127.0.0.1:8000/courriels/")
    return address.removeprefix("http://127.0.0.1:8000")


@pytest.mark.parametrize("role", Role.values)
def test_everybody_chooses_among_the_mails_of_their_role(client: Client, role: str) -> None:
    client.force_login(make_user(role))
    page = client.get(PROFILE).content.decode()
    assert [said for said in LABELS.values() if said in page] == [
        said for who, said in LABELS.items() if who == role
    ]


def test_a_mail_is_turned_off_and_on_again(client: Client, student: User) -> None:
    client.force_login(student)
    response = client.post(MAILS, {}, follow=True)
    assert response.redirect_chain == [(PROFILE, 302)]
    assert "Vos choix de courriels sont enregistrés." in response.content.decode()
    assert not wants(user=student, topic=MailTopic.REMINDER)
    client.post(MAILS, {})
    assert MailRefusal.objects.count() == 1
    client.post(MAILS, {"topics": ["reminder"]})
    assert wants(user=student, topic=MailTopic.REMINDER)


def test_a_mail_of_another_role_is_refused_in_words(client: Client, student: User) -> None:
    client.force_login(student)
    response = client.post(MAILS, {"topics": ["digest"]})
    assert response.status_code == 422
    assert "Il reste quelque chose à corriger" in response.content.decode()
    assert not MailRefusal.objects.exists()


def test_looking_at_the_link_changes_nothing(client: Client, student: User) -> None:
    for method in (client.get, client.head):
        assert method(link(student)).status_code == 200
    page = client.get(link(student)).content.decode()
    assert "Ne plus recevoir ce courriel?" in page
    assert LABELS[Role.STUDENT] in page
    assert student.email not in page
    assert wants(user=student, topic=MailTopic.REMINDER)


def test_a_mail_program_ends_it_in_one_click_without_log_in_or_cookie(student: User) -> None:
    program = Client(enforce_csrf_checks=True)
    for _time in range(2):
        response = program.post(link(student), {"List-Unsubscribe": "One-Click"})
        assert (response.status_code, "C’est fait." in response.content.decode()) == (200, True)
    assert not wants(user=student, topic=MailTopic.REMINDER)
    assert "Le recevoir de nouveau" in program.get(link(student)).content.decode()

    response = program.post(link(student), {"encore": "oui"})
    assert "C’est rétabli." in response.content.decode()
    assert wants(user=student, topic=MailTopic.REMINDER)


def test_a_link_ends_only_its_own_mails_of_its_own_reader(
    client: Client, student: User, stranger: User
) -> None:
    token = link(student).split("/")[2]
    forged = [token[:-1] + ("a" if token[-1] != "a" else "b"), token.partition("~")[0], "x", "~"]
    mixed = link(stranger).split("/")[2].partition("~")[0] + "~" + token.partition("~")[2]
    for wrong in [*forged, mixed]:
        response = client.post(f"/courriels/{wrong}/")
        assert response.status_code == 404, wrong
        assert "Ce lien n’est pas complet" in response.content.decode()
    assert not MailRefusal.objects.exists()
    client.post(link(student))
    assert list(MailRefusal.objects.values_list("user", "topic")) == [(student.pk, "reminder")]


def test_the_link_of_an_account_that_is_gone_says_so(client: Client, student: User) -> None:
    theirs = link(student)
    student.delete()
    assert client.get(theirs).status_code == 404


def test_a_closed_account_wants_none(student: User) -> None:
    student.is_active = False
    assert not wants(user=student, topic=MailTopic.REMINDER)
