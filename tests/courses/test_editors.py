"""A course or a tutor that the direction makes waits for the editors as a draft page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from wagtail.models import Page

from accounts.models import Role, User
from courses.checklist import missing
from courses.models import Course, CourseIndexPage, CoursePage, Tutor, TutorIndexPage, TutorPage
from courses.services import draft_page_for
from courses.tasks import publish_scheduled_pages
from home.models import ContentPage, HomePage
from tests.courses.support import make_course_page, make_image, make_tutor_page
from tests.factories import make_course, make_tutor, make_user

pytestmark = pytest.mark.django_db


def add_url(model: type[Course] | type[Tutor]) -> str:
    return reverse(model.snippet_viewset.get_url_name("add"))  # type: ignore[union-attr]


def course_form(**changes: str) -> dict[str, str]:
    return {
        "title": "Algèbre linéaire",
        "slug": "algebre-lineaire",
        "description": "",
        "student_rate_cad": "52.00",
        "active": "on",
        **changes,
    }


def test_a_course_made_by_the_direction_gets_one_draft_page(client: Client, admin: User) -> None:
    client.force_login(admin)
    answer = client.post(add_url(Course), course_form(), follow=True)

    page = CoursePage.objects.get()
    assert (page.title, page.slug, page.live) == ("Algèbre linéaire", "algebre-lineaire", False)
    assert page.course == Course.objects.get()
    assert page.get_parent().specific == CourseIndexPage.objects.get()
    assert page.latest_revision.user == admin
    assert "Une page attend l" in answer.content.decode()
    assert Client().get("/cours/algebre-lineaire/").status_code == 404


def test_a_refused_form_makes_no_page(client: Client, admin: User) -> None:
    client.force_login(admin)
    client.post(add_url(Course), course_form(title=""))

    assert (Course.objects.count(), CoursePage.objects.count()) == (0, 0)


def test_a_tutor_made_by_the_direction_gets_one_draft_page(client: Client, admin: User) -> None:
    person = make_user(Role.TUTOR)
    client.force_login(admin)
    client.post(
        add_url(Tutor),
        {
            "user": str(person.pk),
            "display_name": "Élise Côté",
            "bio": "",
            "photo": "",
            "hourly_rate_cad": "31.37",
            "priority": "100",
            "active": "on",
        },
    )

    page = TutorPage.objects.get()
    assert (page.title, page.slug, page.live) == ("Élise Côté", "elise-cote", False)
    assert page.tutor == Tutor.objects.get()


def test_a_page_is_made_once_and_beside_another_of_its_address(admin: User) -> None:
    course = make_course("Calcul", rate="52.00")
    other = make_course_page(make_course("Autre"), title="Ancienne page")
    other.slug = course.slug
    other.save()

    first, again = (draft_page_for(row=course, user=admin) for _ in range(2))

    assert first is not None
    assert again is not None
    assert first.pk == again.pk
    assert first.slug == f"{course.slug}-1"


def test_without_a_list_of_courses_there_is_nowhere_to_put_a_page(admin: User) -> None:
    CourseIndexPage.objects.get().delete()

    assert draft_page_for(row=make_course("Calcul"), user=admin) is None


def delete(client: Client, row: Course) -> None:
    client.post(reverse(Course.snippet_viewset.get_url_name("delete"), args=[row.pk]))  # type: ignore[attr-defined]


def test_a_course_made_by_mistake_goes_with_its_untouched_draft(client: Client, admin: User) -> None:
    course = make_course("Calcul")
    draft_page_for(row=course, user=admin)
    client.force_login(admin)

    delete(client, course)

    assert (Course.objects.count(), CoursePage.objects.count()) == (0, 0)


def test_what_an_editor_has_written_stays(client: Client, admin: User, editor: User) -> None:
    course = make_course("Calcul")
    page = draft_page_for(row=course, user=admin)
    assert page is not None
    page.intro = "La dérivée sans peur."
    page.save_revision(user=editor)
    client.force_login(admin)

    delete(client, course)

    course.refresh_from_db()
    assert not course.active
    assert CoursePage.objects.count() == 1


def test_editors_find_the_waiting_pages_on_their_home(client: Client, admin: User, editor: User) -> None:
    draft_page_for(row=make_course("Calcul"), user=admin)
    make_course_page(make_course("Algèbre"), title="Algèbre en ligne")
    client.force_login(editor)

    html = client.get("/admin/").content.decode()

    assert "Pages à écrire" in html
    assert html.count("Calcul") == 1
    assert "Algèbre en ligne" not in html


def test_a_page_is_published_and_taken_down_at_its_time(editor: User) -> None:
    now = timezone.now()
    page = make_course_page(make_course("Calcul"), live=False)
    page.go_live_at = now + timedelta(minutes=30)
    page.save_revision(user=editor).publish()
    ending = make_course_page(make_course("Algèbre"))
    Page.objects.filter(pk=ending.pk).update(expire_at=now - timedelta(minutes=1))

    publish_scheduled_pages()
    page.refresh_from_db()
    ending.refresh_from_db()
    assert (page.live, ending.live) == (False, False)

    with time_machine.travel(now + timedelta(minutes=31)):
        publish_scheduled_pages()
    page.refresh_from_db()
    assert page.live
    assert Client().get(page.url).status_code == 200


ENOUGH = "La dérivée sans peur, un pas après l'autre, à votre rythme."


def test_the_checklist_names_what_a_course_page_lacks() -> None:
    course = make_course("Calcul")
    page = make_course_page(course, intro="Court.")
    assert missing(page) == ["image", "teacher", "intro"]

    image = page.image = make_image()
    make_tutor(courses=[course])
    page.intro = ENOUGH
    assert missing(page) == ["alt"]

    image.description = "Une courbe et sa tangente."
    assert missing(page) == []

    course.active = False
    course.save()
    page.refresh_from_db()
    assert missing(page) == ["image", "course", "intro"]
    assert missing(CoursePage()) == ["image", "course", "intro"]


def test_the_checklist_names_what_a_tutor_page_lacks() -> None:
    tutor = make_tutor("Maude Gagnon")
    page = make_tutor_page(tutor, intro=ENOUGH)
    assert missing(page) == ["portrait", "teaching"]

    tutor.photo = make_image("Maude Gagnon, souriante.")
    tutor.save()
    make_course("Calcul").tutor_courses.create(tutor=tutor, status="approved")
    page.refresh_from_db()
    assert missing(page) == []

    tutor.active = False
    tutor.save()
    page.refresh_from_db()
    assert missing(page) == ["tutor"]
    assert missing(TutorPage()) == ["tutor", "intro"]


def test_the_checklist_is_beside_the_preview_and_never_on_the_public_page(
    client: Client, editor: User
) -> None:
    page = make_course_page(make_course("Calcul"))
    client.force_login(editor)
    edit = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert "Aucun tuteur pour ce cours" in edit

    preview = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk])).content.decode()
    assert 'data-missing="image teacher intro"' in preview
    assert "data-missing" not in client.get(page.url).content.decode()


def test_a_page_of_nothing_yet_has_a_preview(client: Client, editor: User) -> None:
    client.force_login(editor)
    url = reverse(
        "wagtailadmin_pages:preview_on_add",
        args=["courses", "coursepage", CourseIndexPage.objects.get().pk],
    )

    assert client.get(url, {"in_preview_panel": "true"}).status_code == 200


def draft_of(client: Client, page: Page) -> str:
    return client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk])).content.decode()


def test_a_draft_that_nobody_teaches_yet_shows_the_picker_of_another_as_an_example(
    client: Client, editor: User
) -> None:
    page = make_course_page(make_course("Calcul"))
    taught = make_course("Algèbre")
    client.force_login(editor)
    assert 'id="picker"' in draft_of(client, page)
    assert "Exemple" not in draft_of(client, page)

    tutor = make_tutor("Maude Gagnon", courses=[taught])
    draft = draft_of(client, page)
    assert "voici les créneaux de « Algèbre »" in draft
    assert f'value="{taught.public_id}"' in draft
    assert "Exemple" not in Client().get(page.url).content.decode()

    page.course.tutor_courses.create(tutor=tutor, status="approved")
    assert "Exemple" not in draft_of(client, page)


def test_a_tutors_draft_without_courses_has_an_example_too(client: Client, editor: User) -> None:
    page = make_tutor_page(make_tutor("Luc Roy"))
    other = make_tutor("Maude Gagnon", courses=[make_course("Algèbre")])
    client.force_login(editor)

    draft = draft_of(client, page)
    assert "voici les créneaux de Maude Gagnon" in draft
    assert str(other.public_id) in draft


def test_an_editors_home_says_where_to_begin(client: Client, editor: User) -> None:
    client.force_login(editor)
    html = client.get("/admin/").content.decode()

    courses = CourseIndexPage.objects.get()
    for address in (
        reverse("wagtailadmin_pages:add", args=["courses", "coursepage", courses.pk]),
        reverse("wagtailadmin_pages:edit", args=[HomePage.objects.get().pk]),
        reverse("wagtailimages:add_multiple"),
    ):
        assert f'<a href="{address}">' in html
    assert "guide.wagtail.org" not in html


def test_a_form_shows_how_its_page_is_found_and_shared(client: Client, editor: User) -> None:
    page = make_course_page(make_course("Calcul"), intro=ENOUGH, image=make_image("Une courbe."))
    client.force_login(editor)
    html = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()

    preview = html.partition("data-search-preview")[2].partition("</section>\n</div>")[0]
    assert f'› cours<span data-preview="slug"> › {page.slug}</span>' in preview
    assert 'data-preview="title">Calcul · Fanal</p>' in preview
    assert preview.count(escape(ENOUGH)) == 2
    assert re.search(r'<img src="/media/images/image[^"]+\.jpg"', preview)

    add = reverse("wagtailadmin_pages:add", args=["courses", "coursepage", page.get_parent().pk])
    assert "› cours<span" in client.get(add).content.decode()


def test_each_kind_of_page_says_what_goes_into_its_fields(client: Client, editor: User) -> None:
    client.force_login(editor)
    kinds: list[Any] = [HomePage, ContentPage, CourseIndexPage, CoursePage, TutorIndexPage, TutorPage]
    for kind in kinds:
        handler = kind.get_edit_handler()
        content, promotion, _ = handler.children
        assert [str(content.heading), str(promotion.heading)] == ["Contenu", "Recherche et partage"]
        fields = [
            panel for tab in (content, promotion) for panel in leaves(tab) if hasattr(panel, "field_name")
        ]
        assert [panel.field_name for panel in fields if not panel.help_text] == []
        assert "title" in [panel.field_name for panel in fields]


def leaves(panel: Any) -> list[Any]:
    children = getattr(panel, "children", None)
    return [panel] if children is None else [leaf for child in children for leaf in leaves(child)]
