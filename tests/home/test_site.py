"""The frame of every page, and the site that a fresh database has."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings
from wagtail.models import Locale, Page, Site

from home.models import ContentPage, HomePage, SiteSettings

pytestmark = pytest.mark.django_db


@pytest.fixture
def conditions() -> ContentPage:
    page = ContentPage(title="Conditions", slug="conditions", body=[("rich_text", "<p>Annuler à temps.</p>")])
    return HomePage.objects.get().add_child(instance=page)


def test_a_fresh_database_has_a_site_in_french(client: Client) -> None:
    html = client.get("/").content.decode()

    assert '<html lang="fr-CA">' in html
    assert "Comprendre, une heure à la fois" in html
    assert '<a href="/cours/"' in html
    assert '<a href="/tuteurs/"' in html
    assert [client.get(path).status_code for path in ("/cours/", "/tuteurs/")] == [200, 200]


def test_a_fresh_database_has_one_site_one_locale_and_no_welcome_page() -> None:
    assert [(site.site_name, site.is_default_site) for site in Site.objects.all()] == [("Fanal", True)]
    assert [locale.language_code for locale in Locale.objects.all()] == ["fr-ca"]
    pages = Page.objects.filter(depth__gt=1).order_by("path")
    assert [(page.url_path, page.specific_class.__name__) for page in pages] == [
        ("/accueil/", "HomePage"),
        ("/accueil/cours/", "CourseIndexPage"),
        ("/accueil/tuteurs/", "TutorIndexPage"),
    ]
    assert Page.find_problems() == ([], [], [], [], [])


def test_the_page_being_read_is_marked_in_the_menu(client: Client) -> None:
    html = client.get("/cours/").content.decode()

    assert '<a href="/cours/" aria-current="true">Cours</a>' in html
    assert '<a href="/tuteurs/">Tuteurs</a>' in html


def test_an_editors_change_of_brand_is_seen_by_the_next_visitor(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    assert "Phare" not in client.get("/").content.decode()
    settings = SiteSettings.for_site(Site.objects.get())
    settings.brand, settings.email = "Phare", "allo@phare.example"
    with django_capture_on_commit_callbacks(execute=True):
        settings.save()

    html = client.get("/").content.decode()
    assert '<span class="brand-name">Phare</span>' in html
    assert '<a href="mailto:allo@phare.example">' in html


def test_what_is_remembered_of_the_home_page_is_never_what_is_shown_of_it(client: Client) -> None:
    assert "Une autre heure" not in client.get("/").content.decode()
    hero: Any = [("hero", {"heading": "Une autre heure", "text": "", "image": None, "actions": []})]
    HomePage.objects.update(body=HomePage(body=hero).body, live=True)  # behind the back of every signal
    assert "Une autre heure" in client.get("/").content.decode()
    HomePage.objects.update(live=False)
    assert client.get("/").status_code == 404


def test_another_site_of_the_same_house_begins_at_its_own_root(
    client: Client,
    conditions: ContentPage,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        Site.objects.create(hostname="127.0.0.1", root_page=conditions, is_default_site=False)
    for _ in range(2):  # from the database, then as it is remembered
        assert "Annuler à temps." in client.get("/", headers={"host": "127.0.0.1"}).content.decode()
        assert "Comprendre, une heure à la fois" in client.get("/").content.decode()
    assert client.get("/cours/", headers={"host": "127.0.0.1"}).status_code == 404


def test_a_page_enters_and_leaves_the_menu_as_it_is_published(
    client: Client,
    conditions: ContentPage,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    link = '<a href="/conditions/">Conditions</a>'
    assert link not in client.get("/").content.decode()

    conditions.show_in_menus = True
    with django_capture_on_commit_callbacks(execute=True):
        conditions.save_revision().publish()
    assert link in client.get("/").content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        conditions.unpublish()
    assert link not in client.get("/").content.decode()


def test_the_foot_links_published_pages_only(client: Client, conditions: ContentPage) -> None:
    settings = SiteSettings.for_site(Site.objects.get())
    settings.footer_pages = [("page", conditions)]
    settings.save()
    assert settings.live_footer_pages() == [conditions]
    assert "/conditions/" in client.get("/cours/").content.decode()

    conditions.unpublish()
    assert SiteSettings.objects.get().live_footer_pages() == []


def test_the_frame_costs_no_query_once_it_is_known(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/recherche/")
    with django_assert_num_queries(0):
        client.get("/recherche/")


def test_without_redis_every_page_still_answers(client: Client, settings: Settings) -> None:
    nobody_there = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": nobody_there}

    answers = {path: client.get(path) for path in ("/", "/cours/", "/tuteurs/", "/panier/", "/connexion/")}

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert "Fanal" in answers["/"].content.decode()
