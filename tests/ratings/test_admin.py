"""Ratings in the Wagtail admin: found, read, hidden and restored with a reason; answers stay as given."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from courses.models import Course, Tutor
from ratings.models import Rating
from ratings.services import hide
from tests.factories import logged_in, make_course, make_tutor, make_user
from tests.ratings.support import NOW, make_rating

pytestmark = pytest.mark.django_db
LIST = "/admin/snippets/ratings/rating/"


def html_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


@pytest.fixture
def client(admin: User) -> Client:
    return logged_in(admin)


@pytest.fixture
def rating(tutor: Tutor, course: Course) -> Rating:
    return make_rating(5, 4, 5, 5, tutor=tutor, course=course, first_name="Octavie", comment="Très patiente.")


def test_the_list_is_filtered_searched_and_averaged(
    client: Client, rating: Rating, tutor: Tutor, course: Course, admin: User
) -> None:
    latin = make_course("Latin")
    low = make_rating(
        1, 2, 1, 1, course=latin, tutor=tutor, first_name="Basile", now=datetime(2025, 5, 5, tzinfo=UTC)
    )
    other = make_rating(
        3, 3, 3, 3, tutor=make_tutor("Karim Haddad", weekly=[]), course=course, first_name="Cora"
    )
    hide(rating=other, by=admin, reason="Injure", now=NOW)

    html = html_of(client.get(LIST))
    for shown in ("Octavie Roy", "Maude Gagnon", "Algèbre", "4,75", "Très patiente.", "Publiée", "Masquée"):
        assert shown in html
    # (4.75 + 1.25 + 3) / 3; the answers to each question.
    assert re.findall(r"<strong>([\d,]+)</strong>", html) == ["3,00", "3,00", "3,00", "3,00", "3,00"]
    for query, found in (
        (f"tutor={tutor.pk}", "Octavie Basile"),
        (f"course={course.pk}", "Octavie Cora"),
        ("score=4", "Octavie"),
        ("score=3", "Cora"),
        ("score=2", ""),
        ("score=1", "Basile"),
        ("state=hidden", "Cora"),
        ("state=shown", "Octavie Basile"),
        ("created_at_from=2025-01-01&created_at_to=2025-12-31", "Basile"),
        ("q=patiente", "Octavie"),
        (f"q={low.student.email}", "Basile"),
        ("q=Haddad", "Cora"),
    ):
        html = html_of(client.get(f"{LIST}results/?{query}"))
        assert (query, [name for name in ("Octavie", "Basile", "Cora") if name in html]) == (
            query,
            found.split(),
        )
    averages = html_of(client.get(f"{LIST}results/?tutor={tutor.pk}"))
    assert (
        "Moyenne de ces 2 évaluations : <strong>3,00</strong> · Courtoisie <strong>3,00</strong>" in averages
    )


def test_everything_is_shown_with_the_name(client: Client, rating: Rating) -> None:
    html = html_of(client.get(f"{LIST}inspect/{rating.pk}/"))
    for shown in (
        "Octavie Roy",
        rating.student.email,
        "Maude Gagnon",
        "Courtoisie 5, Maîtrise 4, Pédagogie 5, Dynamisme 5",
        "Très patiente.",
        "lundi 2 mars 2026, 10 h",
        f"/admin/snippets/booking/appointment/inspect/{rating.appointment_id}/",
        f"{LIST}{rating.pk}/masquer/",
    ):
        assert shown in html
    assert "modifiée" not in html


def test_an_admin_hides_and_restores_with_a_reason(client: Client, rating: Rating, admin: User) -> None:
    hiding, page = f"{LIST}{rating.pk}/masquer/", f"{LIST}inspect/{rating.pk}/"
    assert "L’avis disparaît du site" in html_of(client.get(hiding))
    assert "Dites pourquoi" in html_of(client.post(hiding, {"reason": "  "}), 422)
    assert [client.post(hiding, {"reason": reason}).status_code for reason in ("x" * 501, "a\0b")] == [
        422,
        422,
    ]
    assert not Rating.objects.get().is_hidden

    html = html_of(client.post(hiding, {"reason": "Donne un numéro de téléphone"}, follow=True))
    assert ("L’évaluation est masquée." in html, "Masquée par Zoé Roy le" in html) == (True, True)
    assert (f"{LIST}{rating.pk}/retablir/" in html, "Donne un numéro de téléphone" in html) == (True, True)
    assert Rating.objects.get().hidden_by == admin
    # A second click, or another admin.
    assert "Cette évaluation est déjà masquée." in html_of(client.post(hiding, {"reason": "x"}, follow=True))

    html = html_of(client.post(f"{LIST}{rating.pk}/retablir/", {"reason": "Retiré par l’élève"}, follow=True))
    assert "L’évaluation est de nouveau publiée." in html
    assert not Rating.objects.get().is_hidden
    assert html_of(client.get(page)).count("Zoé Roy,") == 2  # two lines of history


@pytest.mark.parametrize("view", ["add", "edit/{pk}", "delete/{pk}", "copy/{pk}"])
def test_nobody_changes_a_rating_by_hand(client: Client, rating: Rating, view: str) -> None:
    User.objects.filter(role=Role.ADMIN).update(is_superuser=True)
    url = f"{LIST}{view.format(pk=rating.pk)}/"
    for answer in (client.get(url), client.post(url, {"q1_courtoisie": 1, "comment": "Autre chose"})):
        assert answer.status_code in {302, 403, 404}
    assert Rating.objects.get().answers == (5, 4, 5, 5)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.TUTOR, Role.STUDENT])
def test_only_admins_read_names_and_hide(rating: Rating, role: str) -> None:
    client = logged_in(make_user(role))
    hiding = f"{LIST}{rating.pk}/masquer/"
    for answer in (
        client.get(LIST),
        client.get(f"{LIST}inspect/{rating.pk}/"),
        client.get(hiding),
        client.post(hiding, {"reason": "Parce que"}),
    ):
        assert answer.status_code in {302, 403}
        assert "Octavie" not in answer.content.decode()
    assert not Rating.objects.get().is_hidden


def test_the_list_asks_the_same_for_many_ratings(
    client: Client,
    rating: Rating,
    tutor: Tutor,
    course: Course,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.get(LIST)
    with django_assert_max_num_queries(40) as few:
        client.get(LIST)
    for _ in range(5):
        make_rating(tutor=tutor, course=course)
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)
