"""What heals a lost webhook, a closed browser or a killed process: ask Stripe about everything still open."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from payments.gateway import GatewayRefused, GatewayUnavailable
from payments.models import Checkout, Refund
from payments.services.cards import keep_cards_left_behind
from payments.services.checkout import cancel_checkout
from payments.services.refunds import send_refund
from payments.services.settlement import release, settle

log = logging.getLogger(__name__)


@dataclass
class Report:
    settled: int = 0
    cancelled: int = 0
    still_open: int = 0
    refunds: int = 0
    failed: list[str] = field(default_factory=list)


def reconcile(*, now: datetime) -> Report:
    """Do all that is due; each checkout by itself, so that one failure never stops the rest."""
    report = Report()
    for checkout in Checkout.objects.unsettled():
        if checkout.is_confirming(now):
            continue  # leave alone what a request is confirming this very moment
        try:
            _reconcile_checkout(checkout, report, now=now)
        except (GatewayUnavailable, GatewayRefused) as error:
            log.warning("Checkout %s could not be reconciled: %s", checkout.pk, error)
            report.failed.append(str(checkout.pk))
    for refund in Refund.objects.filter(status=Refund.Status.PENDING):
        try:
            send_refund(refund_id=refund.pk, now=now)
            report.refunds += 1
        except GatewayUnavailable as error:
            log.warning("Refund %s could not be sent: %s", refund.pk, error)
            report.failed.append(str(refund.pk))
    keep_cards_left_behind(now=now)
    return report


def _reconcile_checkout(checkout: Checkout, report: Report, *, now: datetime) -> None:
    overdue = checkout.deadline <= now
    if not checkout.intent_id:
        seen = release(checkout=checkout, now=now) if overdue else checkout
    else:
        seen = settle(intent_id=checkout.intent_id, now=now) or checkout
        if seen.status == Checkout.Status.PAYING and overdue:
            seen = cancel_checkout(checkout=seen, now=now)
    if seen.status == Checkout.Status.PAYING:
        report.still_open += 1
    elif seen.status == Checkout.Status.SETTLED:
        report.settled += 1
    else:
        report.cancelled += 1
