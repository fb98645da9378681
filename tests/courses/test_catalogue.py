"""Prices, and who may be booked for what."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from courses.models import Course, Tutor, TutorCourse
from courses.money import from_cents, lesson_amount, round_cad, to_cents
from tests.factories import make_course, make_tutor, make_user


@pytest.mark.parametrize(
    ("rate", "minutes", "amount"),
    [
        ("45.00", 60, "45.00"),
        ("45.00", 90, "67.50"),
        ("45.00", 120, "90.00"),
        ("33.33", 90, "50.00"),  # 49.995, half up
        ("0.01", 90, "0.02"),  # 0.015, half up
        ("52.25", 90, "78.38"),  # 78.375, half up
    ],
)
def test_a_lesson_costs_its_share_of_the_hourly_rate(rate: str, minutes: int, amount: str) -> None:
    assert lesson_amount(Decimal(rate), minutes) == Decimal(amount)


def test_money_rounds_half_up_and_becomes_cents_at_the_door() -> None:
    assert [round_cad(Decimal(text)) for text in ("2.345", "2.344", "-2.345")] == [
        Decimal("2.35"), Decimal("2.34"), Decimal("-2.35"),
    ]  # fmt: skip
    assert to_cents(Decimal("67.50")) == 6750
    assert from_cents(6750) == Decimal("67.50")


@pytest.mark.django_db
def test_a_course_tells_the_price_of_each_length() -> None:
    assert make_course(rate="52.00").prices() == [
        (60, Decimal("52.00")),
        (90, Decimal("78.00")),
        (120, Decimal("104.00")),
    ]


@pytest.fixture
def staff(db: None) -> tuple[Course, list[Tutor]]:
    """A course and every kind of tutor; the first two may be booked for it, the later one first."""
    course = make_course()
    second = make_tutor("Amélie Bouchard", courses=[course], priority=20)
    first = make_tutor("Maude Gagnon", courses=[course], priority=10)
    make_tutor("Inactif Actif", courses=[course], active=False)
    without_account = make_tutor("Compte Fermé", courses=[course])
    without_account.user.is_active = False
    without_account.user.save()
    TutorCourse.objects.create(tutor=make_tutor("En Attente"), course=course)
    TutorCourse.objects.create(
        tutor=make_tutor("Ancien Tuteur"), course=course, status=TutorCourse.Status.INACTIVE
    )
    make_tutor("Autre Cours", courses=[make_course("Autre")])
    return course, [first, second]


def test_a_course_is_taught_by_its_approved_active_tutors_in_order(
    staff: tuple[Course, list[Tutor]],
) -> None:
    course, tutors = staff

    assert list(Tutor.objects.teaching(course)) == tutors


def test_both_ways_to_ask_who_teaches_agree(staff: tuple[Course, list[Tutor]]) -> None:
    course, _ = staff
    by_tutor = [tutor.pk for tutor in Tutor.objects.teaching(course)]
    by_tie = list(TutorCourse.objects.current().filter(course=course).values_list("tutor_id", flat=True))

    assert by_tutor == by_tie
    assert {tutor.pk for tutor in Tutor.objects.all() if tutor.is_offered} == set(
        Tutor.objects.active().values_list("pk", flat=True)
    )


def test_a_tutor_teaches_active_courses_only(db: None) -> None:
    course, closed = make_course("Chimie"), make_course("Latin", active=False)
    tutor = make_tutor(courses=[course, closed])

    assert list(Course.objects.taught_by(tutor)) == [course]


def test_the_database_refuses_negative_rates_and_double_ties(db: None) -> None:
    course, tutor = make_course(), make_tutor()
    TutorCourse.objects.create(tutor=tutor, course=course)
    for change in (
        lambda: Course.objects.filter(pk=course.pk).update(student_rate_cad=Decimal("-1")),
        lambda: Tutor.objects.filter(pk=tutor.pk).update(hourly_rate_cad=Decimal("-1")),
        lambda: TutorCourse.objects.create(tutor=tutor, course=course),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_only_a_tutors_account_can_be_a_tutors(db: None) -> None:
    tutor = Tutor(user=make_user(), display_name="Zoé Roy", hourly_rate_cad=Decimal("30"))

    with pytest.raises(ValidationError) as refused:
        tutor.full_clean()
    assert set(refused.value.message_dict) == {"user"}
