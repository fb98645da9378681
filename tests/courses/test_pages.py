"""The pages that sell lessons: what they show, to whom, and at what cost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from wagtail.models import Page

from accounts.models import User
from courses.models import (
    Course,
    CourseIndexPage,
    CoursePage,
    Subject,
    Tutor,
    TutorIndexPage,
    TutorPage,
)
from home.models import ContentPage, HomePage
from tests.courses.support import make_course_page, make_image, make_tutor_page
from tests.factories import make_course, make_tutor

pytestmark = pytest.mark.django_db

MONDAY_MORNING = datetime(2026, 1, 5, 13, 0, tzinfo=UTC)
A_RATE = Decimal("31.37")
AS_WRITTEN = ("31.37", "31,37", "31.4", "47.06", "47,06", "62.74", "62,74")  # an hour, 90 and 120 minutes


@pytest.fixture
def course() -> Course:
    return make_course("Calcul différentiel", rate="52.00")


@pytest.fixture
def tutor(course: Course) -> Tutor:
    tutor = make_tutor("Maude Gagnon", courses=[course], rate="31.37")
    tutor.photo, tutor.bio = make_image(), "Onze ans d'enseignement.\n\nEt une patience d'ange."
    tutor.save()
    return tutor


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def test_a_course_page_shows_prices_tutors_and_free_times(
    client: Client, course: Course, tutor: Tutor
) -> None:
    tutor_page = make_tutor_page(tutor, intro="Patiente et précise.")
    page = make_course_page(course, intro="La dérivée sans peur.", image=make_image("Une courbe"))
    with time_machine.travel(MONDAY_MORNING, tick=False):
        html = text_of(client, page.url)

    assert "<h1>Calcul différentiel</h1>" in html
    assert "La dérivée sans peur." in html
    assert [price in html for price in ("52,00 $", "78,00 $", "104,00 $")] == [True, True, True]
    assert 'alt="Une courbe"' in html
    assert f'href="{tutor_page.url}">Maude Gagnon</a>' in html
    assert "Patiente et précise." in html
    assert 'id="picker"' in html
    assert "mardi" in html


def test_a_course_page_says_what_one_learns_who_teaches_when_and_what_else_there_is(
    client: Client, tutor: Tutor, course: Course
) -> None:
    maths = Subject.objects.create(name="Mathématiques", slug="mathematiques")
    Course.objects.filter(pk=course.pk).update(subject=maths, levels=["cegep"])
    for title, subject, levels in (
        ("Latin", None, []),
        ("Sculpture", None, ["cegep"]),
        ("Algèbre", maths, ["secondaire"]),
        ("Statistiques", maths, ["cegep"]),
    ):
        make_course_page(make_course(title, subject=subject, levels=levels))
    page = make_course_page(course)
    page.outcomes = "Les limites\n\n  La dérivée \n"
    page.save()
    with time_machine.travel(MONDAY_MORNING, tick=False):
        html = text_of(client, page.url)

    learnt = html[
        html.index('<ul class="outcomes"') : html.index("</ul>", html.index('<ul class="outcomes"'))
    ]
    assert [learnt.count("<li>"), "Les limites" in learnt, "La dérivée<" in learnt] == [2, True, True]
    assert (
        html.count("Prochaine heure libre : <strong>demain, 9 h</strong>") == 2
    )  # the course's, the tutor's
    assert html.count('<a class="button primary" href="#picker">Réserver</a>') == 2
    # Same subject first, then shared levels, three at most.
    related = html[html.index("D’autres cours") :]
    assert re.findall(r'class="card-link" href="[^"]*">([^<]+)<', related) == [
        "Statistiques", "Algèbre", "Sculpture",
    ]  # fmt: skip


def test_a_tutor_page_shows_the_person_their_courses_and_free_times(
    client: Client, course: Course, tutor: Tutor
) -> None:
    course_page = make_course_page(course)
    page = make_tutor_page(tutor, intro="Patiente et précise.")
    html = text_of(client, page.url)

    assert "<h1>Maude Gagnon</h1>" in html
    assert "<p>Onze ans d&#x27;enseignement.</p>" in html
    assert f'<a href="{course_page.url}">Calcul différentiel</a>' in html
    assert "52,00 $" in html
    assert 'id="picker"' in html


def test_lists_show_the_active_in_the_editors_order(client: Client, course: Course, tutor: Tutor) -> None:
    make_course_page(course, intro="La dérivée sans peur.")
    make_course_page(make_course("Algèbre"))
    make_course_page(make_course("Latin", active=False))
    make_course_page(make_course("Brouillon"), live=False)
    html = text_of(client, "/cours/")

    assert html.index("Calcul différentiel") < html.index("Algèbre")
    assert "La dérivée sans peur." in html
    assert "52,00 $" in html
    assert "1 tuteur" in html
    assert "Latin" not in html
    assert "Brouillon" not in html


def test_the_list_of_tutors_says_what_they_teach(client: Client, course: Course, tutor: Tutor) -> None:
    other = make_tutor("Karim Haddad", courses=[make_course("Latin", active=False)])
    gone = make_tutor("Parti Ailleurs", active=False)
    for person in (tutor, other, gone):
        make_tutor_page(person, intro=f"Page de {person}")
    html = text_of(client, "/tuteurs/")

    assert html.index("Maude Gagnon") < html.index("Karim Haddad")
    assert '<p class="muted small">Calcul différentiel</p>' in html
    assert "Latin" not in html
    assert "Parti Ailleurs" not in html


def test_a_course_with_two_pages_is_linked_by_the_first(client: Client, course: Course, tutor: Tutor) -> None:
    first = make_course_page(course)
    make_course_page(course, title="Campagne d'automne")
    page = make_tutor_page(tutor)

    assert f'href="{first.url}">Calcul différentiel</a>' in text_of(client, page.url)


def test_empty_lists_say_so_with_a_way_on(client: Client) -> None:
    assert "Aucun cours n’est offert en ce moment" in text_of(client, "/cours/")
    assert "L’équipe se prépare" in text_of(client, "/tuteurs/")


def test_a_course_no_longer_offered_says_so_and_offers_no_time(
    client: Client, course: Course, tutor: Tutor
) -> None:
    page = make_course_page(course)
    course.active = False
    course.save()
    other = make_course_page(make_course("Latin"))
    html = text_of(client, page.url)

    assert "Ce cours n’est plus offert pour l’instant." in html
    assert f'href="{other.url}">Latin</a>' in html
    assert "Réserver" not in html
    assert "Prochaine heure" not in html
    assert 'id="picker"' not in html
    assert "52,00" not in html
    assert "Maude Gagnon" not in html


@pytest.mark.parametrize("who", ["tutor", "account"])
def test_a_tutor_who_left_has_a_page_without_times(
    client: Client, course: Course, tutor: Tutor, who: str
) -> None:
    page = make_tutor_page(tutor)
    Tutor.objects.filter(pk=tutor.pk).update(active=who != "tutor")
    User.objects.filter(pk=tutor.user_id).update(is_active=who != "account")
    html = text_of(client, page.url)

    assert "Maude Gagnon ne donne plus de cours pour l’instant." in html
    assert 'id="picker"' not in html


@pytest.mark.parametrize("visitor", ["nobody", "student", "editor"])
def test_no_page_ever_tells_what_a_tutor_earns(
    client: Client, course: Course, tutor: Tutor, student: User, editor: User, visitor: str
) -> None:
    pages = ["/", "/cours/", "/tuteurs/", "/recherche/?q=maude"]
    pages += [make_course_page(course).url, make_tutor_page(tutor).url]
    if visitor != "nobody":
        client.force_login({"student": student, "editor": editor}[visitor])

    assert tutor.hourly_rate_cad == A_RATE
    for url in pages:
        html = client.get(url).content.decode()
        assert (url, [figure for figure in AS_WRITTEN if figure in html]) == (url, [])


def test_the_number_of_queries_of_the_lists_does_not_grow_with_the_rows(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(6):
        course = make_course(f"Cours {number}")
        for person in range(2):
            tutor = make_tutor(f"Tutrice {number} {person}", courses=[course])
            tutor.photo = make_image()
            tutor.save()
            make_tutor_page(tutor)
        make_course_page(course, image=make_image())
    for url in ("/cours/", "/tuteurs/"):
        client.get(url)  # makes the pictures' sizes and the page's frame, once
        # Two find the page (address, its own row), two ask whether it is private, then:
        # the cards, who teaches what, the pictures, their times.
        with django_assert_num_queries(8):
            client.get(url)


@pytest.mark.parametrize("tutors", [1, 12])
def test_a_course_page_is_drawn_with_eleven_queries_for_any_number_of_tutors(
    client: Client, course: Course, django_assert_num_queries: DjangoAssertNumQueries, tutors: int
) -> None:
    for number in range(tutors):
        tutor = make_tutor(f"Tutrice {number}", courses=[course])
        tutor.photo = make_image()
        tutor.save()
        make_tutor_page(tutor)
    page = make_course_page(course, image=make_image())
    client.get(page.url)
    # Four find the page and ask whether it is private, then: other courses, who teaches what, the tutors'
    # pages, the pictures, their times, the picker's course and its diaries.
    with django_assert_num_queries(11):
        client.get(page.url)


@pytest.mark.parametrize(
    "model", [HomePage, ContentPage, CourseIndexPage, CoursePage, TutorIndexPage, TutorPage]
)
def test_a_page_that_is_being_written_can_be_previewed(
    model: type[Page],
) -> None:
    """Before a course or a tutor is chosen, the editor sees the page all the same."""
    page = model(title="En cours d'écriture", slug="essai")
    page.set_url_path(TutorIndexPage.objects.get())
    response = page.make_preview_request(preview_mode=page.default_preview_mode)

    assert response.status_code == 200
    response.render()
    assert "En cours d&#x27;écriture" in response.content.decode()
