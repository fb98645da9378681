"""What calling a lesson off, or bringing it back, does to its money.

Locks in the one order: order, line, lesson, tutor's time, ledger. Nothing here takes a tutor's lock but
`restore`: to free time needs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Sum, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log as log_action

from accounts.models import User
from booking import services as booking
from booking.changes import Actor
from booking.models import Appointment
from payments import events, lesson_mails
from payments.errors import NotEnoughCredits
from payments.models import CreditEntry, Order, OrderLine, Refund
from payments.pricing import NOTHING
from payments.services.credits import add_entry, available, credit_line, lock_ledger
from payments.services.refunds import promise_refund, try_to_send_refund

# What is written in Wagtail's log.
CANCEL, MOVE, RESTORE, COMPLETE = "payments.cancel", "payments.move", "payments.restore", "payments.complete"


class Compensation(TextChoices):
    """What a student gets for a lesson that is called off."""

    CREDIT = "credit", gettext_lazy("Un crédit")
    REFUND = "refund", gettext_lazy("Un remboursement")
    NOTHING = "nothing", gettext_lazy("Rien")


@dataclass(frozen=True)
class Cancellation:
    """A lesson that was called off: what was given as a credit, and the refund that is on its way."""

    appointment: Appointment
    credit: Decimal = NOTHING
    refund_id: UUID | None = None


def cancel(
    *,
    appointment: Appointment,
    actor: str,
    by: User | None,
    reason: str,
    compensation: Compensation,
    now: datetime,
) -> Cancellation:
    """Call a lesson off, give back what was really paid for it, and tell everybody.

    Students and tutors: as a credit, always. The direction chooses. What a tutor was once paid for the lesson
    stays paid. Of two that ask, the second is told so by LessonClosed: one cancellation, one credit, one
    event. Raises what `booking.services.cancel_lesson` raises; nothing is changed then.
    """
    if actor != Actor.ADMIN and compensation != Compensation.CREDIT:
        raise ValueError("only the direction chooses what is given back")
    done = _cancel(appointment, actor, by, reason, compensation, now)
    if done.refund_id:
        try_to_send_refund(refund_id=done.refund_id, now=now)
    return done


@transaction.atomic
def _cancel(
    appointment: Appointment,
    actor: str,
    by: User | None,
    reason: str,
    compensation: Compensation,
    now: datetime,
) -> Cancellation:
    line = locked_line(appointment)
    lesson = booking.cancel_lesson(
        appointment=appointment,
        actor=actor,
        by=by,
        reason=reason,
        now=now,
        refunded=compensation == Compensation.REFUND,
    )
    credit, refund = NOTHING, None
    if line is not None:
        _earn_nothing(line)
        if compensation == Compensation.CREDIT:
            credit = credit_line(line=line, cause=CreditEntry.Cause.CANCELLATION, now=now, by=by)
        elif compensation == Compensation.REFUND and line.left_cad:
            refund = promise_refund(
                order=line.order,
                amounts={line.pk: line.left_cad},
                reason=reason,
                source=Refund.Source.ADMIN,
                now=now,
                by=by,
            )
    _tell(lesson, line, actor, by, reason, credit, now=now, refund=refund)
    audit(lesson, CANCEL, actor, by, reason)
    return Cancellation(lesson, credit, refund.pk if refund and refund.amount_cad else None)


def cancel_for_refund(
    *, lines: Sequence[OrderLine], by: User | None, reason: str, now: datetime
) -> list[Appointment]:
    """Call off the lessons of lines whose money goes back by a refund, inside its transaction; gives those
    that stood.

    The lines' order and rows are locked already. Call it before anything is written to the ledger.
    """
    cancelled = []
    for line in sorted(lines, key=lambda line: str(line.appointment_id)):
        lesson = line.appointment
        if lesson is None or lesson.status not in Appointment.OCCUPIES_TIME:
            continue
        lesson = booking.cancel_lesson(
            appointment=lesson, actor=Actor.ADMIN, by=by, reason=reason, now=now, refunded=True
        )
        _earn_nothing(line)
        _tell(lesson, line, Actor.ADMIN, by, reason, NOTHING, now=now, refund_mail_follows=True)
        audit(lesson, CANCEL, Actor.ADMIN, by, reason)
        cancelled.append(lesson)
    return cancelled


@transaction.atomic
def restore(
    *, appointment: Appointment, by: User | None, reason: str, takes_credit_back: bool, now: datetime
) -> Appointment:
    """The direction brings a lesson back that was called off, while its time is free, and tells both.

    `takes_credit_back` undoes the credit that was given for it; else, and for what went back to a card, the
    student has the lesson for nothing. Raises what `booking.services.restore_lesson` raises, and
    NotEnoughCredits when the credit was spent, or a payment under way will take it; nothing is changed then.
    """
    line = locked_line(appointment)
    lesson = booking.restore_lesson(appointment=appointment, actor=Actor.ADMIN, by=by, reason=reason, now=now)
    taken = NOTHING
    if line is not None:
        if line.earnings == OrderLine.Earnings.CANCELLED:
            line.earnings = OrderLine.Earnings.SCHEDULED
        taken = credit_given(line) if takes_credit_back else NOTHING
        line.returned_cad -= taken
        line.save(update_fields=["earnings", "returned_cad"])
    if line is not None and taken:
        lock_ledger(user=line.order.user)
        free = available(user=line.order.user)
        if free < taken:
            raise NotEnoughCredits(free)
        add_entry(
            user=line.order.user,
            amount=-taken,
            cause=CreditEntry.Cause.CORRECTION,
            now=now,
            order=line.order,
            line=line,
            note=_("Cours rétabli"),
            by=by,
        )
    audit(lesson, RESTORE, Actor.ADMIN, by, reason)
    lesson_mails.record_restored(lesson, reason=reason, taken=taken, now=now)
    return lesson


class GivenBack(NamedTuple):
    """What a student got back for a lesson, in CAD: to the card, and as credits."""

    card: Decimal
    credit: Decimal


def given_back(line: OrderLine) -> GivenBack:
    shares = line.refund_shares.filter(refund__status__in=Refund.RETURNED).aggregate(
        card=Sum("card_cad"), credit=Sum("credits_cad")
    )
    return GivenBack(shares["card"] or NOTHING, (shares["credit"] or NOTHING) + credit_given(line))


def credit_given(line: OrderLine) -> Decimal:
    """The credit for a lesson that was called off, as far as it was not taken back."""
    entries = line.credit_entries.filter(
        cause__in=[CreditEntry.Cause.CANCELLATION, CreditEntry.Cause.CORRECTION]
    )
    return entries.aggregate(sum=Sum("amount_cad"))["sum"] or NOTHING


def audit(lesson: Appointment, action: str, actor: str, by: User | None, reason: str) -> None:
    """What the direction does is in Wagtail's log too, beside the lesson's own history."""
    if actor == Actor.ADMIN:
        log_action(instance=lesson, action=action, user=by, data={"reason": reason.strip()})


def locked_line(appointment: Appointment) -> OrderLine | None:
    """The line by which a lesson was sold, with its order, both locked; None for one that never was."""
    order = (
        Order.objects.select_for_update(of=["self"])
        .filter(lines__appointment=appointment)
        .select_related("user")
        .first()
    )
    if order is None:
        return None
    line = order.lines.select_for_update(of=["self"]).get(appointment=appointment)
    line.order = order
    return line


def _earn_nothing(line: OrderLine) -> None:
    """A lesson that isn't given earns its tutor nothing; what was paid out is not taken back."""
    if line.earnings != OrderLine.Earnings.PAID:
        line.earnings = OrderLine.Earnings.CANCELLED
        line.save(update_fields=["earnings"])


def _tell(
    lesson: Appointment,
    line: OrderLine | None,
    actor: str,
    by: User | None,
    reason: str,
    credit: Decimal,
    *,
    now: datetime,
    refund: Refund | None = None,
    refund_mail_follows: bool = False,
) -> None:
    events.record_booking_cancelled(
        lesson, line, cancelled_by=actor, by=by, reason=reason, credit=credit, now=now
    )
    lesson_mails.record_cancelled(
        lesson,
        actor=actor,
        reason=reason,
        credit=credit,
        refund=refund,
        refund_mail_follows=refund_mail_follows,
        now=now,
    )
