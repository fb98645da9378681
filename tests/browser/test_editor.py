"""An editor at work: from nothing to a published page that lessons are booked on.

The pictures of docs/editeurs.md are taken on the way, into var/editeurs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image as Canvas
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from config.demo_content.drawing import Drawing
from config.settings.base import ROOT
from courses.models import CoursePage, Subject
from courses.services import draft_page_for
from tests.browser.sessions import log_in
from tests.chromium import show_media, visitor
from tests.factories import make_course, make_tutor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = ROOT / "var" / "editeurs"
INTRO = "La dérivée sans peur : un pas après l’autre, à votre rythme, avec quelqu’un qui écoute."
PATIENCE = 20_000


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """The admin loads much, checks and previews within seconds."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Canvas.open(BytesIO(page.screenshot(caret="initial", animations="disabled"))) as taken:
        taken.convert("RGB").save(PICTURES / f"{name}.webp", quality=80, method=2)


def tangent() -> bytes:
    drawing = Drawing(1200, 675, "#f3e4c9", scale=1)
    drawing.fill(
        "M120 560q330 -20 470 -220q130 -190 480 -210v14q-340 20 -466 206q-142 206 -484 224z", "#16203f"
    )
    drawing.fill("M300 560L880 110L890 122L310 572z", "#e8a33d")
    return drawing.webp()


def test_an_editor_makes_a_course_page_from_nothing(
    page: Page, editor: User, admin: User, chromium: Browser, live_server: LiveServer
) -> None:
    course = make_course(
        "Calcul différentiel", rate="52.00", subject=Subject.objects.create(name="Mathématiques")
    )
    make_tutor("Maude Gagnon", courses=[course])
    draft_page_for(row=make_course("Chimie organique"), user=admin)
    page.set_default_timeout(PATIENCE)
    show_media(page.context)
    log_in(page, editor, leads_to="/admin/")
    expect(page.get_by_role("link", name="Chimie organique")).to_be_visible()
    picture(page, "accueil")

    page.get_by_role("link", name="Écrire une page de cours").click()
    page.locator("#id_title").fill("Calcul différentiel")
    page.locator("#id_course-chooser").get_by_role("button", name="Choisir").first.click()
    page.locator(".modal-body").get_by_role("link", name="Calcul différentiel").click()
    expect(page.locator("#id_course-chooser")).to_contain_text("Calcul différentiel")

    page.locator("#id_image-chooser").get_by_role("button", name="Choisir").first.click()
    page.get_by_role("tab", name="Transférer").click()
    upload = page.locator(".modal-body #tab-upload")
    upload.locator("input[type=file]").set_input_files(
        {"name": "tangente.webp", "mimeType": "image/webp", "buffer": tangent()}
    )
    upload.locator("[name$=description]").fill("Une courbe et sa tangente.")
    picture(page, "image")
    upload.locator("button[type=submit]").click()
    expect(page.locator("#id_image-chooser img")).to_be_visible()
    expect(page.locator(".modal")).to_have_count(0)  # closing, it takes the focus from what opens meanwhile

    page.locator("#id_intro").fill("Court.")
    body = page.locator("section[id$=-body-section]")
    body.get_by_role("button", name="Insérer un bloc").first.click()
    expect(page.get_by_role("option", name="Texte").first).to_be_visible()
    picture(page, "blocs")
    page.get_by_role("option", name="Texte").first.click()
    body.locator("[contenteditable=true]").first.fill("On travaille ce que vous apportez.")

    page.get_by_role("button", name="Afficher/masquer la prévisualisation").click()
    draft = page.frame_locator("#w-preview-iframe[src]")
    expect(draft.locator("h1")).to_have_text("Calcul différentiel")
    expect(draft.locator("#picker .slot").first).to_be_attached()
    page.locator("#id_title").scroll_into_view_if_needed()
    picture(page, "apercu")
    page.get_by_role("button", name="Activer/désactiver les vérifications").click()
    checks = page.locator("[data-checks-panel]")
    expect(checks).to_contain_text("Introduction trop courte")
    expect(checks).not_to_contain_text("Image manquante")
    picture(page, "verifications")
    page.locator("#id_intro").fill(INTRO)
    page.locator("#id_outcomes").fill("Les limites\nLa dérivée\nL’optimisation")
    expect(checks).not_to_contain_text("Introduction trop courte")
    page.get_by_role("button", name="Activer/désactiver les vérifications").click()

    page.get_by_role("tab", name="Recherche et partage").click()
    found = page.locator("[data-search-preview]")
    expect(found.locator("[data-preview=title]")).to_have_text("Calcul différentiel · Fanal")
    expect(found.locator("[data-preview=slug]")).to_have_text("› calcul-differentiel")
    expect(found.locator("[data-preview=description]")).to_have_text(INTRO)
    expect(found.locator("[data-length=description]")).to_have_attribute("data-verdict", "good")
    page.locator("#id_seo_title").fill(
        "Cours particuliers de calcul différentiel au cégep, en ligne, partout"
    )
    expect(found.locator("[data-length=title]")).to_have_attribute("data-verdict", "long")
    page.locator("#id_seo_title").fill("Calcul différentiel au cégep, en ligne")
    expect(found.locator("[data-preview=shared-title]")).to_have_text(
        "Calcul différentiel au cégep, en ligne"
    )
    expect(found.locator("[data-length=title]")).to_have_attribute("data-verdict", "good")
    picture(page, "recherche")

    page.get_by_role("button", name="Plus d'actions").click()
    expect(page.get_by_role("button", name="Publier")).to_be_visible()
    picture(page, "publier")
    page.get_by_role("button", name="Publier").click()
    expect(page.locator(".messages")).to_contain_text("Calcul différentiel")
    made = CoursePage.objects.live().get()
    assert made.image is not None
    assert (made.image.description, made.intro) == ("Une courbe et sa tangente.", INTRO)

    with visitor(chromium, live_server.url) as context:
        show_media(context)
        public = context.new_page()
        public.goto("/cours/calcul-differentiel/")
        expect(public).to_have_title("Calcul différentiel au cégep, en ligne · Fanal")
        expect(public.get_by_role("img", name="Une courbe et sa tangente.")).to_be_visible()
        expect(public.get_by_text("On travaille ce que vous apportez.")).to_be_visible()
        picture(public, "page")
        public.get_by_role("link", name="Semaine suivante").click()
        expect(public).to_have_url(re.compile("semaine="))  # the new week is there
        public.locator("label.slot").first.click()
        public.get_by_role("button", name="Ajouter au panier").click()
        expect(public.get_by_text("C’est retenu jusqu’à")).to_be_visible()
