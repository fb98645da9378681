"""What every page has: a way past its header, menus and questions that open by keyboard; and its editor."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from courses.models import CourseIndexPage, CoursePage
from home.models import HomePage
from tests.courses.support import make_image
from tests.factories import PASSWORD, make_course, make_tutor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_first_tab_leads_past_the_header(page: Page) -> None:
    page.goto("/cours/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Aller au contenu")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()

    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_account_menu_opens_closes_and_logs_out(page: Page, student: User) -> None:
    page.goto("/connexion/")
    page.get_by_label("Courriel").fill(student.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/tableau-de-bord/")
    summary = page.locator(".site-header .menu > summary")
    dashboard = page.get_by_role("link", name="Mon tableau de bord")

    summary.press("Enter")
    expect(dashboard).to_be_visible()
    page.keyboard.press("Escape")
    expect(dashboard).to_be_hidden()
    expect(summary).to_be_focused()

    summary.click()
    expect(dashboard).to_be_visible()
    page.locator("h1").first.click()
    expect(dashboard).to_be_hidden()

    summary.click()
    page.get_by_role("button", name="Déconnexion").click()
    expect(page).to_have_url("/")
    expect(page.get_by_role("link", name="Connexion")).to_be_visible()


def test_a_question_opens_by_keyboard(page: Page, transactional_db: None) -> None:
    home = HomePage.objects.get()
    items = [{"question": "Et si je suis malade?", "answer": "<p>Annulez deux heures avant.</p>"}]
    home.body = [("questions", {"heading": "Questions", "items": items})]
    home.save()
    page.goto("/")
    answer = page.get_by_text("Annulez deux heures avant.")
    expect(answer).to_be_hidden()

    page.locator("summary", has_text="Et si je suis malade?").press("Enter")
    expect(answer).to_be_visible()


def test_an_editor_sees_the_page_they_write_beside_its_form(
    page: Page, editor: User, transactional_db: None
) -> None:
    """In a frame that our policy allows; and Wagtail's checker has nothing to say of our templates, nor our
    checklist of a page that has all it needs.
    """
    course = make_course("Calcul")
    make_tutor(courses=[course])
    course_page = CoursePage(
        title="Calcul",
        slug="calcul",
        course=course,
        intro="La dérivée sans peur. Un pas après l'autre, à votre rythme.",
        image=make_image("Une courbe et sa tangente."),
    )
    CourseIndexPage.objects.get().add_child(instance=course_page)
    page.goto("/connexion/")
    page.get_by_label("Courriel").fill(editor.email)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")

    page.goto(f"/admin/pages/{course_page.pk}/edit/")
    page.get_by_role("button", name="Afficher/masquer la prévisualisation").click()
    draft = page.frame_locator("#w-preview-iframe[src]")
    expect(draft.locator("h1")).to_have_text("Calcul", timeout=20_000)
    expect(draft.get_by_text("La dérivée sans peur.").first).to_be_visible()

    page.get_by_role("button", name="Activer/désactiver les vérifications").click()
    expect(page.locator("[data-content-word-count]")).not_to_have_text("-")
    expect(page.locator("[data-content-checker-count]")).to_have_text("0")
