"""Editors publish pages, admins keep the catalogue, each in the real Wagtail admin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from accounts.models import User
from courses.models import Course, CourseIndexPage, CoursePage, Subject, Tutor, TutorCourse
from tests.courses.support import make_course_page, make_tutor_page
from tests.factories import make_course, make_lesson, make_tutor, make_user

pytestmark = pytest.mark.django_db


def page_form(course: Course, **changes: object) -> dict[str, object]:
    return nested_form_data(
        {
            "title": "Calcul différentiel",
            "slug": "calcul-differentiel",
            "course": course.pk,
            "intro": "La dérivée sans peur.",
            "image": "",
            "outcomes": "",
            "body": streamfield([("rich_text", rich_text("<p>Ce que l'on travaille.</p>"))]),
            "seo_title": "",
            "search_description": "",
            "show_in_menus": "",
            "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 0},
            **changes,
        }
    )


def add_course_page() -> str:
    parent = CourseIndexPage.objects.get()
    return reverse("wagtailadmin_pages:add", args=["courses", "coursepage", parent.pk])


def lists() -> list[str]:
    return [list_of(model) for model in (Course, Tutor, TutorCourse, Subject)]


def list_of(model: Any) -> str:
    return reverse(model.snippet_viewset.get_url_name("list"))


def test_an_editor_writes_a_course_page_and_everybody_reads_it(client: Client, editor: User) -> None:
    course = make_course("Calcul", rate="52.00")
    make_tutor("Maude Gagnon", courses=[course])
    client.force_login(editor)
    assert client.get(add_course_page()).status_code == 200

    answer = client.post(add_course_page(), page_form(course, **{"action-publish": "1"}))

    assert answer.status_code == 302
    page = CoursePage.objects.get()
    assert (page.live, page.url) == (True, "/cours/calcul-differentiel/")
    html = Client().get("/cours/calcul-differentiel/").content.decode()
    assert "La dérivée sans peur." in html
    assert "Ce que l&#x27;on travaille." in html or "Ce que l'on travaille." in html
    assert "52,00\xa0$" in html
    assert "Maude Gagnon" in html


def test_an_address_made_from_a_title_has_no_accents() -> None:
    page = CoursePage(title="Été à la carte", course=make_course())
    CourseIndexPage.objects.get().add_child(instance=page)

    assert page.url == "/cours/ete-a-la-carte/"


def test_a_draft_is_seen_in_preview_only(client: Client, editor: User) -> None:
    client.force_login(editor)
    course = make_course()
    preview = reverse(
        "wagtailadmin_pages:preview_on_add",
        args=["courses", "coursepage", CourseIndexPage.objects.get().pk],
    )
    told = client.post(preview, page_form(course)).json()
    assert (told["is_valid"], told["is_available"]) == (True, True)
    html = client.get(preview, {"mode": ""}).content.decode()
    assert "La dérivée sans peur." in html

    client.post(add_course_page(), page_form(course))
    assert Client().get("/cours/calcul-differentiel/").status_code == 404


def test_an_editor_chooses_a_course_but_never_sees_the_catalogue_or_a_rate(
    client: Client, editor: User
) -> None:
    make_tutor("Maude Gagnon", courses=[make_course("Calcul")], rate="31.37")
    client.force_login(editor)
    chooser = client.get(Course.snippet_viewset.chooser_viewset.widget_class().get_chooser_modal_url())  # type: ignore[attr-defined]
    assert "Calcul" in chooser.json()["html"]

    assert [client.get(url).status_code for url in lists()] == [302, 302, 302, 302]
    home = client.get("/admin/").content.decode()
    assert "Catalogue" not in home
    assert "31,37" not in home


def test_an_admin_reads_and_changes_the_catalogue(client: Client, admin: User) -> None:
    course = make_course("Calcul", rate="52.00")
    tutor = make_tutor("Maude Gagnon", courses=[course], rate="31.37")
    client.force_login(admin)
    courses, tutors, ties, _ = (client.get(url).content.decode() for url in lists())
    assert "52,00\xa0$" in courses
    assert "31,37\xa0$" in tutors
    assert "Maude Gagnon – Calcul" in ties

    edit = reverse(Course.snippet_viewset.get_url_name("edit"), args=[course.pk])  # type: ignore[attr-defined]
    saved = client.post(
        edit,
        {
            "title": "Calcul 1",
            "slug": "calcul-1",
            "description": "",
            "student_rate_cad": "55.00",
            "active": "on",
        },
    )
    assert saved.status_code == 302
    course.refresh_from_db()
    assert (course.title, str(course.student_rate_cad)) == ("Calcul 1", "55.00")
    assert tutor.is_offered


def test_an_admin_approves_who_asked_to_teach(client: Client, admin: User) -> None:
    course, tutor = make_course(), make_tutor()
    tie = TutorCourse.objects.create(tutor=tutor, course=course)
    client.force_login(admin)
    waiting = client.get(lists()[2], {"status": "pending"}).content.decode()
    assert str(tie) in waiting

    edit = reverse(TutorCourse.snippet_viewset.get_url_name("edit"), args=[tie.pk])  # type: ignore[attr-defined]
    client.post(edit, {"tutor": tutor.pk, "course": course.pk, "status": "approved"})
    assert list(Tutor.objects.teaching(course)) == [tutor]


def delete_url(row: Course | Tutor) -> str:
    return reverse(type(row).snippet_viewset.get_url_name("delete"), args=[row.pk])  # type: ignore[union-attr]


def test_deleting_what_was_never_used_deletes_it(client: Client, admin: User) -> None:
    client.force_login(admin)
    course, tutor = make_course(), make_tutor()
    for row in (course, tutor):
        assert "désactivé" in client.get(delete_url(row)).content.decode()
        assert client.post(delete_url(row)).status_code == 302

    assert not Course.objects.exists()
    assert not Tutor.objects.exists()


@pytest.mark.parametrize("history", ["lesson", "page"])
def test_deleting_what_has_a_history_deactivates_it(client: Client, admin: User, history: str) -> None:
    client.force_login(admin)
    course = make_course("Calcul")
    tutor = make_tutor("Maude Gagnon", courses=[course])
    if history == "lesson":
        make_lesson(
            course=course, tutor=tutor, start=datetime(2026, 1, 6, 15, tzinfo=UTC), student=make_user()
        )
    else:
        make_course_page(course)
        make_tutor_page(tutor)
    for row in (course, tutor):
        answer = client.post(delete_url(row), follow=True)
        assert "désactivé, et plus offert" in answer.content.decode()

    course.refresh_from_db()
    tutor.refresh_from_db()
    assert (course.active, tutor.active) == (False, False)
    entries = ModelLogEntry.objects.filter(object_id__in=[str(course.pk), str(tutor.pk)])
    assert {entry.action for entry in entries} == {"wagtail.edit"}


def test_deleting_many_at_once_keeps_the_same_promise(client: Client, admin: User) -> None:
    client.force_login(admin)
    used, unused = make_course("Calcul"), make_course("Latin")
    make_lesson(
        course=used,
        tutor=make_tutor(courses=[used]),
        start=datetime(2026, 1, 6, 15, tzinfo=UTC),
        student=make_user(),
    )
    url = reverse("wagtail_bulk_action", args=["courses", "course", "delete"])
    answer = client.post(f"{url}?id={used.pk}&id={unused.pk}")

    assert answer.status_code == 302
    assert [(course.title, course.active) for course in Course.objects.all()] == [("Calcul", False)]


def test_an_admin_makes_a_subject_and_gives_it_to_a_course_with_its_levels(
    client: Client, admin: User
) -> None:
    course = make_course("Calcul", rate="52.00")
    client.force_login(admin)
    viewset: Any = Subject.snippet_viewset  # type: ignore[attr-defined]  # set by Wagtail
    client.post(reverse(viewset.get_url_name("add")), {"name": "Mathématiques", "slug": "mathematiques"})
    subject = Subject.objects.get()

    edit = reverse(Course.snippet_viewset.get_url_name("edit"), args=[course.pk])  # type: ignore[attr-defined]
    form = {
        "title": "Calcul",
        "slug": "calcul",
        "description": "",
        "student_rate_cad": "52.00",
        "active": "on",
    }
    given = form | {"subject": subject.pk, "levels": ["universite", "cegep"]}
    assert client.post(edit, given).status_code == 302

    course.refresh_from_db()
    assert (course.subject, course.level_names()) == (subject, ["Cégep", "Université"])
    assert "Mathématiques" in client.get(list_of(Course)).content.decode()

    refused = client.post(edit, form | {"levels": ["maternelle"]})
    assert "maternelle" in refused.content.decode()
    course.refresh_from_db()
    assert course.levels == ["universite", "cegep"]


def test_a_course_outlives_its_subject(client: Client, admin: User) -> None:
    subject = Subject.objects.create(name="Latin", slug="latin")
    course = make_course("Rome")
    Course.objects.update(subject=subject)
    client.force_login(admin)
    delete = reverse(Subject.snippet_viewset.get_url_name("delete"), args=[subject.pk])  # type: ignore[attr-defined]
    assert "Ses cours resteront" in client.get(delete).content.decode()
    client.post(delete)

    course.refresh_from_db()
    assert course.subject is None
