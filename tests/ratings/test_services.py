"""Giving and changing ratings, hiding them, and what they come to: works, refused, repeated, raced."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from wagtail.models import ModelLogEntry

from accounts.models import Role, User
from booking.models import Appointment
from courses.models import Course, Tutor
from courses.scores import Score
from notifications.models import OutboxMessage
from ratings.errors import AlreadyHidden, NotHidden, NothingToRate, RatingChanged, ReasonMissing
from ratings.models import Rating
from ratings.services import Outcome, hide, rate, restore
from tests.booking.racing import race
from tests.factories import make_course, make_lesson, make_tutor, make_user
from tests.ratings.support import NOW, make_given, make_rating

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=400)


def rate_lesson(lesson: Appointment, *answers: int, **changes: Any) -> tuple[Rating, Outcome]:
    words: dict[str, Any] = {"comment": "", "version": 0, "now": NOW, **changes}
    return rate(student=lesson.student, tutor=lesson.tutor, course=lesson.course, answers=answers, **words)


def scores() -> list[Score]:
    """Of the one tutor and the one course."""
    return [Tutor.objects.get().score, Course.objects.get().score]


@pytest.fixture
def told(settings: Any) -> Any:
    settings.MAKE_WEBHOOK_URLS = {**settings.MAKE_WEBHOOK_URLS, "RATING": "https://hook.example/avis"}
    return lambda: [
        (event.type, event.payload) for event in OutboxMessage.objects.order_by("created_at", "pk")
    ]


# Given


def test_a_rating_is_kept_counted_and_told(told: Any) -> None:
    lesson = make_given()
    rating, outcome = rate_lesson(lesson, 5, 4, 5, 5, comment="Merci!")

    assert outcome == Outcome.CREATED
    rating.refresh_from_db()
    assert (rating.score, rating.comment, rating.appointment) == (Decimal("4.75"), "Merci!", lesson)
    assert scores() == [Score(1, 19), Score(1, 19)]
    assert told() == [
        (
            "rating.created",
            {
                "rating_id": str(rating.pk),
                "student_id": str(lesson.student_id),
                "tutor_id": str(lesson.tutor.public_id),
                "course_id": str(lesson.course.public_id),
                "appointment_id": str(lesson.pk),
                "q1_courtoisie": 5,
                "q2_maitrise": 4,
                "q3_pedagogie": 5,
                "q4_dynamisme": 5,
                "general_score": 4.75,
                "comment": "Merci!",
                "timestamp": "2026-03-02T15:00:00Z",
            },
        )
    ]


def test_it_is_changed_years_later_in_its_place(told: Any) -> None:
    lesson = make_given()
    first, _ = rate_lesson(lesson, 5, 5, 5, 5, comment="Merci!")
    Appointment.objects.update(status=Appointment.Status.CANCELLED)  # it stays the student's all the same
    rating, outcome = rate_lesson(lesson, 1, 2, 1, 1, version=1, now=LATER)

    assert (outcome, rating.pk) == (Outcome.UPDATED, first.pk)
    assert (rating.score, rating.version) == (Decimal("1.25"), 2)
    assert (rating.created_at, rating.updated_at) == (NOW, LATER)
    assert scores() == [Score(1, 5), Score(1, 5)]
    kind, payload = told()[1]
    assert (kind, payload["general_score"], payload["comment"]) == ("rating.updated", 1.25, None)
    assert payload["timestamp"] == "2027-04-06T15:00:00Z"


def test_the_same_again_changes_and_tells_nothing(told: Any) -> None:
    lesson = make_given()
    rate_lesson(lesson, 5, 4, 3, 2)
    assert rate_lesson(lesson, 5, 4, 3, 2, now=LATER)[1] == Outcome.UNCHANGED
    assert (Rating.objects.get().version, Rating.objects.get().updated_at) == (1, NOW)
    assert len(told()) == 1


def test_tutors_and_courses_have_the_mean_of_all_that_is_shown() -> None:
    course, other = make_course("Algèbre"), make_course("Latin")
    tutor = make_tutor(courses=[course, other], weekly=[])
    make_rating(5, 5, 5, 5, tutor=tutor, course=course)
    make_rating(4, 4, 4, 4, tutor=tutor, course=course)
    make_rating(1, 1, 1, 2, tutor=tutor, course=other)
    tutor.refresh_from_db()
    course.refresh_from_db()

    assert (tutor.score.count, tutor.score.mean) == (3, Decimal("3.42"))  # 41 / 12
    assert (course.score.count, course.score.mean) == (2, Decimal("4.50"))
    averages = Rating.objects.averages()
    assert averages.score == tutor.score
    assert [value for _, value in averages.questions] == [
        Decimal("3.33"), Decimal("3.33"), Decimal("3.33"), Decimal("3.67"),
    ]  # fmt: skip
    assert not Rating.objects.none().averages()


def test_whoever_edits_a_tutor_meanwhile_leaves_the_tally_alone() -> None:
    lesson = make_given()
    edited = Tutor.objects.get()
    rate_lesson(lesson, 5, 5, 5, 5)
    edited.display_name = "Maude G."
    edited.save()
    assert (Tutor.objects.get().display_name, scores()[0]) == ("Maude G.", Score(1, 20))


# Refused


@pytest.mark.parametrize("status", ["scheduled", "cancelled", "refunded"])
def test_only_a_lesson_that_was_given_can_be_rated(status: str, told: Any) -> None:
    lesson = make_lesson(course=(course := make_course()), tutor=make_tutor(courses=[course]), start=NOW)
    Appointment.objects.update(status=status)
    with pytest.raises(NothingToRate):
        rate_lesson(lesson, 5, 5, 5, 5)
    assert (Rating.objects.count(), told(), scores()) == (0, [], [Score(), Score()])


def test_it_takes_this_student_this_tutor_and_this_course(stranger: User) -> None:
    lesson = make_given()
    course = make_course("Latin")
    others: list[dict[str, Any]] = [
        {"student": stranger, "tutor": lesson.tutor, "course": lesson.course},
        {"student": lesson.student, "tutor": make_tutor("Autre", courses=[course]), "course": lesson.course},
        {"student": lesson.student, "tutor": lesson.tutor, "course": course},
    ]
    for wrong in others:
        with pytest.raises(NothingToRate):
            rate(**wrong, answers=[5] * 4, comment="", version=0, now=NOW)


def test_an_older_version_does_not_win_over_a_newer_one() -> None:
    lesson = make_given()
    rate_lesson(lesson, 5, 5, 5, 5)
    rate_lesson(lesson, 4, 4, 4, 4, version=1)
    with pytest.raises(RatingChanged):
        rate_lesson(lesson, 3, 3, 3, 3, version=1)
    assert scores()[0] == Score(1, 16)


@pytest.mark.parametrize("field", ["q1_courtoisie", "q2_maitrise", "q3_pedagogie", "q4_dynamisme"])
@pytest.mark.parametrize("answer", [0, 6])
def test_the_database_refuses_an_answer_out_of_range(field: str, answer: int) -> None:
    rating = make_rating()
    with pytest.raises(IntegrityError, match=f"rating_{field}_in_range"), transaction.atomic():
        Rating.objects.filter(pk=rating.pk).update(**{field: answer})


def test_a_wrong_answer_is_no_race_that_was_lost() -> None:
    with pytest.raises(IntegrityError, match="in_range"), transaction.atomic():
        rate_lesson(make_given(), 5, 5, 5, 6)


def test_the_database_refuses_a_hidden_one_that_nobody_hid() -> None:
    rating = make_rating()
    with pytest.raises(IntegrityError, match="rating_hidden_by_somebody"), transaction.atomic():
        Rating.objects.filter(pk=rating.pk).update(hidden_at=NOW)


# Hidden


def test_what_is_hidden_counts_no_longer_until_it_is_restored(admin: User, told: Any) -> None:
    rating = make_rating(1, 1, 1, 1, comment="Une injure.")
    hidden = hide(rating=rating, by=admin, reason="Injure", now=LATER)
    assert (hidden.hidden_at, hidden.hidden_by) == (LATER, admin)
    assert scores() == [Score(), Score()]

    restore(rating=rating, by=admin, reason="Mal lu")
    assert scores() == [Score(1, 4), Score(1, 4)]
    history = ModelLogEntry.objects.for_instance(rating).order_by("timestamp")
    assert [(line.action, line.user, line.data["reason"]) for line in history] == [
        ("ratings.hide", admin, "Injure"),
        ("ratings.restore", admin, "Mal lu"),
    ]
    assert [kind for kind, _ in told()] == ["rating.created"]


def test_a_hidden_one_stays_hidden_when_its_student_changes_it(admin: User) -> None:
    rating = make_rating(1, 1, 1, 1)
    hide(rating=rating, by=admin, reason="Injure", now=NOW)
    rate_lesson(rating.appointment, 2, 2, 2, 2, version=1)
    rating.refresh_from_db()
    assert (rating.is_hidden, rating.score, scores()[0]) == (True, Decimal("2.00"), Score())


def test_hiding_takes_a_reason_and_is_done_once(admin: User) -> None:
    rating = make_rating()
    with pytest.raises(ReasonMissing):
        hide(rating=rating, by=admin, reason=" ", now=NOW)
    with pytest.raises(NotHidden):
        restore(rating=rating, by=admin, reason="Pourquoi pas")
    hide(rating=rating, by=admin, reason="Injure", now=NOW)
    with pytest.raises(AlreadyHidden):
        hide(rating=rating, by=admin, reason="Encore", now=LATER)
    with pytest.raises(ReasonMissing):
        restore(rating=rating, by=admin, reason="")
    assert Rating.objects.get().hidden_at == NOW


def test_who_sees_which(admin: User, editor: User, stranger: User) -> None:
    lesson = make_given()
    shown, hidden = make_rating(lesson=lesson), make_rating(tutor=lesson.tutor, course=lesson.course)
    hide(rating=hidden, by=admin, reason="Injure", now=NOW)

    def seen(user: User) -> set[Rating]:
        return set(Rating.objects.visible_to(user))

    assert seen(admin) == {shown, hidden}
    assert seen(lesson.tutor.user) == {shown}
    assert seen(hidden.student) == {hidden}
    assert seen(stranger) == seen(editor) == seen(make_user(Role.TUTOR)) == set()


# Raced


def ten_first_pages_at_once() -> list[Any]:
    lesson = make_given()
    return race([partial(rate_lesson, lesson, 5, 5, 5, n % 5 + 1) for n in range(10)])


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_first_ratings_at_once_are_one_and_its_changes() -> None:
    results = [each if isinstance(each, Exception) else each[1] for each in ten_first_pages_at_once()]
    assert [result for result in results if isinstance(result, Exception)] == []
    assert results.count(Outcome.CREATED) == 1
    rating = Rating.objects.get()
    assert rating.version == 1 + results.count(Outcome.UPDATED)
    assert scores() == [Score(1, sum(rating.answers))] * 2


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_constraint_they_are_several() -> None:
    """The control: were it not there, the race above would show it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ratings_rating DROP CONSTRAINT rating_once")
    try:
        ten_first_pages_at_once()
        assert Rating.objects.count() > 1
    finally:
        Rating.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE ratings_rating"
                " ADD CONSTRAINT rating_once UNIQUE (student_id, tutor_id, course_id)"
            )


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twelve_students_of_one_tutor_at_once_are_all_counted() -> None:
    course = make_course()
    tutor = make_tutor(courses=[course], weekly=[])
    lessons = [make_given(tutor=tutor, course=course) for _ in range(12)]
    results = race([partial(rate_lesson, lesson, 5, 4, 5, 4) for lesson in lessons])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert scores() == [Score(12, 216), Score(12, 216)]
