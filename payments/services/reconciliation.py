"""What heals a lost webhook, a closed browser or a killed process: ask Stripe about everything still open.

Whatever stays open all the same is shown to a person, and taken off their list when it moves.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from booking.errors import TryAgain
from notifications.models import TaskRun
from payments.gateway import GatewayRefused, GatewayUnavailable, gateway, read_event
from payments.models import Checkout, Refund, Review
from payments.services import webhooks
from payments.services.cards import keep_cards_left_behind
from payments.services.checkout import cancel_checkout
from payments.services.refunds import send_refund
from payments.services.reviews import close_reviews, open_review
from payments.services.settlement import release, settle
from payments.services.unanswered import is_unknown, show_unanswered

log = logging.getLogger(__name__)

# Stripe keeps events for 30 days; what happened right before our last success may have come after it.
EVENTS_KEPT = timedelta(days=30) - timedelta(minutes=5)
MARGIN = timedelta(hours=1)
# When to stop waiting in silence: after a payment's deadline, after a refund was promised.
STUCK_PAYMENT = timedelta(hours=1)
STUCK_REFUND = timedelta(days=1)
# The process that promised it asks Stripe at once; after this it is taken for dead.
UNSENT = timedelta(seconds=30)


# The task under which `notifications.schedule` remembers our last success.
RUN = "payments_reconcile_payments"


class EventsNotFetched(Exception):
    """All else was done, but the next run must ask Stripe for the same events: this one is no success."""


@dataclass
class Report:
    settled: int = 0
    cancelled: int = 0
    still_open: int = 0
    refunds: int = 0
    events: int = 0
    failed: list[str] = field(default_factory=list)
    fetched: bool = False
    """Whether Stripe was asked for undelivered events."""
    known: dict[UUID, bool] = field(default_factory=dict)
    """Of each open payment about which Stripe answered: whether it has such an intent."""

    @contextmanager
    def by_itself(self, what: object) -> Iterator[None]:
        """One failure never stops the rest."""
        try:
            yield
        except (GatewayUnavailable, GatewayRefused, TryAgain) as error:
            log.warning("%s could not be reconciled: %s", what, error)
            self.failed.append(str(what))
        except Exception:
            log.exception("%s could not be reconciled", what)
            self.failed.append(str(what))


def reconcile(*, now: datetime, last_success: datetime | None = None) -> Report:
    """Do all that is due. `last_success` is when undelivered events were last fetched; None asks for all."""
    report = Report()
    with report.by_itself("undelivered events"):
        _fetch_events(report, now=now, last_success=last_success)
    webhooks.handle_left_behind(now=now, at_once=True)
    for checkout in Checkout.objects.unsettled():
        if checkout.is_confirming(now):
            continue  # leave alone what a request is confirming this very moment
        with report.by_itself(checkout.pk):
            _reconcile_checkout(checkout, report, now=now)
    _show_stuck_payments(report.known, now=now)
    _send_refunds(report, now=now)
    _show_stuck_refunds(now=now)
    with report.by_itself("cards to keep"):
        keep_cards_left_behind(now=now)
    return report


def reconcile_since_last_success(*, now: datetime) -> Report:
    """`reconcile`, as the clock and the command run it. Raises EventsNotFetched, at the end."""
    last_success = TaskRun.objects.filter(name=RUN).values_list("last_success_at", flat=True).first()
    report = reconcile(now=now, last_success=last_success)
    if not report.fetched:
        raise EventsNotFetched
    return report


def send_refunds_left_behind(*, now: datetime) -> Report:
    """Ask Stripe for the refunds that were promised by a process which then died."""
    report = Report()
    _send_refunds(report, now=now, only_unsent=True)
    return report


def _fetch_events(report: Report, *, now: datetime, last_success: datetime | None) -> None:
    since = now - EVENTS_KEPT
    if last_success:
        since = max(since, last_success - MARGIN)
    for payload in gateway().undelivered_events(since=since):
        with report.by_itself(payload.get("id")):
            report.events += webhooks.receive(read_event(payload))
    report.fetched = True


def _reconcile_checkout(checkout: Checkout, report: Report, *, now: datetime) -> None:
    overdue = checkout.deadline <= now
    if not checkout.intent_id:
        seen = release(checkout=checkout, now=now) if overdue else checkout
    else:
        try:
            seen = settle(intent_id=checkout.intent_id, now=now) or checkout
        except GatewayRefused as refused:
            if is_unknown(refused):
                report.known[checkout.pk] = False
            raise
        report.known[checkout.pk] = True
        if seen.status == Checkout.Status.PAYING and overdue:
            seen = cancel_checkout(checkout=seen, now=now)
    if seen.status == Checkout.Status.PAYING:
        report.still_open += 1
    elif seen.status == Checkout.Status.SETTLED:
        report.settled += 1
    else:
        report.cancelled += 1


def _show_stuck_payments(known: dict[UUID, bool], *, now: datetime) -> None:
    for checkout in Checkout.objects.past_deadline(now - STUCK_PAYMENT):
        show_unanswered(checkout=checkout, known=known.get(checkout.pk), now=now)


def _send_refunds(report: Report, *, now: datetime, only_unsent: bool = False) -> None:
    waiting = Refund.objects.filter(status=Refund.Status.PENDING)
    if only_unsent:
        waiting = waiting.filter(stripe_refund_id="", created_at__lte=now - UNSENT)
    for refund_id in waiting.values_list("pk", flat=True):
        with report.by_itself(refund_id):
            send_refund(refund_id=refund_id, now=now)
            report.refunds += 1


def _show_stuck_refunds(*, now: datetime) -> None:
    waiting = Refund.objects.filter(status=Refund.Status.PENDING)
    for refund in waiting.filter(created_at__lte=now - STUCK_REFUND).select_related("order"):
        open_review(
            kind=Review.Kind.STUCK_REFUND,
            subject=str(refund.pk),
            detail=_("Promis depuis plus d’un jour, et Stripe ne dit pas qu’il est passé."),
            order=refund.order,
            refund=refund,
            now=now,
        )
    shown = Review.objects.open().filter(kind=Review.Kind.STUCK_REFUND)
    for review in shown.exclude(refund__in=waiting):
        close_reviews(
            kind=Review.Kind.STUCK_REFUND,
            subject=review.subject,
            resolution=_("Stripe a répondu depuis."),
            now=now,
        )
