"""What a lesson's student and tutor are written when it is called off, moved or brought back, and the day
before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import MailTopic
from booking.calendars import CANCEL, PUBLISH, lesson_calendar, teaching_calendar
from booking.changes import Actor, Change, possible_until
from booking.grid import local_day
from booking.models import Appointment
from booking.wording import day_and_clock, exact_clock, until
from home.formats import money
from notifications.composing import Attachment, Letter, Occasion, mail_kind
from notifications.services import MailTo, record, record_mail
from payments.models import Refund
from payments.pricing import NOTHING

CANCELLED, MOVED, RESTORED = "lesson.cancelled", "lesson.moved", "lesson.restored"
REMINDER = "lesson.reminder"


def record_cancelled(
    lesson: Appointment,
    *,
    actor: str,
    reason: str,
    credit: Decimal = NOTHING,
    refund: Refund | None = None,
    refund_mail_follows: bool = False,
    now: datetime,
) -> None:
    """The student is also told what becomes of the money: a credit in CAD, or a refund."""
    about = {
        "actor": actor,
        "reason": reason,
        "credit": str(credit),
        "refund": refund.pk if refund else None,
        "refund_mail_follows": refund_mail_follows,
    }
    _record(CANCELLED, lesson, about, now=now)


def record_moved(lesson: Appointment, *, old_start: datetime, actor: str, reason: str, now: datetime) -> None:
    about = {
        "actor": actor,
        "reason": reason,
        "old_start": old_start.isoformat(),
        "start": lesson.start.isoformat(),
    }
    _record(MOVED, lesson, about, now=now)


def record_restored(lesson: Appointment, *, reason: str, taken: Decimal, now: datetime) -> None:
    """`taken` of the student's credits pays for it again, in CAD."""
    about = {"actor": Actor.ADMIN, "reason": reason, "taken": str(taken)}
    _record(RESTORED, lesson, about, now=now)


def record_reminder(lesson: Appointment, *, now: datetime) -> None:
    """To the student; the tutor has the list of the day."""
    start = lesson.start.isoformat()
    record_mail(
        kind=REMINDER,
        to=lesson.student,
        about={"lesson": lesson.pk, "start": start},
        once=f"{lesson.pk}:{start}",
        now=now,
    )


def _record(kind: str, lesson: Appointment, about: Mapping[str, Any], *, now: datetime) -> None:
    """One mail to each of the two."""
    people = (lesson.student, lesson.tutor.user)
    record(*(MailTo(kind, person, {"lesson": lesson.pk, **about}) for person in people), now=now)


@mail_kind(CANCELLED, label=gettext_lazy("Cours annulé"))
def cancelled(occasion: Occasion) -> Letter | None:
    lesson = _lesson_of(occasion)
    if lesson.status in Appointment.OCCUPIES_TIME:  # brought back: that is told by a mail of its own
        return None
    about = occasion.about
    return _letter(
        occasion,
        lesson,
        _("Cours annulé : %(course)s, %(when)s"),
        "payments/mail/lesson_cancelled",
        consequence=_consequence(
            Decimal(about["credit"]),
            Refund.objects.filter(pk=about["refund"]).first() if about["refund"] else None,
            refund_mail_follows=about["refund_mail_follows"],
        ),
        method=CANCEL,
    )


@mail_kind(MOVED, label=gettext_lazy("Cours déplacé"))
def moved(occasion: Occasion) -> Letter | None:
    lesson = _lesson_of(occasion)
    told = datetime.fromisoformat(occasion.about["start"])
    if lesson.status not in Appointment.OCCUPIES_TIME or lesson.start != told:
        return None
    return _letter(
        occasion,
        lesson,
        _("Cours déplacé : %(course)s, %(when)s"),
        "payments/mail/lesson_moved",
        old_start=datetime.fromisoformat(occasion.about["old_start"]),
    )


@mail_kind(RESTORED, label=gettext_lazy("Cours rétabli"))
def restored(occasion: Occasion) -> Letter | None:
    lesson = _lesson_of(occasion)
    if lesson.status not in Appointment.OCCUPIES_TIME:
        return None
    taken = Decimal(occasion.about["taken"])
    return _letter(
        occasion,
        lesson,
        _("Cours rétabli : %(course)s, %(when)s"),
        "payments/mail/lesson_restored",
        consequence=_("%(amount)s sont repris de vos crédits.") % {"amount": money(taken)} if taken else "",
    )


@mail_kind(REMINDER, label=gettext_lazy("Rappel d’un cours"), topic=MailTopic.REMINDER)
def reminder(occasion: Occasion) -> Letter | None:
    """Nothing of a lesson that was called off, moved or has begun meanwhile."""
    lesson = _lesson_of(occasion)
    told = datetime.fromisoformat(occasion.about["start"])
    if lesson.status != Appointment.Status.SCHEDULED or lesson.start != told or lesson.start <= occasion.now:
        return None
    today = local_day(occasion.now) == local_day(lesson.start)
    subject = _("Aujourd’hui à %(time)s : %(course)s") if today else _("Demain à %(time)s : %(course)s")
    cancellable = possible_until(start=lesson.start, actor=Actor.STUDENT, change=Change.CANCEL)
    return Letter(
        subject % {"time": exact_clock(lesson.start), "course": lesson.course},
        "payments/mail/reminder",
        {
            "lesson": lesson,
            "today": today,
            "until": until(cancellable, occasion.now) if cancellable and occasion.now < cancellable else "",
        },
    )


def calendar_file(content: bytes, method: str = PUBLISH) -> Attachment:
    return Attachment("cours.ics", content, f"text/calendar; method={method}")


def _lesson_of(occasion: Occasion) -> Appointment:
    lessons = Appointment.objects.select_related("course", "tutor__user", "student")
    return lessons.get(pk=occasion.about["lesson"])


def _letter(
    occasion: Occasion,
    lesson: Appointment,
    subject: str,
    template: str,
    *,
    consequence: str = "",
    old_start: datetime | None = None,
    method: str = PUBLISH,
) -> Letter:
    """With the lesson as its reader's calendar has to take it over."""
    teaching = occasion.person == lesson.tutor.user
    actor = occasion.about["actor"]
    calendar = teaching_calendar if teaching else lesson_calendar
    return Letter(
        subject % {"course": lesson.course, "when": day_and_clock(lesson.start)},
        template,
        {
            "lesson": lesson,
            "teaching": teaching,
            "own_doing": actor == (Actor.TUTOR if teaching else Actor.STUDENT),
            "actor": actor,
            "reason": occasion.about["reason"].strip(),
            "consequence": "" if teaching else consequence,
            "old_start": old_start,
        },
        [calendar_file(calendar([lesson], now=occasion.now, method=method), method)],
    )


def _consequence(credit: Decimal, refund: Refund | None, *, refund_mail_follows: bool) -> str:
    """What becomes of the student's money; empty where none moves."""
    if refund_mail_follows:
        return _("Un autre courriel dit ce qui vous est remboursé.")
    if credit:
        return _("%(amount)s sont portés à vos crédits.") % {"amount": money(credit)}
    if refund is None:
        return ""
    on_card = _("%(amount)s sont remboursés sur votre carte.") % {"amount": money(refund.amount_cad)}
    as_credit = _("%(amount)s, payés par crédits, retournent à vos crédits.") % {
        "amount": money(refund.credits_cad)
    }
    return " ".join(
        sentence
        for sentence, amount in ((on_card, refund.amount_cad), (as_credit, refund.credits_cad))
        if amount
    )
