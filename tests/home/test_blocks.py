"""The blocks of pages, as readers get them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from courses.models import CourseIndexPage
from home.models import ContentPage, HomePage
from tests.courses.support import make_course_page, make_image, make_tutor_page
from tests.factories import make_course, make_tutor

pytestmark = pytest.mark.django_db


def shown(client: Client, *blocks: tuple[str, Any]) -> str:
    """The HTML of a content page made of these blocks, in one line."""
    page = ContentPage(title="Essai", body=list(blocks))
    HomePage.objects.get().add_child(instance=page)
    return " ".join(client.get("/essai/").content.decode().split())


def home_with(client: Client, *blocks: tuple[str, Any]) -> str:
    home = HomePage.objects.get()
    home.body = list(blocks)
    home.save()
    return " ".join(client.get("/").content.decode().split())


def test_text_keeps_its_headings_and_links(client: Client) -> None:
    html = shown(client, ("rich_text", '<h2>Annuler</h2><p>Voir <a href="/cours/">les cours</a>.</p>'))

    assert "<h2>Annuler</h2>" in html
    assert '<a href="/cours/">les cours</a>' in html


def test_a_picture_says_what_it_shows_or_nothing_when_it_decorates(client: Client) -> None:
    told, decoration = make_image(), make_image()
    told.contextual_alt_text, told.decorative = "Une équerre", False
    decoration.contextual_alt_text, decoration.decorative = "", True
    html = shown(
        client,
        ("figure", {"image": told, "caption": "Fig. 1"}),
        ("figure", {"image": decoration, "caption": ""}),
    )

    assert 'alt="Une équerre"' in html
    assert 'alt=""' in html
    assert html.count("<figcaption>") == 1


def test_steps_are_an_ordered_list_and_cards_are_not(client: Client) -> None:
    items = [{"title": "Choisir", "text": "<p>Un moment.</p>"}]
    html = shown(
        client,
        ("cards", {"heading": "Étapes", "intro": "", "items": items, "numbered": True}),
        ("cards", {"heading": "Raisons", "intro": "", "items": items, "numbered": False}),
    )

    assert '<ol class="steps"> <li class="step"> <h3>Choisir</h3>' in html
    assert '<ul class="grid" role="list"> <li class="card"> <h3>Choisir</h3>' in html


def test_questions_open_without_javascript(client: Client) -> None:
    items = [{"question": "Et si je suis malade?", "answer": "<p>Annulez.</p>"}]
    html = shown(client, ("questions", {"heading": "Questions", "items": items}))

    assert "<details" in html
    assert "<summary>Et si je suis malade?</summary>" in html


def test_testimonials_are_quoted_as_french_quotes(client: Client) -> None:
    items = [{"quote": "Enfin clair.", "author": "Nadia L.", "detail": "Longueuil"}]
    html = shown(client, ("testimonials", {"heading": "", "items": items}))

    assert "«\xa0Enfin clair.\xa0»" in html or "« Enfin clair. »" in html
    assert "Nadia L." in html


def test_a_call_to_action_disappears_with_the_page_it_led_to(client: Client) -> None:
    value = {
        "heading": "Prêt?",
        "text": "",
        "label": "Voir les cours",
        "page": CourseIndexPage.objects.get(),
    }
    assert '<a class="button primary" href="/cours/">Voir les cours</a>' in home_with(
        client, ("call_to_action", value)
    )
    assert "Prêt?" not in home_with(client, ("call_to_action", {**value, "page": None}))


def test_a_course_showcase_keeps_the_editors_order(client: Client) -> None:
    first, second, third = (make_course_page(make_course(title)) for title in ("Aaa", "Bbb", "Ccc"))
    html = home_with(
        client, ("course_showcase", {"heading": "À la une", "intro": "", "pages": [third, first]})
    )

    assert html.index("Ccc") < html.index("Aaa")
    assert "Bbb" not in html
    assert second.live


def test_a_tutor_showcase_shows_everybody_when_none_is_chosen(client: Client) -> None:
    for name in ("Maude Gagnon", "Karim Haddad"):
        make_tutor_page(make_tutor(name))
    html = home_with(client, ("tutor_showcase", {"heading": "L'équipe", "intro": "", "pages": []}))

    assert "Maude Gagnon" in html
    assert "Karim Haddad" in html


def test_an_empty_showcase_leaves_no_empty_heading(client: Client) -> None:
    html = home_with(client, ("course_showcase", {"heading": "Nos cours", "intro": "", "pages": []}))

    assert "Nos cours" not in html
