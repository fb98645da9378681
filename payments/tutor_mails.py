"""What tutors are written: the lessons that were just booked, and in the morning those of the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import MailTopic, Role, User
from booking.calendars import teaching_calendar
from booking.grid import local_day, local_moment
from booking.models import Appointment
from booking.models.appointments import AppointmentQuerySet
from booking.wording import day_and_clock
from home.formats import long_date
from notifications.composing import Letter, Occasion, mail_kind
from notifications.services import MailTo, record
from payments.lesson_mails import calendar_file
from payments.models import OrderLine

NEW_LESSONS, DAY = "tutor.new_lessons", "tutor.day"
# Between these hours of the school's zone the day is still to be planned.
MORNING, NOON = time(6), time(12)


def new_lesson_mails(lines: Iterable[OrderLine]) -> list[MailTo]:
    """One mail to each tutor, with all the lessons of an order."""
    by_tutor = defaultdict(list)
    for line in lines:
        if line.appointment:
            by_tutor[line.tutor].append(line.appointment.pk)
    return [MailTo(NEW_LESSONS, tutor.user, {"lessons": lessons}) for tutor, lessons in by_tutor.items()]


def record_day_lists(*, now: datetime) -> int:
    """In the morning, to each tutor who gives lessons later today: once, and not to who wants none.

    Says how many were recorded.
    """
    begin = local_moment(local_day(now), MORNING)
    if not begin <= now < local_moment(local_day(now), NOON):
        return 0
    # Who was booked for today since then was told of that lesson by itself.
    lessons = _lessons_of(local_day(now)).filter(start__gt=now, created_at__lte=begin)
    people = (
        User.objects.filter(is_active=True, role=Role.TUTOR, tutor__in=lessons.values("tutor"))
        .exclude(mail_refusals__topic=MailTopic.DAY)
        .order_by("pk")
    )
    day = local_day(now).isoformat()
    with transaction.atomic():
        return len(record(*(MailTo(DAY, person, {"day": day}, once=day) for person in people), now=now))


@mail_kind(NEW_LESSONS, label=gettext_lazy("Nouveaux cours à donner"))
def new_lessons(occasion: Occasion) -> Letter | None:
    """As they stand by now; nothing when all were called off meanwhile."""
    lessons = list(
        Appointment.objects.filter(pk__in=occasion.about["lessons"], status__in=Appointment.OCCUPIES_TIME)
        .select_related("course", "student", "tutor")
        .order_by("start", "pk")
    )
    if not lessons:
        return None
    first = lessons[0]
    subject = ngettext("Nouveau cours : %(course)s, %(when)s", "%(count)d nouveaux cours", len(lessons)) % {
        "count": len(lessons),
        "course": first.course,
        "when": day_and_clock(first.start),
    }
    return Letter(
        subject,
        "payments/mail/new_lessons",
        {"lessons": lessons},
        [calendar_file(teaching_calendar(lessons, now=occasion.now))],
    )


@mail_kind(DAY, label=gettext_lazy("La journée d’un tuteur"), topic=MailTopic.DAY)
def day_list(occasion: Occasion) -> Letter | None:
    """What is still to be given of the day; nothing once there is none, or the day is over."""
    day = date.fromisoformat(occasion.about["day"])
    lessons = (
        _lessons_of(day)
        .filter(start__gt=occasion.now, tutor__user=occasion.person)
        .select_related("course", "student")
        .order_by("start", "pk")
    )
    if not lessons:
        return None
    return Letter(
        ngettext("Votre journée : %(count)d cours", "Votre journée : %(count)d cours", len(lessons))
        % {"count": len(lessons)},
        "payments/mail/day",
        {
            "lessons": lessons,
            "day": long_date(day),
        },
    )


def _lessons_of(day: date) -> AppointmentQuerySet:
    return Appointment.objects.filter(
        status=Appointment.Status.SCHEDULED,
        start__gte=local_moment(day),
        start__lt=local_moment(day + timedelta(days=1)),
    )
