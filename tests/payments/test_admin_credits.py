"""Credits in the Wagtail admin: read, searched, given by hand once; never edited."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from wagtail.models import ModelLogEntry

from accounts.models import Role, User
from booking.models import Appointment
from payments.models import CreditEntry
from payments.services.credits import add_entry, balance, credit_line
from tests.booking.pages import text_of
from tests.factories import logged_in, make_user
from tests.payments.sold import make_sold_lesson
from tests.payments.support import make_checkout

pytestmark = pytest.mark.django_db
CREDITS = "/admin/snippets/payments/creditentry/"
GIVE = "/admin/credits/donner/"
TOKEN = "0e0c1a0e-5d0b-4d0e-9a51-0d1f6a0f1c11"
Cause = CreditEntry.Cause


def give(user: User, amount: str, cause: CreditEntry.Cause = Cause.GIFT) -> CreditEntry:
    return add_entry(user=user, amount=Decimal(amount), cause=cause, now=timezone.now())


def send(client: Client, **changes: str) -> Any:
    sent = {
        "email": "eleve@exemple.ca", "cause": "gift", "amount": "15", "note": "Panne de mardi",
        "token": TOKEN, **changes,
    }  # fmt: skip
    return client.post(GIVE, sent)


def words_of(answer: Any) -> str:
    return text_of(answer.content.decode())


def test_the_list_shows_every_line_with_cause_amount_and_balance(
    office: Client, student: User, stranger: User
) -> None:
    give(student, "45.00", Cause.CANCELLATION)
    give(student, "-12.50", Cause.SPENT)
    give(stranger, "5.00")
    words = words_of(office.get(CREDITS))
    assert "eleve@exemple.ca Cours annulé +45,00 $ 45,00 $" in words
    assert "eleve@exemple.ca Paiement d’une commande −12,50 $ 32,50 $" in words
    for query, amount, left_out in (
        ("?cause=spent", "−12,50", "+45,00"),
        ("?q=inconnu@exemple.ca", "+5,00", "+45,00"),
        ("?q=eleve@exemple.ca", "+45,00", "+5,00 $"),
    ):
        found = words_of(office.get(CREDITS + query))
        assert amount in found, query
        assert left_out not in found, query


def test_a_line_is_opened_from_the_list_and_read_on_the_schools_clock(office: Client, student: User) -> None:
    line = add_entry(
        user=student,
        amount=Decimal("15.00"),
        cause=Cause.GIFT,
        now=datetime(2026, 11, 23, 6, 59, tzinfo=UTC),
    )
    inspect = f"{CREDITS}inspect/{line.pk}/"
    assert f'href="{inspect}"' in office.get(CREDITS).content.decode()
    words = words_of(office.get(inspect))
    assert "Ligne de crédit: +15,00 $ Geste de la direction" in words
    assert "Date 23 novembre 2026, 1 h 59 Cause Geste de la direction Montant 15,00 $" in words
    assert "Commande –" in words
    assert "None" not in words


def test_a_gift_is_written_once_with_who_and_why(office: Client, admin: User, student: User) -> None:
    page = office.get(f"{GIVE}?courriel=eleve@exemple.ca").content.decode()
    assert 'value="eleve@exemple.ca"' in page
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    for _click in range(3):
        answer = send(office, token=token[1], email=" ELEVE@exemple.ca ")
        assert (answer.status_code, answer["Location"]) == (302, CREDITS)
    entry = CreditEntry.objects.get()
    assert (entry.user, entry.amount_cad, entry.balance_cad) == (student, Decimal("15.00"), Decimal("15.00"))
    assert (entry.cause, entry.note, entry.by, entry.token) == (
        Cause.GIFT,
        "Panne de mardi",
        admin,
        UUID(token[1]),
    )
    logged = ModelLogEntry.objects.get()
    assert (logged.action, logged.user, logged.object_id) == ("wagtail.create", admin, str(entry.pk))
    assert (logged.data["amount"], logged.data["note"]) == ("15.00", "Panne de mardi")
    assert "+15,00 $ pour Zoé Roy. Son solde : 15,00 $." in words_of(office.get(CREDITS))


def test_another_page_gives_again(office: Client, student: User) -> None:
    send(office)
    send(office, token="0e0c1a0e-5d0b-4d0e-9a51-0d1f6a0f1c12")
    assert balance(user=student) == Decimal("30.00")


def test_a_correction_takes_away_what_is_there_and_no_more(office: Client, student: User) -> None:
    give(student, "45.00")
    make_checkout(user=student, credits="30.00")
    refused = send(office, cause="correction", amount="-15.01")
    assert refused.status_code == 422
    assert "Le solde de crédits est de 15,00 $ : cela ne suffit pas." in words_of(refused)
    assert send(office, cause="correction", amount="-15.00").status_code == 302
    assert balance(user=student) == Decimal("30.00")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"email": ""}, "Champ requis."),
        ({"email": "personne@exemple.ca"}, "Aucun élève n’a ce courriel."),
        ({"email": "direction@exemple.ca"}, "Aucun élève n’a ce courriel."),
        ({"email": "pas un courriel"}, "adresse"),
        ({"amount": ""}, "Champ requis."),
        ({"amount": "beaucoup"}, "Saisissez un nombre."),
        ({"amount": "0"}, "Écrivez un montant autre que zéro."),
        ({"amount": "-15"}, "Un geste est positif. Pour retirer un crédit, faites une correction."),
        ({"amount": "15.005"}, "2 chiffres après la virgule"),
        ({"amount": "5000.01"}, "inférieure ou égale à 5000"),
        ({"cause": "spent"}, "Sélectionnez un choix valide."),
        ({"note": ""}, "Champ requis."),
        ({"note": "x" * 201}, "200"),
        ({"token": "1"}, "Cette page n’est plus bonne. Rechargez-la, puis recommencez."),
    ],
)
def test_what_makes_no_sense_is_refused_and_kept_in_the_form(
    office: Client, student: User, changes: dict[str, str], reason: str
) -> None:
    answer = send(office, **changes)
    assert answer.status_code == 422
    assert reason in words_of(answer)
    if "note" not in changes:
        assert 'value="Panne de mardi"' in answer.content.decode()
    assert not CreditEntry.objects.exists()


def test_it_is_offered_beside_each_student(office: Client, student: User) -> None:
    make_user(Role.TUTOR, email="tuteur@exemple.ca")
    html = office.get("/admin/users/").content.decode()
    assert f"{GIVE}?courriel=eleve%40exemple.ca" in html
    assert "tuteur%40exemple.ca" not in html


def test_a_line_of_a_lesson_says_when_it_was_on_the_schools_clock(office: Client) -> None:
    lesson = make_sold_lesson()
    credit_line(line=lesson.order_line, cause=CreditEntry.Cause.CANCELLATION, now=timezone.now())
    html = office.get(f"{CREDITS}inspect/{CreditEntry.objects.get().pk}/").content.decode()
    assert "Mathématiques, mardi 12 janvier 2027 à 14\xa0h\xa030" in html

    Appointment.objects.update(start=lesson.start + timedelta(days=1), end=lesson.end + timedelta(days=1))
    html = office.get(f"{CREDITS}inspect/{CreditEntry.objects.get().pk}/").content.decode()
    assert "Mathématiques, mercredi 13 janvier 2027 à 14\xa0h\xa030" in html
    owner = Client()
    owner.force_login(lesson.student)
    assert "mercredi 13 janvier 2027" in owner.get("/tableau-de-bord/credits/").content.decode()


@pytest.mark.parametrize("path", ["add/", "edit/{pk}/", "delete/{pk}/", "copy/{pk}/"])
def test_nobody_edits_a_line(office: Client, student: User, path: str) -> None:
    entry = give(student, "45.00")
    User.objects.filter(role=Role.ADMIN).update(is_superuser=True)
    url = CREDITS + path.format(pk=entry.pk)
    for answer in (office.get(url), office.post(url, {"amount_cad": "1000"})):
        assert answer.status_code in {302, 403, 404}
    assert balance(user=student) == Decimal("45.00")


@pytest.mark.parametrize("role", [Role.EDITOR, Role.TUTOR, Role.STUDENT])
def test_only_the_direction_reads_and_gives(student: User, role: str) -> None:
    entry = give(student, "77.00")
    client = logged_in(make_user(role))
    for url in (CREDITS, f"{CREDITS}inspect/{entry.pk}/", GIVE):
        answer = client.get(url)
        assert answer.status_code in {302, 403}
        assert "77,00" not in answer.content.decode()
    assert send(client).status_code in {302, 403}
    assert balance(user=student) == Decimal("77.00")


def test_the_list_asks_no_more_for_many_lines_than_for_one(
    office: Client, student: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    give(student, "1.00")
    office.get(CREDITS)
    with django_assert_max_num_queries(40) as few:
        office.get(CREDITS)
    for _ in range(5):
        give(make_user(), "1.00")
    with django_assert_max_num_queries(len(few)):
        office.get(CREDITS)
