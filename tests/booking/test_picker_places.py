"""Where the slot picker stands: as a fragment and as a page, with a tutor, in a template; its addresses."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import Client, RequestFactory

from courses.models import Course, TutorCourse
from tests.booking.pages import (
    HTMX,
    UNTIL_11,
    WEDNESDAY_ONLY,
    fragment,
    links,
    starts,
    text_of,
    times_by_day,
    tutor_fragment,
)
from tests.factories import make_course, make_tutor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]


# Addresses


def test_the_fragment_pushes_the_address_of_the_page_that_it_is_in(client: Client, course: Course) -> None:
    make_tutor(courses=[course])
    response = client.get(
        "/creneaux/",
        {"cours": str(course.public_id), "semaine": "2027-01-19", "duree": "90"},
        headers={**HTMX, "HX-Current-URL": "http://testserver/cours/mathematiques/?duree=60"},
    )
    assert response["HX-Push-Url"] == "/cours/mathematiques/?semaine=2027-01-19&duree=90"
    assert "HX-Request" in response["Vary"]
    assert "no-store" in response["Cache-Control"]


def test_another_sites_address_is_never_pushed(client: Client, course: Course) -> None:
    response = client.get(
        "/creneaux/",
        {"cours": str(course.public_id)},
        headers={**HTMX, "HX-Current-URL": "https://ailleurs.example/piege/"},
    )
    assert response["HX-Push-Url"].startswith("/creneaux/?")


def test_a_change_of_week_moves_the_focus_to_its_heading_and_a_filter_leaves_it(
    client: Client, course: Course
) -> None:
    make_tutor(courses=[course])
    query = {"cours": str(course.public_id)}
    turned = client.get("/creneaux/", query, headers={**HTMX, "HX-Trigger": "picker-next"}).content.decode()
    assert 'id="picker-week" tabindex="-1" data-focus' in turned
    filtered = client.get(
        "/creneaux/", query, headers={**HTMX, "HX-Trigger": "picker-filter"}
    ).content.decode()
    assert "data-focus" not in filtered
    assert '<div id="status" data-hx-swap-oob="innerHTML">105 heures libres.</div>' in filtered


def test_the_same_address_without_htmx_is_a_whole_page(client: Client, course: Course) -> None:
    make_tutor(courses=[course])
    response = client.get("/creneaux/", {"cours": str(course.public_id)})
    html = response.content.decode()
    assert response.status_code == 200
    assert "<!DOCTYPE html>" in html
    assert 'action="/panier/ajouter/"' in html
    assert len(starts(html)) == 105


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"duree": "75"}, "n’a pas pu être lue"),
        ({"duree": "abc"}, "n’a pas pu être lue"),
        ({"semaine": "hier"}, "n’a pas pu être lue"),
        ({"semaine": "2027-02-30"}, "n’a pas pu être lue"),
        ({"tuteur": "1"}, "n’a pas pu être lue"),
        ({"semaine": "2020-01-01"}, "Cette date ne peut plus être réservée"),
        ({"semaine": "0001-01-01"}, "Cette date ne peut plus être réservée"),
        ({"semaine": "9999-12-31"}, "au plus 60 jours d’avance"),
        ({"tuteur": "5f0c2a52-7b3f-4d7e-9f55-0f6f1f0f3c11"}, "Ce tuteur ne donne pas ce cours en ce moment"),
        ({"semaine": "", "duree": "", "tuteur": ""}, "Du mardi 12 au lundi 18 janvier 2027"),
        ({"semaine": "2027-01-12\x00", "duree": "٦٠"}, "Durée"),
    ],
)
def test_an_address_that_makes_no_sense_gets_times_and_a_plain_word(
    client: Client, course: Course, query: dict[str, str], words: str
) -> None:
    make_tutor(courses=[course])
    html = fragment(client, course, **query)
    assert words in text_of(html)
    assert starts(html)


@pytest.mark.parametrize("query", [{}, {"cours": "rien"}, {"cours": "5f0c2a52-7b3f-4d7e-9f55-0f6f1f0f3c11"}])
def test_an_unknown_course_gets_a_way_on(client: Client, query: dict[str, str]) -> None:
    response = client.get("/creneaux/", query)
    assert response.status_code == 404
    assert "Ce cours n’est pas offert en ce moment." in text_of(response.content.decode())
    assert 'href="/cours/"' in response.content.decode()
    assert client.get("/creneaux/", query, headers=HTMX).status_code == 200


def test_a_course_that_is_not_offered_any_more_says_so(client: Client) -> None:
    course = make_course(active=False)
    make_tutor(courses=[course])
    html = fragment(client, course)
    assert "Ce cours n’est pas offert en ce moment." in text_of(html)
    assert starts(html) == []


def test_only_reading_is_allowed(client: Client) -> None:
    assert client.post("/creneaux/").status_code == 405


# A tutor's own page


def test_a_tutors_page_offers_the_courses_that_the_tutor_is_approved_for(
    client: Client, course: Course
) -> None:
    other = make_course("Physique", rate="50.00")
    refused = make_course("Chimie")
    tutor = make_tutor(courses=[course, other], weekly=WEDNESDAY_ONLY)
    TutorCourse.objects.create(tutor=tutor, course=refused, status=TutorCourse.Status.INACTIVE)
    html = tutor_fragment(client, tutor)
    assert "Physique" in html
    assert "Chimie" not in html
    assert times_by_day(html) == {"mercredi 13 janvier 2027": ["9 h"]}
    assert "50,00 $" in text_of(tutor_fragment(client, tutor, cours=str(other.public_id)))


def test_a_tutors_page_shows_nobody_elses_times(client: Client, course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=WEDNESDAY_ONLY)
    make_tutor("Luc Roy", courses=[course])
    html = tutor_fragment(client, tutor)
    assert times_by_day(html) == {"mercredi 13 janvier 2027": ["9 h"]}
    assert "Luc Roy" not in html


def test_a_course_that_the_tutor_does_not_give_falls_back_with_a_word(client: Client, course: Course) -> None:
    tutor = make_tutor(courses=[course])
    html = tutor_fragment(client, tutor, cours=str(make_course("Chimie").public_id))
    assert "Ce cours n’est pas offert par ce tuteur en ce moment." in text_of(html)
    assert starts(html)


def test_a_tutor_without_courses_or_gone_has_a_sentence(client: Client, course: Course) -> None:
    assert "n’est pas offert" in text_of(tutor_fragment(client, make_tutor()))
    assert "n’est pas offert" in text_of(tutor_fragment(client, make_tutor(courses=[course], active=False)))


# In a page


def rendered(source: str, path: str = "/cours/maths/?duree=90", **context: object) -> str:
    request = RequestFactory().get(path)
    request.session = Client().session
    request.user = AnonymousUser()
    return Template("{% load booking_tags %}" + source).render(Context({"request": request, **context}))


def test_the_tag_reads_the_pages_own_address(course: Course) -> None:
    make_tutor(courses=[course], weekly=UNTIL_11)
    html = rendered("{% slot_picker course=course %}", course=course)
    assert 'value="90" checked' in html
    assert times_by_day(html)["mardi 12 janvier 2027"] == ["9 h", "9 h 30"]
    assert links(html)["Semaine suivante"] == "/cours/maths/?semaine=2027-01-19&duree=90#picker"


def test_the_tag_of_a_tutor_and_of_what_is_not_offered(course: Course) -> None:
    tutor = make_tutor(courses=[course], weekly=WEDNESDAY_ONLY)
    assert times_by_day(rendered("{% slot_picker tutor=tutor %}", "/tuteurs/maude/", tutor=tutor)) == {
        "mercredi 13 janvier 2027": ["9 h"]
    }
    course.active = False
    course.save()
    assert "n’est pas offert" in text_of(rendered("{% slot_picker course=course %}", course=course))
