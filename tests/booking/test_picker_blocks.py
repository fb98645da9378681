"""Pickers that editors put on any page: each speaks for itself, and books from where it is."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from booking.models import CartLine
from courses.models import Course, Tutor
from home.models import ContentPage, HomePage
from tests.booking.pages import starts, text_of, week_title
from tests.courses.support import make_course_page, make_tutor_page
from tests.factories import make_course, make_tutor

FIRST, SECOND = "11111111-aaaa", "22222222-bbbb"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


@pytest.fixture
def course() -> Course:
    return make_course("Chimie")


@pytest.fixture
def tutor(course: Course) -> Tutor:
    return make_tutor("Maude Gagnon", courses=[course, make_course("Physique")])


@pytest.fixture
def page(course: Course, tutor: Tutor) -> ContentPage:
    """Two pickers on a page of an editor's: a course's, and a tutor's whose page is not published."""
    values = [
        (FIRST, {"heading": "", "intro": "Essayez.", "page": make_course_page(course).pk}),
        (SECOND, {"heading": "Avec Maude", "intro": "", "page": make_tutor_page(tutor, live=False).pk}),
    ]
    body = [{"type": "slot_picker", "id": key, "value": value} for key, value in values]
    page = ContentPage(title="Essai", slug="essai")
    page.body = ContentPage._meta.get_field("body").stream_block.to_python(body)
    return HomePage.objects.get().add_child(instance=page)


def parts(html: str) -> dict[str, str]:
    """The pickers of a page by their ids."""
    found = re.findall(r'(<section class="picker"\s+id="([\w-]+)".*?</section>)', html, re.S)
    return {name: part for part, name in found}


def test_two_on_a_page_share_no_id_and_no_landmarks_name(client: Client, page: ContentPage) -> None:
    html = client.get("/essai/").content.decode()
    shown = parts(html)

    assert list(shown) == ["creneaux-11111111", "creneaux-22222222"]
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    titles = [text_of(re.search(r"<h3 id=.*?</h3>", part, re.S).group()) for part in shown.values()]  # type: ignore[union-attr]
    assert titles == ["Choisir une heure : Chimie", "Choisir une heure : Maude Gagnon"]
    navs = re.findall(r'<nav class="picker-weeks"\s+aria-label="([^"]+)"', html)
    assert [unescape(nav) for nav in navs] == ["Semaines, Chimie", "Semaines, Maude Gagnon"]
    for name, part in shown.items():
        assert set(re.findall(r'data-hx-target="#([\w-]+)"', part)) == {name}
        pointed = set(re.findall(r'href="#([\w-]+)"', part)) | set(re.findall(r'for="([\w-]+)"', part))
        assert pointed <= set(ids)
    assert all(starts(part) for part in shown.values())


def test_a_link_turns_the_weeks_of_one_and_leaves_the_other(client: Client, page: ContentPage) -> None:
    before = parts(client.get("/essai/").content.decode())
    link = re.search(r'rel="next"\s+href="([^"]+)"', before["creneaux-22222222"])
    assert link
    address = unescape(link[1])
    assert address.startswith("/essai/?")
    assert address.endswith("#creneaux-22222222")
    after = parts(client.get(address).content.decode())

    assert week_title(after["creneaux-11111111"]) == week_title(before["creneaux-11111111"])
    assert week_title(after["creneaux-22222222"]) != week_title(before["creneaux-22222222"])


def test_a_swap_answers_with_the_same_picker_and_the_pages_address(client: Client, page: ContentPage) -> None:
    shown = parts(client.get("/essai/").content.decode())["creneaux-22222222"]
    link = re.search(r'rel="next".*?data-hx-get="([^"]+)"', shown, re.S)
    assert link
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/essai/"}
    answer = client.get(unescape(link[1]), headers=headers)

    assert list(parts(answer.content.decode())) == ["creneaux-22222222"]
    assert answer.headers["HX-Push-Url"].startswith("/essai/?")
    assert "choix=creneaux-22222222" in answer.headers["HX-Push-Url"]


def test_a_time_is_held_from_any_page_with_and_without_htmx(client: Client, page: ContentPage) -> None:
    shown = parts(client.get("/essai/").content.decode())["creneaux-11111111"]
    form = shown[shown.index('class="picker-times"') :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    first, second, *_ = starts(form)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/essai/"}

    held = client.post("/panier/ajouter/", {**fields, "debut": first}, headers=headers)
    assert list(parts(held.content.decode())) == ["creneaux-11111111"]
    assert "C’est retenu jusqu’à" in held.content.decode()
    plain = client.post("/panier/ajouter/", {**fields, "debut": starts(held.content.decode())[-1]})
    assert (plain.status_code, plain.headers["Location"]) == (302, "/panier/")
    assert CartLine.objects.count() == 2
    assert second != first


def test_what_an_address_names_is_never_written_unless_it_is_a_name(
    client: Client, page: ContentPage
) -> None:
    for name in ("creneaux-<b>", "picker", "creneaux-", "creneaux-" + "a" * 40, '"onload'):
        html = client.get("/creneaux/", {"choix": name}, headers={"HX-Request": "true"}).content.decode()
        assert list(parts(html)) == ["picker"]
    # As a whole page, and not as a part of another, it is the main one whatever it is called.
    whole = client.get("/creneaux/", {"choix": "creneaux-11111111"})
    assert list(parts(whole.content.decode())) == ["picker"]


def test_a_course_that_is_not_offered_any_more_says_so_in_its_place(
    client: Client, page: ContentPage, course: Course
) -> None:
    Course.objects.filter(pk=course.pk).update(active=False)
    shown = parts(client.get("/essai/").content.decode())
    assert "Ce cours n’est pas offert en ce moment." in shown["creneaux-11111111"]
    assert starts(shown["creneaux-22222222"])


def test_each_picker_costs_the_same_whatever_it_shows(
    client: Client, page: ContentPage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/essai/")
    # Still parts: the page (4), the two pages that its pickers name (1), whose course and tutor they are (2).
    # Live ones: the course and its hours (2); the tutor, what they teach, and their hours (3).
    with django_assert_num_queries(12):
        client.get("/essai/")
