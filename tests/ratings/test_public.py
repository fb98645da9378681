"""What everybody reads: scores on cards and pages, and what students said, by first names."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from courses.models import Course, Tutor, TutorPage
from ratings.models import Rating
from ratings.services import hide, restore
from tests.courses.support import make_course_page, make_tutor_page
from tests.factories import make_course, make_tutor
from tests.ratings.support import NOW, make_rating

pytestmark = pytest.mark.django_db


def html_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


def facts(html: str) -> dict[str, Any]:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    return {node["@type"]: node for node in json.loads(block)["@graph"]}


def scores_in(html: str) -> list[str]:
    return re.findall(r"<strong>(\d,\d)</strong>", html)


@pytest.fixture
def page(tutor: Tutor) -> TutorPage:
    return make_tutor_page(tutor)


def test_a_tutor_page_shows_the_score_and_what_was_said(
    client: Client, course: Course, tutor: Tutor, page: TutorPage
) -> None:
    rating = make_rating(
        5, 5, 5, 4,
        tutor=tutor,
        course=course,
        first_name="Octavie",
        comment="Patiente.\n<script>alert(1)</script> https://a.example",
        now=datetime(2026, 4, 1, 3, 59, tzinfo=UTC),  # still March in Québec
    )  # fmt: skip
    make_rating(4, 4, 4, 4, tutor=tutor, course=course, first_name="Muet")
    html = html_of(client, page.url)

    assert scores_in(html) == ["4,4"]  # 35 / 8 is 4.375
    assert ('<p class="averages-figure">4,38' in html, "2 évaluations" in html) == (True, True)
    assert "<p>Patiente.<br>&lt;script&gt;alert(1)&lt;/script&gt; https://a.example</p>" in html
    assert (
        '<span class="review-who">Octavie</span>, Algèbre, <time datetime="2026-03">mars 2026</time>' in html
    )
    for secret in (rating.student.last_name, rating.student.email, str(rating.student.pk), "Muet"):
        assert secret not in html


def test_what_is_hidden_is_nowhere_and_what_is_restored_is_back(
    client: Client, course: Course, tutor: Tutor, page: TutorPage, admin: User
) -> None:
    make_rating(4, 4, 4, 4, tutor=tutor, course=course, comment="Bien.")
    insult = make_rating(1, 1, 1, 1, tutor=tutor, course=course, comment="Une injure")
    hide(rating=insult, by=admin, reason="Injure", now=NOW)
    html = html_of(client, page.url)
    assert (scores_in(html), "Une injure" in html, "1 évaluation)" in html) == (["4,0"], False, True)

    restore(rating=insult, by=admin, reason="Mal lu")
    html = html_of(client, page.url)
    assert (scores_in(html), "Une injure" in html) == (["2,5"], True)


def test_reviews_are_turned_six_by_six_by_plain_links(
    client: Client, course: Course, tutor: Tutor, page: TutorPage
) -> None:
    for number in range(8):
        make_rating(tutor=tutor, course=course, comment=f"Avis {number}.", now=NOW.replace(day=number + 1))
    make_rating(tutor=tutor, course=course)  # without a word
    html = html_of(client, f"{page.url}?duree=90")
    assert re.findall(r"Avis \d", html) == [f"Avis {number}" for number in (7, 6, 5, 4, 3, 2)]
    assert 'href="?duree=90&amp;avis=2#avis" rel="next"' in html

    html = html_of(client, f"{page.url}?avis=2")
    assert re.findall(r"Avis \d", html) == ["Avis 1", "Avis 0"]
    assert (html.count('rel="prev"'), html.count("Page 2 de 2")) == (1, 1)
    assert "Avis 0." in html_of(client, f"{page.url}?avis=99")
    assert "Avis 7." in html_of(client, f"{page.url}?avis=abc")


def test_cards_and_course_pages_show_scores(
    client: Client, course: Course, tutor: Tutor, page: TutorPage
) -> None:
    other = make_course("Latin")
    for each in (course, other):
        each_page = make_course_page(each)
    new = make_tutor("Nouvelle", courses=[course], weekly=[])
    make_tutor_page(new)
    assert scores_in(html_of(client, "/cours/")) == scores_in(html_of(client, "/tuteurs/")) == []

    make_rating(4, 4, 4, 4, tutor=tutor, course=course)
    make_rating(5, 5, 5, 4, tutor=tutor, course=other)
    assert scores_in(html_of(client, "/cours/")) == ["4,0", "4,8"]
    assert scores_in(html_of(client, "/tuteurs/")) == ["4,4"]
    # The course's own, its tutor's, and that of the other course on its card.
    assert scores_in(html_of(client, course.pages.get().url)) == ["4,0", "4,4", "4,8"]
    assert scores_in(html_of(client, each_page.url)) == ["4,8", "4,0"]


def test_search_engines_are_told_a_mean_once_there_is_one(
    client: Client, course: Course, tutor: Tutor, page: TutorPage
) -> None:
    course_page = make_course_page(course)
    for url in (page.url, course_page.url):
        assert "AggregateRating" not in html_of(client, url)

    make_rating(5, 5, 5, 4, tutor=tutor, course=course)
    make_rating(4, 4, 4, 5, tutor=tutor, course=course)
    mean = {
        "@type": "AggregateRating",
        "ratingValue": "4.50",
        "ratingCount": 2,
        "bestRating": 5,
        "worstRating": 1,
    }
    assert facts(html_of(client, course_page.url))["Course"]["aggregateRating"] == mean
    told = facts(html_of(client, page.url))
    # schema.org gives persons no rating: it is their lessons that have one.
    assert "aggregateRating" not in told["Person"]
    assert told["Service"] == {
        "@type": "Service",
        "@id": told["Person"]["@id"].replace("#personne", "#tutorat"),
        "name": "Tutorat avec Maude Gagnon",
        "serviceType": "Tutorat",
        "provider": {"@id": told["Person"]["@id"]},
        "aggregateRating": mean,
    }


def test_a_tutor_page_asks_the_same_for_many_reviews_as_for_one(
    client: Client,
    course: Course,
    tutor: Tutor,
    page: TutorPage,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.get(page.url)
    with django_assert_num_queries(12):
        client.get(page.url)
    for number in range(9):
        make_rating(tutor=tutor, course=course, comment=f"Avis {number}")
        if number in (0, 8):
            # The sums, and a page of what was said.
            with django_assert_num_queries(14):
                client.get(page.url)
    assert Rating.objects.count() == 9
