"""What course and tutor pages tell search engines: what schema.org and Google's documentation ask for."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image as Canvas
from pytest_django import DjangoAssertNumQueries
from wagtail.images import get_image_model
from wagtail.images.models import Image
from wagtail.models import Site

from courses import structured
from courses.models import Course, CoursePage, Subject, Tutor, TutorPage
from tests.courses.support import make_course_page, make_tutor_page
from tests.factories import make_course, make_tutor

pytestmark = pytest.mark.django_db

SCHOOL = {
    "@type": "EducationalOrganization",
    "@id": "https://fanal.example/#ecole",
    "name": "Fanal",
    "url": "https://fanal.example/",
    "logo": "https://fanal.example/static/img/favicon.svg",
    "description": "Du tutorat en ligne, une personne à la fois.",
}
# By type: what it can't do without, for schema.org's readers and in Google's documentation of each feature.
REQUIRED = {
    "EducationalOrganization": {"name", "url", "logo"},
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"position", "name", "item"},
    "Course": {"name", "description", "provider", "offers", "hasCourseInstance"},
    "Offer": {"category", "price", "priceCurrency"},
    "UnitPriceSpecification": {"price", "priceCurrency", "referenceQuantity"},
    "QuantitativeValue": {"value", "unitCode"},
    "CourseInstance": {"courseMode", "courseWorkload"},
    "Person": {"name"},
    "Service": {"name", "provider"},
    "AggregateRating": {"ratingValue", "ratingCount", "bestRating"},
    "FAQPage": {"mainEntity"},
    "Question": {"name", "acceptedAnswer"},
    "Answer": {"text"},
}


@pytest.fixture(autouse=True)
def address() -> None:
    Site.objects.update(hostname="fanal.example", port=443)


@pytest.fixture
def course() -> Course:
    course = make_course(
        "Calcul différentiel",
        rate="52.50",
        subject=Subject.objects.create(name="Mathématiques", slug="mathematiques"),
        levels=["universite", "cegep"],
    )
    course.description = "Limites et dérivées."
    course.save()
    return course


@pytest.fixture
def tutor(course: Course) -> Tutor:
    tutor = make_tutor("Maude Gagnon", courses=[course], rate="31.37")
    tutor.photo = make_photo("portrait", 900, 900)
    tutor.save()
    return tutor


def make_photo(title: str, width: int, height: int) -> Image:
    file = BytesIO()
    Canvas.new("RGB", (width, height), (90, 80, 120)).save(file, "PNG")
    image: Image = get_image_model().objects.create(
        title=title, file=ContentFile(file.getvalue(), name=f"{title}.png")
    )
    return image


def html_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def facts(html: str) -> dict[str, dict[str, Any]]:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return {node["@type"]: node for node in json.loads(block)["@graph"]}


def told(html: str) -> dict[str, str]:
    head = html.split("</head>")[0]
    metas = re.findall(r'<meta (?:name|property)="([^"]+)"\s+content="([^"]*)"', head)
    links = re.findall(r'<link rel="(canonical)" href="([^"]*)"', head)
    return {name: unescape(content) for name, content in metas + links}


def lacking(node: object) -> list[str]:
    """Every required property that is missing or empty, here and below; a type that is not known."""
    if isinstance(node, list):
        return [fault for item in node for fault in lacking(item)]
    if not isinstance(node, dict):
        return []
    kind = node.get("@type", "nothing")
    faults = [f"{kind} is not expected"] if kind not in REQUIRED else []
    faults += [f"{kind} lacks {name}" for name in sorted(REQUIRED.get(kind, ())) if not node.get(name)]
    return faults + [fault for value in node.values() for fault in lacking(value)]


def test_a_course_page_tells_its_course_with_the_price_of_an_hour(
    client: Client, course: Course, tutor: Tutor
) -> None:
    tutor_page = make_tutor_page(tutor)
    page = make_course_page(course, intro="La dérivée sans peur.", image=make_photo("courbe", 1600, 1000))
    page.outcomes = "Dériver\nLire un graphique"
    page.save()
    shown = facts(html_of(client, page.url))["Course"]
    address = f"https://fanal.example{page.url}"

    assert re.fullmatch(r"https://fanal\.example/media/images/courbe.*\.jpg", shown.pop("image"))
    assert shown == {
        "@type": "Course",
        "@id": f"{address}#cours",
        "name": "Calcul différentiel",
        "description": "La dérivée sans peur.",
        "url": address,
        "inLanguage": "fr-CA",
        "provider": SCHOOL,
        "about": "Mathématiques",
        "educationalLevel": ["Cégep", "Université"],
        "teaches": ["Dériver", "Lire un graphique"],
        "offers": [
            {
                "@type": "Offer",
                "category": "Paid",
                "url": address,
                "price": "52.50",
                "priceCurrency": "CAD",
                "availability": "https://schema.org/InStock",
                "priceSpecification": {
                    "@type": "UnitPriceSpecification",
                    "price": "52.50",
                    "priceCurrency": "CAD",
                    "referenceQuantity": {"@type": "QuantitativeValue", "value": 60, "unitCode": "MIN"},
                },
            }
        ],
        "hasCourseInstance": [
            {
                "@type": "CourseInstance",
                "courseMode": "Online",
                "courseWorkload": "PT1H",
                "instructor": [
                    {
                        "@type": "Person",
                        "@id": f"https://fanal.example{tutor_page.url}#personne",
                        "name": "Maude Gagnon",
                        "url": f"https://fanal.example{tutor_page.url}",
                    }
                ],
            }
        ],
    }


def test_a_tutor_page_tells_the_person_and_never_what_they_earn(
    client: Client, course: Course, tutor: Tutor
) -> None:
    page = make_tutor_page(tutor, intro="Patiente et précise.")
    html = html_of(client, page.url)
    shown = facts(html)["Person"]
    address = f"https://fanal.example{page.url}"

    assert re.fullmatch(r"https://fanal\.example/media/images/portra.*\.jpg", shown.pop("image"))
    assert shown == {
        "@type": "Person",
        "@id": f"{address}#personne",
        "name": "Maude Gagnon",
        "url": address,
        "description": "Patiente et précise.",
        "knowsAbout": ["Mathématiques"],
        "worksFor": SCHOOL,
    }
    assert "31.37" not in html
    assert "price" not in json.dumps(facts(html))


def test_every_node_of_every_page_has_what_is_required(client: Client, course: Course, tutor: Tutor) -> None:
    answer = [{"question": "Combien de temps?", "answer": "<p>Une heure.</p>"}]
    pages: list[CoursePage | TutorPage] = [
        make_course_page(course, image=make_photo("courbe", 1600, 1000)),
        make_tutor_page(tutor),
    ]
    for page in pages:
        page.body = [("questions", {"heading": "", "items": answer})]
        page.save()
    found = {
        path: facts(html_of(client, path)) for path in ("/", "/cours/", "/tuteurs/", *(p.url for p in pages))
    }

    assert {path: lacking(list(nodes.values())) for path, nodes in found.items()} == {
        path: [] for path in found
    }
    everywhere = {"EducationalOrganization"}
    assert {path: set(nodes) for path, nodes in found.items()} == {
        "/": everywhere,
        "/cours/": everywhere | {"BreadcrumbList"},
        "/tuteurs/": everywhere | {"BreadcrumbList"},
        pages[0].url: everywhere | {"BreadcrumbList", "Course", "FAQPage"},
        pages[1].url: everywhere | {"BreadcrumbList", "Person", "FAQPage"},
    }
    assert [
        (step["position"], step["name"], step["item"])
        for step in found[pages[0].url]["BreadcrumbList"]["itemListElement"]
    ] == [
        (1, "Accueil", "https://fanal.example/"),
        (2, "Cours", "https://fanal.example/cours/"),
        (3, "Calcul différentiel", f"https://fanal.example{pages[0].url}"),
    ]


def test_the_check_of_what_is_required_finds_what_is_missing() -> None:
    node = {"@type": "Course", "name": "Latin", "offers": [{"@type": "Offer", "price": "45.00"}, {}]}
    assert lacking([node]) == [
        "Course lacks description",
        "Course lacks hasCourseInstance",
        "Course lacks provider",
        "Offer lacks category",
        "Offer lacks priceCurrency",
        "nothing is not expected",
    ]


def test_a_free_hour_has_a_price_and_a_course_no_longer_offered_has_none(
    client: Client, course: Course
) -> None:
    free = structured.course(
        name="Essai",
        description="Une heure pour voir.",
        url="https://fanal.example/cours/essai/",
        provider=SCHOOL,
        hourly_price=Decimal("0"),
    )
    assert free["offers"][0]["price"] == "0.00"

    course.active = False
    course.save()
    shown = facts(html_of(client, make_course_page(course).url))["Course"]
    assert shown["description"] == "Limites et dérivées."
    assert {"offers", "hasCourseInstance"}.isdisjoint(shown)


def test_pages_are_shared_by_their_own_picture(client: Client, course: Course, tutor: Tutor) -> None:
    page = make_course_page(course, image=make_photo("courbe", 1600, 1000))
    shared = told(html_of(client, page.url))
    assert (shared["og:image:width"], shared["og:image:height"]) == ("1200", "630")
    assert shared["twitter:card"] == "summary_large_image"
    assert shared["og:image"] == shared["twitter:image"]
    assert shared["og:image"].startswith("https://fanal.example/media/images/courbe")

    person = told(html_of(client, make_tutor_page(tutor).url))
    assert (person["og:image:width"], person["og:image:height"]) == ("600", "600")
    assert person["twitter:card"] == "summary"


def test_sharing_asks_the_database_nothing(
    client: Client, course: Course, tutor: Tutor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    course_page = make_course_page(course, image=make_photo("courbe", 1600, 1000))
    # As many as without it: a course page's eleven and its subject; both sizes of a picture come with one.
    for url, most in ((course_page.url, 12), (make_tutor_page(tutor).url, 13)):
        client.get(url)
        with django_assert_max_num_queries(most) as made:
            client.get(url)
        assert len([one for one in made if "wagtailimages_rendition" in one["sql"]]) == 1


@pytest.mark.parametrize(
    ("query", "canonical", "listed"),
    [
        ("", "https://fanal.example/cours/", True),
        ("?utm_source=infolettre", "https://fanal.example/cours/", True),
        ("?page=2", "https://fanal.example/cours/?page=2", True),
        ("?page=99", "https://fanal.example/cours/?page=2", True),
        ("?page=rien", "https://fanal.example/cours/", True),
        ("?niveau=cegep", "https://fanal.example/cours/", False),
        ("?niveau=cegep&page=2", "https://fanal.example/cours/", False),
        ("?q=cours", "https://fanal.example/cours/", False),
        ("?quand=soir", "https://fanal.example/cours/", False),
        ("?niveau=inconnu", "https://fanal.example/cours/", True),
    ],
)
def test_a_narrowed_list_is_the_whole_one_for_search_engines(
    client: Client, query: str, canonical: str, listed: bool
) -> None:
    for number in range(13):
        make_course_page(make_course(f"Cours {number}", levels=["cegep"]))
    shown = told(html_of(client, f"/cours/{query}"))

    assert shown["canonical"] == shown["og:url"] == canonical
    assert ("robots" not in shown) == listed


def test_choices_in_the_picker_of_a_page_are_no_other_page(
    client: Client, course: Course, tutor: Tutor
) -> None:
    page = make_course_page(course)
    shown = told(html_of(client, f"{page.url}?tuteur={tutor.public_id}"))
    assert shown["canonical"] == f"https://fanal.example{page.url}"
    assert "robots" not in shown
