"""A forgotten password is replaced by a link that only the owner of the address gets."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from time_machine import travel

from accounts.models import Role, User
from accounts.services import ask_for_password_link, create_account, invite_account
from notifications.delivery import deliver
from notifications.models import OutboxMessage
from tests.accounts.mailing import delivered_mails
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NEW = "sept-lampes-au-vent"


def link_in(body: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/mot-de-passe/[^/\s]+/[^/\s]+/)", body)
    assert found
    return found[1]


def link_for(user: User) -> str:
    ask_for_password_link(email=user.email)
    (waiting,) = OutboxMessage.objects.waiting()
    deliver(waiting.pk, now=timezone.now())
    return link_in(str(mail.outbox[-1].body))


def choose(client: Client, link: str, password: str, again: str = "") -> int:
    form = client.get(link, follow=True).redirect_chain[-1][0]
    answer = client.post(form, {"new_password1": password, "new_password2": again or password})
    return answer.status_code


def can_log_in(email: str, password: str) -> bool:
    return Client().post("/connexion/", {"username": email, "password": password}).status_code == 302


def test_a_forgotten_password_is_replaced_by_link(client: Client, student: User) -> None:
    with delivered_mails() as mails:
        response = client.post("/mot-de-passe/", {"email": "ELEVE@exemple.ca"})
    assert (response.status_code, response.headers["Location"]) == (302, "/mot-de-passe/envoye/")
    assert "Si un compte existe à cette adresse" in client.get("/mot-de-passe/envoye/").content.decode()

    assert [(sent.to, sent.subject) for sent in mails] == [
        (["eleve@exemple.ca"], "Votre nouveau mot de passe")
    ]
    link = link_in(str(mails[0].body))
    html = str(mails[0].alternatives[0][0])
    assert f'href="http://127.0.0.1:8000{link}"' in html

    landing = client.get(link, follow=True)
    assert landing.redirect_chain == [(f"{link.rsplit('/', 2)[0]}/set-password/", 302)]
    done = client.post(
        landing.redirect_chain[0][0], {"new_password1": NEW, "new_password2": NEW}, follow=True
    )
    assert "Votre mot de passe est enregistré" in done.content.decode()
    assert can_log_in("eleve@exemple.ca", NEW)
    assert not can_log_in("eleve@exemple.ca", PASSWORD)


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client, student: User) -> None:
    closed = make_user(email="fermee@exemple.ca")
    User.objects.filter(pk=closed.pk).update(is_active=False)

    with delivered_mails() as mails:
        known, unknown, inactive = (
            Client().post("/mot-de-passe/", {"email": email})
            for email in ("eleve@exemple.ca", "personne@exemple.ca", "fermee@exemple.ca")
        )

    assert [sent.to for sent in mails] == [["eleve@exemple.ca"]]
    for other in (unknown, inactive):
        assert (other.status_code, other.content, other.items()) == (
            known.status_code,
            known.content,
            known.items(),
        )


def test_an_account_that_never_had_a_password_gets_its_link_too(client: Client) -> None:
    create_account(email="maude@exemple.ca", first_name="Maude", last_name="Gagnon", role=Role.TUTOR)

    with delivered_mails() as mails:
        client.post("/mot-de-passe/", {"email": "maude@exemple.ca"})

    assert [sent.to for sent in mails] == [["maude@exemple.ca"]]
    assert choose(client, link_in(str(mails[0].body)), NEW) == 302
    assert can_log_in("maude@exemple.ca", NEW)


def test_a_link_works_once(client: Client, student: User) -> None:
    link = link_for(student)
    assert choose(client, link, NEW) == 302

    again = Client().get(link)
    assert again.status_code == 200
    assert "Ce lien ne sert plus" in again.content.decode()


def test_a_link_works_for_a_day(client: Client, student: User) -> None:
    with travel("2026-03-02 12:00Z", tick=False):
        link = link_for(student)
    with travel("2026-03-03 11:59Z", tick=False):
        assert "Choisissez un mot de passe" in Client().get(link, follow=True).content.decode()
    with travel("2026-03-03 12:01Z", tick=False):
        assert "Ce lien ne sert plus" in Client().get(link, follow=True).content.decode()


def test_somebody_elses_link_opens_nothing(client: Client, student: User, stranger: User) -> None:
    mine = link_for(student).split("/")
    theirs = link_for(stranger).split("/")

    mixed = "/".join([*mine[:2], theirs[2], mine[3], ""])

    assert "Ce lien ne sert plus" in client.get(mixed).content.decode()


@pytest.mark.parametrize(
    ("password", "again", "reason"),
    [
        ("court", "", "Il doit contenir au minimum 10 caractères."),
        ("password123", "", "Ce mot de passe est trop courant."),
        (NEW, "autre-chose-encore", "Les deux mots de passe ne correspondent pas."),
    ],
)
def test_a_weak_or_mistyped_password_is_refused_with_the_reason(
    client: Client, student: User, password: str, again: str, reason: str
) -> None:
    form = client.get(link_for(student), follow=True).redirect_chain[-1][0]

    response = client.post(form, {"new_password1": password, "new_password2": again or password})

    assert response.status_code == 422
    assert reason in response.content.decode()
    assert can_log_in(student.email, PASSWORD)


def test_a_new_password_opens_a_locked_account(client: Client, student: User) -> None:
    for _ in range(5):
        client.post("/connexion/", {"username": student.email, "password": "pas-le-bon-mot"})
    assert not can_log_in(student.email, PASSWORD)

    choose(client, link_for(student), NEW)

    assert can_log_in(student.email, NEW)


def test_one_person_is_not_flooded_with_links(student: User) -> None:
    with delivered_mails() as mails:
        for serial in range(7):
            asker = Client(REMOTE_ADDR=f"203.0.113.{serial}")
            assert asker.post("/mot-de-passe/", {"email": student.email}).status_code == 302

    assert len(mails) == 5


def test_one_address_cannot_ask_for_everybody(client: Client) -> None:
    answers = [client.post("/mot-de-passe/", {"email": f"p{n}@exemple.ca"}).status_code for n in range(11)]

    assert answers == [302] * 10 + [429]


def test_nothing_that_opens_an_account_is_stored_even_once_it_was_sent(client: Client, student: User) -> None:
    with delivered_mails() as mails:
        client.post("/mot-de-passe/", {"email": student.email})
        waiting = OutboxMessage.objects.get()
        assert set(waiting.payload["about"]) == {"asked_at"}
    sent = OutboxMessage.objects.get()
    assert sent.status == OutboxMessage.Status.DELIVERED
    assert set(sent.payload) == {"user", "about", "subject"}
    token = link_in(str(mails[0].body)).split("/")[3]
    assert token not in str(sent.payload) + str(list(sent.history.values()))


def test_a_link_that_could_not_be_sent_for_an_hour_is_not_sent_any_more(
    client: Client, student: User
) -> None:
    with travel("2026-03-02 12:00Z", tick=False):
        client.post("/mot-de-passe/", {"email": student.email})
    with travel("2026-03-02 13:01Z", tick=False), delivered_mails() as mails:
        pass
    assert mails == []
    assert OutboxMessage.objects.get().status == OutboxMessage.Status.MOOT


def test_who_was_invited_is_welcomed_however_late_unless_a_password_is_chosen(db: None) -> None:
    with travel("2026-03-02 12:00Z", tick=False):
        for name in ("maude", "luc"):
            invite_account(email=f"{name}@exemple.ca", first_name=name, last_name="Roy", role=Role.TUTOR)
        luc = User.objects.get(email="luc@exemple.ca")
        luc.set_password(NEW)
        luc.save()
    with travel("2026-03-04 12:00Z", tick=False), delivered_mails() as mails:
        assert not mails
    assert [sent.to for sent in mails] == [["maude@exemple.ca"]]


def test_an_address_that_is_none_is_sent_back(client: Client) -> None:
    response = client.post("/mot-de-passe/", {"email": "pas une adresse"})

    assert response.status_code == 422
    assert "Il reste quelque chose à corriger" in response.content.decode()


def test_the_links_host_is_ours_whatever_the_request_said(
    client: Client, student: User, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with delivered_mails() as mails:
        client.post("/mot-de-passe/", {"email": student.email}, headers={"Host": "mechant.example"})

    assert "mechant.example" not in str(mails[0].body) + str(mails[0].alternatives[0][0])
