"""The lists of courses and tutors: what their address asks for is what they show, and nothing breaks them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from wagtail.models import PageViewRestriction

from courses.models import Course, Subject, Tutor, TutorCourse
from tests.courses.support import make_course_page, make_image, make_tutor_page
from tests.factories import make_course, make_tutor

pytestmark = pytest.mark.django_db

# Tuesday 5 January 2027, 10 h in Québec
NOW = datetime(2027, 1, 5, 15, 0, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def maude() -> Tutor:
    """Evenings of working days."""
    return make_tutor("Maude Gagnon", weekly=[(day, 17 * 60, 20 * 60) for day in range(5)])


@pytest.fixture
def emile() -> Tutor:
    """Saturday mornings."""
    return make_tutor("Émile Roy", weekly=[(5, 9 * 60, 12 * 60)])


@pytest.fixture
def catalogue(maude: Tutor, emile: Tutor, indexing: None) -> dict[str, Course]:
    """Two subjects, three courses and a page of each; only Maude teaches mathematics."""
    maths = Subject.objects.create(name="Mathématiques", slug="mathematiques")
    science = Subject.objects.create(name="Sciences", slug="sciences")
    courses = {
        "calcul": make_course("Calcul différentiel", rate="52.00", subject=maths, levels=["cegep"]),
        "algebre": make_course("Algèbre", subject=maths, levels=["secondaire", "adultes"]),
        "chimie": make_course("Chimie générale", subject=science, levels=["secondaire", "cegep"]),
    }
    for tutor, names in ((maude, ["calcul", "algebre"]), (emile, ["chimie"])):
        for name in names:
            TutorCourse.objects.create(tutor=tutor, course=courses[name], status="approved")
    intros = {"calcul": "La dérivée sans peur.", "algebre": "Des équations claires.", "chimie": "Des moles."}
    for name, course in courses.items():
        make_course_page(course, intro=intros[name])
    for tutor in (maude, emile):
        make_tutor_page(tutor, intro=f"Bonjour de {tutor}.")
    return courses


def text_of(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers or None)
    assert response.status_code == 200
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def names(html: str) -> list[str]:
    return re.findall(r'<a class="card-link" href="[^"]*">([^<]+)</a>', html)


def test_the_address_narrows_the_courses(client: Client, catalogue: dict[str, Course]) -> None:
    for query, found in [
        ("", ["Calcul différentiel", "Algèbre", "Chimie générale"]),
        ("?matiere=mathematiques", ["Calcul différentiel", "Algèbre"]),
        ("?niveau=cegep", ["Calcul différentiel", "Chimie générale"]),
        ("?matiere=mathematiques&niveau=cegep", ["Calcul différentiel"]),
        ("?quand=soir", ["Calcul différentiel", "Algèbre"]),
        ("?quand=fin-de-semaine", ["Chimie générale"]),
        ("?quand=semaine&quand=fin-de-semaine", ["Chimie générale"]),
        ("?quand=soir&quand=fin-de-semaine", []),
        ("?q=derivees", ["Calcul différentiel"]),
        ("?q=equation", ["Algèbre"]),
        ("?q=chimi gener", ["Chimie générale"]),
        ("?q=Maude&niveau=cegep", ["Calcul différentiel"]),
        ("?q=science", ["Chimie générale"]),
        ("?q=formation adulte", ["Algèbre"]),
        ("?q=xylophone", []),
    ]:
        assert (query, names(text_of(client, f"/cours/{query}"))) == (query, found)


def test_courses_are_narrowed_by_tutor_and_their_links_open_the_picker_with_that_one(
    client: Client, catalogue: dict[str, Course], emile: Tutor
) -> None:
    html = text_of(client, f"/cours/?tuteur={emile.public_id}")

    assert names(html) == ["Chimie générale"]
    assert re.search(rf'href="/cours/cours-\d+/\?tuteur={emile.public_id}">Chimie générale', html)


def test_the_address_narrows_the_tutors(client: Client, catalogue: dict[str, Course]) -> None:
    for query, found in [
        ("", ["Maude Gagnon", "Émile Roy"]),
        ("?matiere=sciences", ["Émile Roy"]),
        ("?quand=soir", ["Maude Gagnon"]),
        ("?q=emile", ["Émile Roy"]),
        ("?q=algebre", ["Maude Gagnon"]),
        ("?q=mathematique", ["Maude Gagnon"]),
        ("?q=maths", ["Maude Gagnon"]),
    ]:
        assert (query, names(text_of(client, f"/tuteurs/{query}"))) == (query, found)


def test_tutors_are_narrowed_by_course(client: Client, catalogue: dict[str, Course]) -> None:
    assert names(text_of(client, f"/tuteurs/?cours={catalogue['chimie'].slug}")) == ["Émile Roy"]


def test_cards_say_the_price_the_subject_the_levels_and_the_next_free_time(
    client: Client, catalogue: dict[str, Course]
) -> None:
    html = text_of(client, "/cours/?matiere=mathematiques&niveau=cegep")

    assert 'À partir de <span class="price">52,00 $</span>' in html
    assert '<p class="tags"><span>Mathématiques</span><span>Cégep</span></p>' in html.replace("> <", "><")
    assert "Prochaine heure libre : <strong>demain, 17 h</strong>" in html
    assert "Première heure qui convient : <strong>samedi, 9 h</strong>" in text_of(
        client, "/tuteurs/?quand=fin-de-semaine"
    )


def test_a_course_without_free_times_says_so(client: Client, catalogue: dict[str, Course]) -> None:
    TutorCourse.objects.filter(course=catalogue["chimie"]).update(status="inactive")

    assert "Aucune heure libre en ce moment" in text_of(client, "/cours/?q=chimie")


def test_the_form_shows_what_was_chosen_and_offers_only_what_exists(
    client: Client, catalogue: dict[str, Course]
) -> None:
    html = text_of(client, "/cours/?matiere=sciences&niveau=secondaire&quand=soir&q=moles")

    assert re.findall(r'<input type="radio" name="matiere" value="(\w*)" checked>', html) == ["sciences"]
    assert '<option value="secondaire" selected>Secondaire</option>' in html
    assert 'value="soir" checked>' in html
    assert 'value="moles"' in html
    assert "Primaire" not in html
    assert html.index("Émile Roy</option>") < html.index("Maude Gagnon</option>")  # É stands with E


def test_the_answer_to_htmx_is_the_list_alone_with_its_address_and_count(
    client: Client, catalogue: dict[str, Course]
) -> None:
    response = client.get("/cours/?q=&matiere=mathematiques&niveau=&rien=1", headers=HTMX)
    html = response.content.decode()

    assert response["HX-Push-Url"] == "/cours/?matiere=mathematiques"
    assert "no-store" in response["Cache-Control"]
    assert "HX-Request" in response["Vary"]
    assert '<div id="status" data-hx-swap-oob="innerHTML">2\xa0cours</div>' in html or "2 cours</div>" in html
    assert "<html" not in html
    assert "HX-Request" in client.get("/cours/")["Vary"]


def test_a_choice_that_is_not_offered_is_left_out_and_said(
    client: Client, catalogue: dict[str, Course]
) -> None:
    for query in [
        "?matiere=astrologie",
        "?niveau=maternelle",
        "?tuteur=pas-un-uuid",
        "?tuteur=00000000-0000-4000-8000-000000000000",
        "?quand=jamais",
        "?niveau=%00",
        "?matiere=" + "x" * 4000,
    ]:
        html = text_of(client, f"/cours/{query}")
        assert (query, len(names(html)), "il n’a pas été retenu" in html) == (query, 3, True)


@pytest.mark.parametrize("url", ["/cours/", "/tuteurs/"])
def test_an_address_that_makes_no_sense_breaks_nothing(
    client: Client, catalogue: dict[str, Course], url: str
) -> None:
    for page in ["0", "-1", "99", "deux", "", "9" * 500, "%00", "1e9", "²"]:
        assert names(text_of(client, f"{url}?page={page}")), page
    for words in ["a", " ", "%00", "') OR 1=1 --", "& | ! :*", "d" * 5000, "<b>gras</b>", "le la"]:
        assert "<b>gras" not in text_of(client, f"{url}?q={words}")


def test_a_letter_wrong_is_forgiven_and_said(client: Client, catalogue: dict[str, Course]) -> None:
    html = text_of(client, "/cours/?q=matematiques")

    assert names(html) == ["Calcul différentiel", "Algèbre"] or names(html) == [
        "Algèbre",
        "Calcul différentiel",
    ]
    assert "Rien pour « matematiques » tel quel : voici ce qui s’en approche." in html


def test_where_nothing_fits_each_choice_can_be_given_up(client: Client, catalogue: dict[str, Course]) -> None:
    html = text_of(client, "/cours/?matiere=sciences&quand=soir")

    assert names(html) == []
    assert "Aucun cours" in html
    assert 'href="/cours/?quand=soir">Sans « Sciences » : 2 cours</a>' in html
    assert 'href="/cours/?matiere=sciences">Sans « En soirée » : 1 cours</a>' in html
    assert 'href="/cours/">Tout voir</a>' in html


def test_a_long_list_is_cut_into_pages_that_keep_the_choices(client: Client, maude: Tutor) -> None:
    subject = Subject.objects.create(name="Langues", slug="langues")
    for number in range(13):
        make_course_page(make_course(f"Langue {number}", subject=subject))
    make_course_page(make_course("Autre"))
    first, second = (text_of(client, f"/cours/?matiere=langues{more}") for more in ("", "&page=2"))

    assert [len(names(first)), names(second)] == [12, ["Langue 12"]]
    assert 'href="/cours/?matiere=langues&amp;page=2"' in first
    assert 'href="/cours/?matiere=langues"' in second
    assert "13 cours, page 2 de 2" in second


def test_private_pages_are_nowhere_in_the_lists(client: Client, catalogue: dict[str, Course]) -> None:
    page = catalogue["chimie"].pages.get()
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)

    assert names(text_of(client, "/cours/")) == ["Calcul différentiel", "Algèbre"]
    assert names(text_of(client, "/cours/?q=chimie")) == []
    related = names(text_of(client, catalogue["calcul"].pages.get().url))
    assert "Chimie générale" not in related


def test_search_follows_the_catalogue_at_once(
    client: Client, catalogue: dict[str, Course], emile: Tutor
) -> None:
    """Pages are found by rows of others, which change without the page being saved."""
    catalogue["algebre"].title = "Trigonométrie"
    catalogue["algebre"].save()
    Subject.objects.get(slug="sciences").delete()
    geology = Subject.objects.create(name="Géologie", slug="geologie")
    catalogue["chimie"].subject = geology
    catalogue["chimie"].save()
    emile.display_name = "Ève Roy"
    emile.save()
    tie = TutorCourse.objects.create(tutor=emile, course=catalogue["calcul"], status="approved")

    assert names(text_of(client, "/cours/?q=trigonometrie")) == ["Algèbre"]
    assert names(text_of(client, "/cours/?q=geologie")) == ["Chimie générale"]
    assert set(names(text_of(client, "/cours/?q=eve"))) == {"Chimie générale", "Calcul différentiel"}
    assert names(text_of(client, "/tuteurs/?q=geologie")) == ["Ève Roy"]

    tie.delete()
    assert names(text_of(client, "/cours/?q=eve")) == ["Chimie générale"]


def test_one_address_searches_lists_sixty_times_a_minute(
    client: Client, catalogue: dict[str, Course]
) -> None:
    answers = [client.get("/cours/", {"q": "zz"}).status_code for _ in range(61)]

    assert (set(answers[:60]), answers[60]) == ({200}, 429)
    assert client.get("/cours/?matiere=sciences").status_code == 200


@pytest.mark.parametrize("number", [2, 6])
def test_the_number_of_queries_is_fixed(
    client: Client, indexing: None, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    subject = Subject.objects.create(name="Langues", slug="langues")
    for n in range(number):
        course = make_course(f"Langue {n}", subject=subject, levels=["cegep"])
        tutor = make_tutor(f"Tutrice {n}", courses=[course])
        tutor.photo = make_image()
        tutor.save()
        make_course_page(course, image=make_image())
        make_tutor_page(tutor)
    for url, queries in {
        # Four find the page and ask whether it is private, then: cards, who teaches what, pictures, times;
        # and the times of all to choose by.
        "/cours/": 8,
        "/cours/?matiere=langues&niveau=cegep&quand=semaine": 9,
        "/cours/?q=langue": 9,
        "/cours/?q=langeu": 12,  # by stem, by beginning, the vocabulary, and by stem again
        "/tuteurs/": 8,
        "/tuteurs/?matiere=langues&quand=semaine": 9,
    }.items():
        client.get(url)  # makes the pictures' sizes and the page's frame, once
        with django_assert_num_queries(queries):
            client.get(url)
