"""Rating, and hiding what must not be read. Locks: the lesson, the rating, its tutor, its course."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import IntegrityError, transaction
from wagtail.log_actions import log

from accounts.models import User
from booking.models import Appointment
from courses.models import Course, Tutor
from notifications.services import record_event
from ratings.errors import AlreadyHidden, NotHidden, NothingToRate, RatingChanged, ReasonMissing
from ratings.models import Rating
from ratings.questions import FIELDS

# What is written in Wagtail's log.
HIDE, RESTORE = "ratings.hide", "ratings.restore"
MAX_REASON = 500


class Outcome(Enum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@transaction.atomic
def rate(
    *,
    student: User,
    tutor: Tutor,
    course: Course,
    answers: Sequence[int],
    comment: str,
    version: int,
    now: datetime,
) -> tuple[Rating, Outcome]:
    """Give a rating, or change the one that was given, and tell so.

    `answers`: 1 to 5, in the order of the questions. `version`: of the rating that the student had in front
    of them, 0 where there was none: who rates twice at once, from a first page, changes their own words.
    The same again changes nothing and tells nothing. One that is hidden stays so.

    Raises NothingToRate before a first lesson was given, RatingChanged for an older version.
    """
    values = {**dict(zip(FIELDS, answers, strict=True)), "comment": comment}
    rating = _locked(student, tutor, course)
    if rating is None:
        lesson = _given_lesson(student, tutor, course)
        try:
            with transaction.atomic():
                rating = Rating.objects.create(
                    student=student,
                    tutor=tutor,
                    course=course,
                    appointment=lesson,
                    created_at=now,
                    updated_at=now,
                    **values,
                )
        except IntegrityError:
            rating = _locked(student, tutor, course)
            if rating is None:
                raise
        else:
            _count(rating)
            _tell("rating.created", rating, now)
            return rating, Outcome.CREATED
    if all(getattr(rating, name) == value for name, value in values.items()):
        return rating, Outcome.UNCHANGED
    if version and version != rating.version:
        raise RatingChanged
    for name, value in values.items():
        setattr(rating, name, value)
    rating.version += 1
    rating.updated_at = now
    rating.save(update_fields=[*values, "version", "updated_at"])
    rating.refresh_from_db(fields=["score"])
    _count(rating)
    _tell("rating.updated", rating, now)
    return rating, Outcome.UPDATED


@transaction.atomic
def hide(*, rating: Rating, by: User, reason: str, now: datetime) -> Rating:
    """Nobody but its student and the admins reads it any more, and it counts no longer.

    Raises AlreadyHidden, ReasonMissing; nothing is changed then.
    """
    rating = _reconsidered(rating, reason)
    if rating.is_hidden:
        raise AlreadyHidden
    _set_hidden(rating, HIDE, by, reason, hidden_at=now, hidden_by=by)
    return rating


@transaction.atomic
def restore(*, rating: Rating, by: User, reason: str) -> Rating:
    """Show and count again what was hidden. Raises NotHidden, ReasonMissing; nothing is changed then."""
    rating = _reconsidered(rating, reason)
    if not rating.is_hidden:
        raise NotHidden
    _set_hidden(rating, RESTORE, by, reason, hidden_at=None, hidden_by=None)
    return rating


def _reconsidered(rating: Rating, reason: str) -> Rating:
    """As it is now, under a lock. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return Rating.objects.select_for_update(of=["self"]).get(pk=rating.pk)


def _set_hidden(rating: Rating, action: str, by: User, reason: str, **values: Any) -> None:
    for name, value in values.items():
        setattr(rating, name, value)
    rating.save(update_fields=[*values])
    _count(rating)
    log(instance=rating, action=action, user=by, data={"reason": reason.strip()[:MAX_REASON]})


def _locked(student: User, tutor: Tutor, course: Course) -> Rating | None:
    return (
        Rating.objects.select_for_update(of=["self"])
        .filter(student=student, tutor=tutor, course=course)
        .first()
    )


def _given_lesson(student: User, tutor: Tutor, course: Course) -> Appointment:
    """The latest, which nobody calls off until the transaction ends."""
    lesson = (
        Appointment.objects.select_for_update(of=["self"], no_key=True)
        .filter(student=student, tutor=tutor, course=course, status=Appointment.Status.COMPLETED)
        .order_by("-start", "pk")
        .first()
    )
    if lesson is None:
        raise NothingToRate
    return lesson


def _count(rating: Rating) -> None:
    """Make the tallies of its tutor and its course true again, each read under the lock on its row."""
    shown = Rating.objects.shown()
    for model, key, ratings in (
        (Tutor, rating.tutor_id, shown.filter(tutor=rating.tutor_id)),
        (Course, rating.course_id, shown.filter(course=rating.course_id)),
    ):
        model.objects.select_for_update(no_key=True).only("pk").get(pk=key)
        score = ratings.averages().score
        model.objects.filter(pk=key).update(rating_count=score.count, rating_points=score.points)


def _tell(event: str, rating: Rating, now: datetime) -> None:
    record_event(
        type=event,
        payload={
            "rating_id": rating.pk,
            "student_id": rating.student_id,
            "tutor_id": rating.tutor.public_id,
            "course_id": rating.course.public_id,
            "appointment_id": rating.appointment_id,
            **{field: getattr(rating, field) for field in FIELDS},
            "general_score": rating.score,
            "comment": rating.comment or None,
            "timestamp": now,
        },
        now=now,
    )
