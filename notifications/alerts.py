"""The admins hear by e-mail when a destination starts to fail, and when it works again: once each.

A destination is a webhook's address, or a mail's. It fails when something for it is past its quick attempts
and one more, was given up, or when it said that it is gone; it works again when something arrives there and
nothing is stuck any more. `FailingDestination` remembers between the two; its row is written in the commit
that records the mail, so that of two who notice at once one tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Role, User
from notifications.catalogue import EVENT_TYPES
from notifications.composing import Letter, Occasion, mail_kind
from notifications.models import FailingDestination, OutboxMessage, OutboxQuerySet, StoppedDestination
from notifications.services import MailTo, record

FAILS = "admin.failures"
WORKS = "admin.works_again"
DEAD_FOR = timedelta(days=7)
"""What was given up longer ago is nothing new."""


def tell_admins(*, now: datetime) -> int:
    """Record a mail to each admin about what started to fail since the last time, and one about what works
    again; says how many mails were recorded."""
    failing = _failing(now)
    with transaction.atomic():
        began = _remember(failing, now)
        over = _forget(failing)
        mails = 0
        for kind, about in (
            (FAILS, {"failing": [each.pk for each in began]}),
            (WORKS, {"over": [{"where": each.where, "since": each.since.isoformat()} for each in over]}),
        ):
            if any(about.values()):
                mails += _record(kind, about, now)
    return mails


@transaction.atomic
def tell_of_lost(*, type: str, now: datetime) -> int:  # noqa: A002
    """Record a mail to each admin about a destination that did not take an event which leaves no row, unless
    they were told of it; says how many were recorded."""
    url = EVENT_TYPES[type].destination
    if not url:
        return 0
    row, is_new = FailingDestination.objects.update_or_create(
        destination=url,
        defaults={"arrived_at": None},
        create_defaults={"kind": OutboxMessage.Kind.WEBHOOK, "since": now},
    )
    return _record(FAILS, {"failing": [row.pk], "lost": type}, now) if is_new else 0


def _record(kind: str, about: dict[str, Any], now: datetime) -> int:
    admins = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("email")
    return len(record(*(MailTo(kind, admin, about) for admin in admins), now=now))


def _told_of() -> OutboxQuerySet:
    """Alerts that do not arrive raise no alert."""
    return OutboxMessage.objects.exclude(type__in=[FAILS, WORKS])


def _failing(now: datetime) -> dict[str, str]:
    """The kind of each destination that fails."""
    stuck = dict(_told_of().failing().values_list("destination", "kind"))
    gone = dict.fromkeys(StoppedDestination.objects.values_list("url", flat=True), OutboxMessage.Kind.WEBHOOK)
    given_up = _told_of().dead().filter(dead_at__gt=now - DEAD_FOR).order_by().values("destination", "kind")
    dead = {each["destination"]: each for each in given_up.annotate(last=Max("dead_at"))}
    arrived = dict(
        _told_of()
        .delivered()
        .filter(destination__in=dead)
        .order_by()
        .values_list("destination")
        .annotate(last=Max("delivered_at"))
    )
    lost = {
        destination: each["kind"]
        for destination, each in dead.items()
        if destination not in arrived or arrived[destination] < each["last"]
    }
    return {**lost, **stuck, **gone}


def _remember(failing: dict[str, str], now: datetime) -> list[FailingDestination]:
    """Those that nobody has told of yet."""
    known = set(FailingDestination.objects.values_list("destination", flat=True))
    made = (
        FailingDestination.objects.get_or_create(
            destination=destination, defaults={"kind": failing[destination], "since": now}
        )
        for destination in sorted(failing.keys() - known)
    )
    return [row for row, is_new in made if is_new]


def _forget(failing: dict[str, str]) -> list[FailingDestination]:
    """Those where something has arrived since, and nothing is stuck."""
    rows = FailingDestination.objects.exclude(destination__in=failing).select_for_update(skip_locked=True)
    over = [
        row
        for row in rows
        if row.arrived_at
        or _told_of().delivered().filter(destination=row.destination, delivered_at__gt=row.since).exists()
    ]
    FailingDestination.objects.filter(pk__in=[row.pk for row in over]).delete()
    return over


@mail_kind(FAILS, label=gettext_lazy("Envois qui échouent"))
def failures(occasion: Occasion) -> Letter | None:
    """None when all of it works again by now."""
    rows = list(FailingDestination.objects.filter(pk__in=occasion.about["failing"]).order_by("destination"))
    if not rows:
        return None
    gone = set(StoppedDestination.objects.values_list("url", flat=True))
    return Letter(
        ngettext(
            "Les envois vers %(where)s échouent", "Les envois vers %(count)d destinations échouent", len(rows)
        )
        % {"where": rows[0].where, "count": len(rows)},
        "notifications/mail_failures",
        {
            "failures": _failures(row.destination for row in rows),
            "lost": occasion.about.get("lost", ""),
            "where": rows[0].where,
            "gone": [row.where for row in rows if row.destination in gone],
            "listing": _listing(),
        },
    )


@mail_kind(WORKS, label=gettext_lazy("Envois qui arrivent de nouveau"))
def works_again(occasion: Occasion) -> Letter:
    over = [{**each, "since": parse_datetime(each["since"])} for each in occasion.about["over"]]
    return Letter(
        ngettext(
            "Les envois vers %(where)s arrivent de nouveau",
            "Les envois vers %(count)d destinations arrivent de nouveau",
            len(over),
        )
        % {"where": over[0]["where"], "count": len(over)},
        "notifications/mail_works_again",
        {"over": over, "dead": OutboxMessage.objects.dead().count(), "listing": _listing()},
    )


def _listing() -> str:
    return settings.SITE_URL.rstrip("/") + reverse("wagtailsnippets_notifications_outboxmessage:list")


def _failures(destinations: Iterable[str]) -> list[dict[str, Any]]:
    """What waits there and what was given up, by type and destination."""
    grouped = (
        (_told_of().waiting().filter(attempts__gt=0) | _told_of().dead())
        .filter(destination__in=list(destinations))
        .values("kind", "type", "destination")
        .annotate(
            waiting=Count("pk", filter=Q(dead_at__isnull=True)),
            dead=Count("pk", filter=Q(dead_at__isnull=False)),
            last_error=Max("last_error"),
            last_status=Max("last_status"),
        )
        .order_by("kind", "type", "destination")
    )
    return [
        {
            "type": group["type"],
            "where": OutboxMessage(kind=group["kind"], destination=group["destination"]).where,
            "waiting": group["waiting"],
            "dead": group["dead"],
            "reason": f"{group['last_status'] or ''} {group['last_error']}".strip(),
        }
        for group in grouped
    ]
