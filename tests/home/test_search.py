"""Search: words of the French language, with or without accents, in what everybody may read."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from wagtail.models import Page, PageViewRestriction

from home.models import ContentPage, HomePage
from home.search import find, find_pages, fold, suggest
from tests.courses.support import make_course_page, make_tutor_page
from tests.factories import make_course, make_tutor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("indexing")]


def content(title: str, text: str = "", *, live: bool = True) -> ContentPage:
    page = ContentPage(title=title, body=[("rich_text", f"<p>{text}</p>")], live=live)
    return HomePage.objects.get().add_child(instance=page)


def titles(text: str) -> list[str]:
    return [page.title for page in find_pages(text, limit=10).pages]


def test_folding_keeps_letters_and_drops_accents() -> None:
    assert fold("Cœur à l'École, NOËL") == "coeur a l'ecole, noel"


@pytest.mark.parametrize(
    "text", ["dérivée", "derivee", "DÉRIVÉES", "derivees", "la dérivée", "dériv", "derivee tangente"]
)
def test_a_page_is_found_by_its_words_however_they_are_typed(text: str) -> None:
    content("Calcul", "Comprendre la dérivée et la tangente.")
    content("Chimie", "Des moles et des atomes.")

    assert titles(text) == ["Calcul"]


def test_courses_and_tutors_are_found_by_what_the_catalogue_says_of_them() -> None:
    course = make_course("Physique mécanique")
    course.description = "Cinématique et forces"
    course.save()
    make_course_page(course, title="Bouger")
    make_tutor_page(make_tutor("Étienne Tremblay"), intro="Ingénieur")

    assert titles("cinematique") == ["Bouger"]
    assert titles("etienne") == ["Étienne Tremblay"]


def test_words_may_be_unfinished_in_any_order() -> None:
    content("Calcul différentiel", "Comprendre la dérivée.")
    content("Calcul mental", "Compter vite.")

    assert titles("diff calc") == ["Calcul différentiel"]


@pytest.mark.parametrize("text", ["math", "maths", "Maths"])
def test_words_that_begin_so_are_found_beside_whole_ones_and_titles_come_first(text: str) -> None:
    content("Maude Gagnon", "Ses élèves ne sont plus poches en maths.")
    content("Mathématiques du secondaire", "Les fractions.")

    assert titles(text) == ["Mathématiques du secondaire", "Maude Gagnon"]
    assert [page.title for page in suggest(text, limit=10)] == titles(text)
    assert len(find(Page.objects.all(), text).pages) == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("chevaux", ["Le cheval"]),
        ("cheval", ["Le cheval"]),
        ("généraux", ["Chimie générale"]),
        ("générale", ["Chimie générale"]),
        ("etudiants", ["Vie étudiante"]),
    ],
)
def test_plurals_and_genders_are_one_word(text: str, found: list[str]) -> None:
    for title in ("Le cheval", "Chimie générale", "Vie étudiante"):
        content(title)

    assert titles(text) == found


@pytest.mark.parametrize("text", ["matematiques", "mathématiqes", "mahtematiques", "derivé tangante"])
def test_a_letter_wrong_finds_what_looks_alike_and_says_so(client: Client, text: str) -> None:
    content("Mathématiques", "La dérivée et sa tangente.")
    content("Chimie", "Des moles.")
    found = find_pages(text, limit=10)

    assert ([page.title for page in found.pages], found.near) == (["Mathématiques"], True)
    assert "Rien ne porte ces mots tels quels" in client.get("/recherche/", {"q": text}).content.decode()


def test_words_that_look_like_nothing_find_nothing() -> None:
    content("Mathématiques", "La dérivée et sa tangente.")

    assert find_pages("xylophone wagnérien", limit=10) == ([], False)


def test_a_draft_lends_its_words_to_nobody(client: Client) -> None:
    content("Brouillon quantique", live=False)

    assert find_pages("quantikue", limit=10).pages == []


def test_pages_are_suggested_while_one_types(client: Client) -> None:
    content("Calcul & co", "La dérivée.")
    content("Chimie", "Des moles.")
    html = client.get("/recherche/suggestions/", {"q": "deri"}).content.decode()

    assert '<a href="/calcul-co/"><span>Calcul &amp; co</span>' in html
    assert "Chimie" not in html
    assert '<div id="status" data-hx-swap-oob="innerHTML">1 suggestion</div>' in html


@pytest.mark.parametrize("text", ["", " ", "d", "\x00", "'); drop table", "& | ! :*", "d" * 5000])
def test_odd_beginnings_suggest_nothing_and_break_nothing(client: Client, text: str) -> None:
    content("Calcul", "La dérivée.")
    answer = client.get("/recherche/suggestions/", {"q": text})

    assert (answer.status_code, "<a" in answer.content.decode()) == (200, False)


def test_typing_too_fast_only_stops_the_suggestions(client: Client) -> None:
    content("Calcul", "La dérivée.")
    answers = [client.get("/recherche/suggestions/", {"q": "calc"}) for _ in range(181)]

    assert {answer.status_code for answer in answers} == {200}
    assert ["<a" in answers[at].content.decode() for at in (0, 179, 180)] == [True, True, False]
    assert "1 résultat" in client.get("/recherche/", {"q": "calcul"}).content.decode()


def test_drafts_and_private_pages_are_not_found() -> None:
    content("Brouillon sur les dérivées", live=False)
    private = content("Réservé aux dérivées")
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)

    assert titles("dérivées") == []


@pytest.mark.parametrize("text", ["", " ", "a", "\x00\x00", "'); drop table", "& | !", "d" * 500])
def test_odd_queries_find_nothing_and_break_nothing(client: Client, text: str) -> None:
    assert client.get("/recherche/", {"q": text}).status_code == 200


def test_the_page_says_how_many_and_leads_there(client: Client) -> None:
    content("Calcul", "La dérivée.")
    html = client.get("/recherche/", {"q": "dérivée"}).content.decode()

    assert "1 résultat pour « dérivée »" in html.replace("\xa0", " ")
    assert '<a href="/calcul/">Calcul</a>' in html


def test_an_empty_result_offers_a_way_on_and_escapes_the_query(client: Client) -> None:
    html = client.get("/recherche/", {"q": "<b>zzz</b>"}).content.decode()

    assert "&lt;b&gt;zzz&lt;/b&gt;" in html
    assert "<b>zzz</b>" not in html
    assert 'href="/cours/">Tous les cours</a>' in html


def test_the_number_of_queries_does_not_grow_with_the_results(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(8):
        content(f"Dérivée {number}")
    client.get("/recherche/", {"q": "dérivée"})
    # What is private, the matches by word and by beginning, each with the specific rows of their one type,
    # and the site for the links.
    with django_assert_num_queries(6):
        client.get("/recherche/", {"q": "dérivée"})


def test_one_address_searches_sixty_times_a_minute(client: Client) -> None:
    answers = [client.get("/recherche/", {"q": "zz"}).status_code for _ in range(61)]

    assert answers == [200] * 60 + [429]
    assert client.get("/recherche/").status_code == 200  # the form itself stays


def test_every_page_type_says_what_it_is() -> None:
    from wagtail.models import get_page_models

    own = [model for model in get_page_models() if model is not Page]
    assert {str(model.result_kind) for model in own} == {
        "Accueil", "Page", "Cours", "Tuteur", "Tous les cours", "Tous les tuteurs",
    }  # fmt: skip
