"""What search engines and social networks are told of the pages, and where they may look."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image as Canvas
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings
from wagtail.images import get_image_model
from wagtail.models import PageViewRestriction, Site

from accounts.models import User
from home import structured
from home.models import ContentPage, HomePage, SiteSettings

pytestmark = pytest.mark.django_db

NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


@pytest.fixture(autouse=True)
def address() -> None:
    Site.objects.update(hostname="fanal.example", port=443)


@pytest.fixture
def conditions() -> ContentPage:
    page = ContentPage(title="Conditions", slug="conditions", intro="Les règles\ndu jeu, en une page.")
    return HomePage.objects.get().add_child(instance=page)


def html_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def told(html: str) -> dict[str, str]:
    """Every meta element of the head with a content, by its name, and the canonical address."""
    head = html.split("</head>")[0]
    metas = re.findall(r'<meta (?:name|property)="([^"]+)"\s+content="([^"]*)"', head)
    links = re.findall(r'<link rel="(canonical)" href="([^"]*)"', head)
    assert len({name for name, _ in metas + links}) == len(metas + links)
    return {name: unescape(content) for name, content in metas + links}


def facts(html: str) -> dict[str, Any]:
    """The data block's nodes, by their type."""
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    data = json.loads(block)
    assert data["@context"] == "https://schema.org"
    return {node["@type"]: node for node in data["@graph"]}


def sitemap(client: Client) -> dict[str, str | None]:
    tree = ElementTree.fromstring(client.get("/sitemap.xml").content)  # noqa: S314 (our own answer)
    return {
        url.findtext("s:loc", "", NAMESPACE): url.findtext("s:lastmod", None, NAMESPACE)
        for url in tree.findall("s:url", NAMESPACE)
    }


# Meta


def test_a_page_tells_its_address_title_and_introduction(client: Client, conditions: ContentPage) -> None:
    shown = told(html_of(client, "/conditions/?utm_source=infolettre"))
    shown.pop("htmx-config", None)

    assert shown == {
        "viewport": "width=device-width, initial-scale=1",
        "color-scheme": "light dark",
        "canonical": "https://fanal.example/conditions/",
        "description": "Les règles du jeu, en une page.",
        "og:type": "website",
        "og:locale": "fr_CA",
        "og:site_name": "Fanal",
        "og:title": "Conditions",
        "og:description": "Les règles du jeu, en une page.",
        "og:url": "https://fanal.example/conditions/",
        "og:image": "https://fanal.example/static/img/sharing.jpg",
        "og:image:width": "1200",
        "og:image:height": "630",
        "twitter:card": "summary_large_image",
        "twitter:title": "Conditions",
        "twitter:description": "Les règles du jeu, en une page.",
        "twitter:image": "https://fanal.example/static/img/sharing.jpg",
    }


def test_what_an_editor_writes_for_search_engines_comes_first(
    client: Client, conditions: ContentPage
) -> None:
    conditions.seo_title, conditions.search_description = "Conditions de réservation", 'Annuler "à temps".'
    conditions.save()
    html = html_of(client, "/conditions/")

    assert "<title>Conditions de réservation · Fanal</title>" in html
    assert told(html)["og:title"] == "Conditions de réservation"
    assert told(html)["description"] == 'Annuler "à temps".'


def test_a_page_without_any_introduction_has_no_description(client: Client, conditions: ContentPage) -> None:
    conditions.intro = ""
    conditions.save()
    assert {"description", "og:description"}.isdisjoint(told(html_of(client, "/conditions/")))


