"""The demo's content: believable, complete, loaded once, and never where it would be a danger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from booking.models import Appointment, TimeClaim
from booking.slots import open_slots
from config.demo_content import loading
from config.demo_content.drawing import Drawing
from config.demo_content.tutors import TUTORS
from config.demo_content.typesetting import typeset
from courses.models import Course, CoursePage, Tutor, TutorCourse, TutorPage
from home.models import ContentPage
from payments.errors import CouponRefused
from payments.services.coupons import usable_coupon
from payments.services.credits import balance
from ratings.given import still_to_rate
from ratings.models import Rating
from tests.demo import NOW, plain_pictures


@pytest.fixture
def without_drawing() -> Iterator[None]:
    with plain_pictures():
        yield


def test_six_courses_and_eight_tutors_have_their_pages(demo: None, client: Client) -> None:
    assert [Course.objects.count(), CoursePage.objects.live().count()] == [6, 6]
    assert [Tutor.objects.count(), TutorPage.objects.live().count()] == [8, 8]
    assert ContentPage.objects.live().count() == 3
    assert len({course.student_rate_cad for course in Course.objects.all()}) == 5
    for page in [*CoursePage.objects.all(), *TutorPage.objects.all(), *ContentPage.objects.all()]:
        assert (page.title, client.get(page.url).status_code) == (page.title, 200)


def test_no_page_tells_what_a_tutor_earns(demo: None, client: Client) -> None:
    rates = [demo.rate.replace(".", ",") for demo in TUTORS] + [demo.rate for demo in TUTORS]
    pages = ["/", "/cours/", "/tuteurs/", *(page.url for page in TutorPage.objects.all())]
    for url in [*pages, *(page.url for page in CoursePage.objects.all())]:
        html = client.get(url).content.decode()
        assert (url, [rate for rate in rates if rate in html]) == (url, [])


def test_each_course_can_be_booked_this_week_and_the_next(demo: None) -> None:
    for course in Course.objects.all():
        for first in (NOW.date(), NOW.date() + timedelta(days=7)):
            slots = open_slots(
                course=course, duration=120, first_day=first, last_day=first + timedelta(days=6), now=NOW
            )
            assert (course.title, len(slots) > 5) == (course.title, True)


def test_weeks_look_lived_in_and_every_lesson_occupies_its_time(demo: None) -> None:
    ahead = Appointment.objects.filter(start__gt=NOW)
    assert ahead.count() > 60
    assert set(ahead.values_list("tutor__display_name", flat=True)) == {demo.name for demo in TUTORS}
    assert TimeClaim.objects.count() == Appointment.objects.count()
    taught = set(TutorCourse.objects.filter(status="approved").values_list("tutor_id", "course_id"))
    assert set(Appointment.objects.values_list("tutor_id", "course_id")) <= taught


@pytest.mark.parametrize(
    ("email", "home"),
    [
        ("eleve@fanal.example", "/tableau-de-bord/"),
        ("tutrice@fanal.example", "/tableau-de-bord/"),
        ("edition@fanal.example", "/admin/"),
        ("direction@fanal.example", "/admin/"),
    ],
)
def test_the_four_accounts_open_their_doors(demo: None, client: Client, email: str, home: str) -> None:
    answer = client.post("/connexion/", {"username": email, "password": "fanal-demo-2026"})

    assert (answer.status_code, answer.headers["Location"]) == (302, home)
    assert client.get(home).status_code == 200


def test_nobody_else_has_a_password(demo: None) -> None:
    able = {user.email for user in User.objects.all() if user.has_usable_password()}
    assert able == {f"{name}@fanal.example" for name in ("eleve", "tutrice", "edition", "direction")}


def test_the_student_has_lessons_behind_and_ahead(demo: None, client: Client) -> None:
    student = User.objects.get(email="eleve@fanal.example")
    lessons = Appointment.objects.visible_to(student)

    assert [lesson.status for lesson in lessons] == ["completed"] * 3 + ["scheduled"] * 2
    assert all(lesson.meeting_link for lesson in lessons if lesson.status == "scheduled")


def test_students_say_what_they_think_of_most_tutors(demo: None) -> None:
    count = {tutor.display_name: tutor.score.count for tutor in Tutor.objects.all()}
    assert count == {
        "Maude Gagnon": 9, "Étienne Tremblay": 5, "Amélie Bouchard": 6, "Karim Haddad": 4,
        "Geneviève Côté": 4, "Samuel Lavoie": 3, "Mireille Jean-Baptiste": 0, "Linh Nguyen": 1,
    }  # fmt: skip
    assert Tutor.objects.get(display_name="Maude Gagnon").score.mean == Decimal("4.81")
    student = User.objects.get(email="eleve@fanal.example")
    assert [each.tutor for each in still_to_rate(student=student)] == ["Maude Gagnon"]
    assert [rating.tutor.display_name for rating in Rating.objects.visible_to(student)] == ["Amélie Bouchard"]


def test_the_student_has_credits_and_codes_to_try(demo: None) -> None:
    now = timezone.now()
    student = User.objects.get(email="eleve@fanal.example")
    assert balance(user=student) == Decimal("60.00")
    assert usable_coupon(code="RENTREE10", now=now).discount_on(Decimal("90.00")) == Decimal("9.00")
    assert usable_coupon(code="BIENVENUE15", now=now).discount_on(Decimal("90.00")) == Decimal("15.00")
    for code in ("ETE25", "BIENTOT20"):
        with pytest.raises(CouponRefused):
            usable_coupon(code=code, now=now)


def test_loading_twice_changes_nothing(db: None, without_drawing: None, settings: Settings) -> None:
    settings.DEMO = True
    told = StringIO()
    call_command("load_demo", stdout=told)
    before = [model.objects.count() for model in (User, Course, CoursePage, TutorPage, Appointment)]
    call_command("load_demo", stdout=told)

    assert [model.objects.count() for model in (User, Course, CoursePage, TutorPage, Appointment)] == before
    assert told.getvalue().endswith("The demo content is there already.\n")


def test_a_failure_on_the_way_leaves_nothing_and_the_next_try_works(
    db: None, without_drawing: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = True
    with monkeypatch.context() as broken:

        def fail(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError("the disk is full")

        broken.setattr(loading.catalogue, "make_tutors", fail)
        with pytest.raises(RuntimeError):
            call_command("load_demo", stdout=StringIO())
    assert [model.objects.count() for model in (User, Course, CoursePage)] == [0, 0, 0]

    call_command("load_demo", stdout=StringIO())
    assert Course.objects.count() == 6


def test_it_is_refused_outside_the_demo(db: None) -> None:
    with pytest.raises(CommandError, match="published password"):
        call_command("load_demo")
    assert not User.objects.exists()


def test_the_texts_are_set_as_quebec_does() -> None:
    assert typeset("« Bien », dit-elle : 14 h 30, 45,00 $ ou 90 min.") == (
        "«\xa0Bien\xa0», dit-elle\xa0: 14\xa0h\xa030, 45,00\xa0$ ou 90\xa0min."
    )
    assert typeset([("rich_text", {"a": "non : oui"})]) == [("rich_text", {"a": "non\xa0: oui"})]


def test_no_space_stands_before_a_question_or_exclamation_mark(demo: None, client: Client) -> None:
    for url in ("/", "/conditions/", "/confidentialite/", *(page.url for page in CoursePage.objects.all())):
        words = re.sub(r"<[^>]+>", " | ", client.get(url).content.decode())
        assert (url, re.findall(r"\w[ \xa0][?!;]", words)) == (url, [])


def test_pictures_are_drawn_from_path_data_in_every_command() -> None:
    """Each shape covers the middle of its quarter and leaves the corners of the canvas alone."""
    from io import BytesIO

    from PIL import Image

    drawing = Drawing(100, 100, "#000000", scale=1)
    drawing.fill("M10 10h30v30h-30z", "#ffffff")
    drawing.fill("M60 25c0-20 30-20 30 0s-30 20-30 0z", "#ffffff")
    drawing.fill("M25 60q20 15 0 30q-20-15 0-30Z", "#ffffff")
    drawing.fill("M60 75a15 15 0 0 1 30 0A15 15 0 0 1 60 75", "#ffffff")
    image = Image.open(BytesIO(drawing.webp())).convert("L")

    middles = [image.getpixel(point) for point in ((25, 25), (75, 25), (25, 75), (75, 75))]
    corners = [image.getpixel(point) for point in ((2, 2), (97, 2), (2, 97), (97, 97), (50, 50))]
    assert all(isinstance(value, int) and value > 240 for value in middles)
    assert all(isinstance(value, int) and value < 15 for value in corners)