def test_the_home_page_is_shared_by_its_headline_and_picture(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    file = BytesIO()
    Canvas.new("RGB", (1600, 1200), (40, 80, 120)).save(file, "PNG")
    picture = get_image_model().objects.create(
        title="Accueil", file=ContentFile(file.getvalue(), name="accueil.png")
    )
    home = HomePage.objects.get()
    picture.decorative, picture.contextual_alt_text = False, "Une lampe"
    home.body[0].value["image"] = picture
    home.save()
    shown = told(html_of(client, "/"))

    assert shown["canonical"] == "https://fanal.example/"
    assert shown["og:title"] == "Comprendre, une heure à la fois"
    assert re.fullmatch(r"https://fanal\.example/media/images/accuei.*\.jpg", shown["og:image"])
    assert (shown["og:image:width"], shown["og:image:height"]) == ("1200", "630")
    # The home page (its row, what it is, whether it is private), the image and the page that its head names,
    # and the picture in all its sizes.
    with django_assert_num_queries(6):
        client.get("/")


def test_the_brands_own_picture_has_the_size_that_is_told() -> None:
    with Canvas.open(Path(django_settings.ROOT) / "static/img/sharing.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 630))


@pytest.mark.parametrize(
    "path",
    ["/panier/", "/paiement/", "/connexion/", "/mot-de-passe/", "/recherche/", "/recherche/?q=calcul"],
)
def test_what_is_no_page_of_an_editors_is_not_listed(client: Client, path: str) -> None:
    html = client.get(path, follow=True).content.decode()
    assert told(html)["robots"] == "noindex"
    assert "canonical" not in told(html)


def test_somebodys_own_page_is_not_listed(client: Client, student: User) -> None:
    client.force_login(student)
    assert told(html_of(client, "/tableau-de-bord/"))["robots"] == "noindex"


@pytest.mark.parametrize("path", ["/", "/cours/", "/tuteurs/"])
def test_public_pages_are_listed(client: Client, path: str) -> None:
    assert "robots" not in told(html_of(client, path))


def test_a_page_that_is_gone_is_404_and_not_listed(client: Client, conditions: ContentPage) -> None:
    conditions.unpublish()
    response = client.get("/conditions/")
    assert response.status_code == 404
    assert told(response.content.decode())["robots"] == "noindex"


def test_a_preview_has_no_address_and_is_not_listed() -> None:
    page = ContentPage(title="En cours d'écriture", slug="essai")
    page.set_url_path(HomePage.objects.get())
    response = page.make_preview_request(preview_mode=page.default_preview_mode)
    response.render()
    shown = told(response.content.decode())
    assert shown["robots"] == "noindex"
    assert "canonical" not in shown


# Data


def test_every_page_tells_who_the_school_is(
    client: Client,
    conditions: ContentPage,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    brand = SiteSettings.for_site(Site.objects.get())
    brand.email, brand.phone, brand.tagline = "allo@fanal.example", "418 555-0142", "Une heure à la fois."
    with django_capture_on_commit_callbacks(execute=True):
        brand.save()

    assert facts(html_of(client, "/conditions/"))["EducationalOrganization"] == {
        "@type": "EducationalOrganization",
        "@id": "https://fanal.example/#ecole",
        "name": "Fanal",
        "url": "https://fanal.example/",
        "logo": "https://fanal.example/static/img/favicon.svg",
        "description": "Une heure à la fois.",
        "email": "allo@fanal.example",
        "telephone": "418 555-0142",
    }


def test_breadcrumbs_lead_from_the_home_page_to_this_one(client: Client, conditions: ContentPage) -> None:
    conditions.add_child(instance=ContentPage(title="Crédits", slug="credits"))

    assert "BreadcrumbList" not in facts(html_of(client, "/"))
    assert facts(html_of(client, "/conditions/credits/"))["BreadcrumbList"] == {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": "Accueil", "item": "https://fanal.example/"},
            {
                "@type": "ListItem",
                "position": 2,
                "name": "Conditions",
                "item": "https://fanal.example/conditions/",
            },
            {
                "@type": "ListItem",
                "position": 3,
                "name": "Crédits",
                "item": "https://fanal.example/conditions/credits/",
            },
        ],
    }


def test_breadcrumbs_follow_a_new_title(
    client: Client,
    conditions: ContentPage,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    conditions.add_child(instance=ContentPage(title="Crédits", slug="credits"))
    html_of(client, "/conditions/credits/")
    conditions.refresh_from_db()
    conditions.title = "Règles"
    with django_capture_on_commit_callbacks(execute=True):
        conditions.save_revision().publish()

    trail = facts(html_of(client, "/conditions/credits/"))["BreadcrumbList"]["itemListElement"]
    assert [step["name"] for step in trail] == ["Accueil", "Règles", "Crédits"]


def test_questions_of_a_page_are_told_with_their_answers_in_plain_text(
    client: Client, conditions: ContentPage
) -> None:
    asked = [
        {"question": "Faut-il un compte?", "answer": "<p>Non.</p><p>Il se <b>crée</b> en payant.</p>"},
        {"question": "Et pour annuler?", "answer": "<p>Deux heures &amp; plus avant.</p>"},
    ]
    conditions.body = [("questions", {"heading": "Questions", "items": asked})]
    conditions.save()

    assert facts(html_of(client, "/conditions/"))["FAQPage"] == {
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": "Faut-il un compte?",
                "acceptedAnswer": {"@type": "Answer", "text": "Non. Il se crée en payant."},
            },
            {
                "@type": "Question",
                "name": "Et pour annuler?",
                "acceptedAnswer": {"@type": "Answer", "text": "Deux heures & plus avant."},
            },
        ],
    }


def test_no_title_can_leave_the_data_block(client: Client, conditions: ContentPage) -> None:
    hostile = "</script><script>alert(1)</script><!--&amp;"
    conditions.title = hostile
    conditions.save()
    html = html_of(client, "/conditions/")

    assert "<script>alert" not in html
    assert facts(html)["BreadcrumbList"]["itemListElement"][-1]["name"] == hostile


def test_a_data_block_is_written_so() -> None:
    assert structured.script([{"@type": "Thing", "name": "</script> & é"}, None]) == (
        '<script type="application/ld+json">{"@context":"https://schema.org","@graph":'
        '[{"@type":"Thing","name":"\\u003C/script\\u003E \\u0026 é"}]}</script>'
    )


def test_nothing_is_told_of_questions_and_trails_that_are_not_there() -> None:
    assert structured.questions([]) is None
    assert structured.breadcrumbs([("Accueil", "https://fanal.example/")]) is None


# Where to look


def test_robots_are_sent_to_the_sitemap_and_kept_out_of_what_is_private(
    client: Client, settings: Settings
) -> None:
    settings.SITE_URL = "https://fanal.example/"
    response = client.get("/robots.txt")

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode().splitlines() == [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /panier/",
        "Disallow: /paiement/",
        "Disallow: /tableau-de-bord/",
        "Disallow: /creneaux/",
        "",
        "Sitemap: https://fanal.example/sitemap.xml",
    ]
    assert client.post("/robots.txt").status_code == 405


def test_the_sitemap_has_published_public_pages_with_their_dates(
    client: Client, conditions: ContentPage
) -> None:
    home = HomePage.objects.get()
    home.add_child(instance=ContentPage(title="Brouillon", slug="brouillon", live=False))
    private = home.add_child(instance=ContentPage(title="Réservé", slug="reserve"))
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    ContentPage.objects.filter(pk=conditions.pk).update(
        last_published_at=datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
    )
    found = sitemap(client)

    assert set(found) == {
        "https://fanal.example/",
        "https://fanal.example/cours/",
        "https://fanal.example/tuteurs/",
        "https://fanal.example/conditions/",
    }
    assert found["https://fanal.example/conditions/"] == "2026-01-05"


def test_the_sitemaps_queries_do_not_grow_with_the_pages(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    home = HomePage.objects.get()
    for number in range(10):
        home.add_child(instance=ContentPage(title=f"Page {number}", slug=f"page-{number}"))
    client.get("/sitemap.xml")
    with django_assert_max_num_queries(12):
        assert len(sitemap(client)) == 13


def test_an_old_address_leads_on_to_the_new_one(
    client: Client,
    conditions: ContentPage,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    conditions.add_child(instance=ContentPage(title="Crédits", slug="credits"))
    conditions.refresh_from_db()
    conditions.slug = "regles"
    with django_capture_on_commit_callbacks(execute=True):
        conditions.save_revision().publish()

    for old, new in (("/conditions/", "/regles/"), ("/conditions/credits/", "/regles/credits/")):
        answer = client.get(old)
        assert (answer.status_code, answer.headers["Location"]) == (301, new)
        assert client.get(new).status_code == 200
    assert client.get("/conditions/ailleurs/").status_code == 404
