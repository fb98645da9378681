"""What the direction is written in the morning: yesterday's sales, and what waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import MailTopic, Role, User
from booking.grid import local_day, local_moment
from booking.models import Appointment
from home.formats import long_date, money
from notifications.composing import Letter, Occasion, mail_kind
from notifications.models import OutboxMessage
from notifications.services import MailTo, record
from payments.models import Order, Refund, Review
from payments.pricing import NOTHING
from payments.tutor_mails import NOON

DIGEST = "admin.digest"
SENT_AT = time(7)


@dataclass(frozen=True)
class Digest:
    """`sales` are orders that were really paid on `day`, by card and credits; `refunded` what went back on
    it, both in CAD; `dead` deliveries were given up since it began. The rest is as things stand.
    """

    day: date
    orders: int
    sales: Decimal
    refunded: Decimal
    lessons_today: int
    waiting: list[tuple[str, int]]
    dead: int

    def __bool__(self) -> bool:
        return bool(self.orders or self.refunded or self.lessons_today or self.waiting or self.dead)


def record_digest(*, now: datetime) -> int:
    """In the morning, to each admin who wants it: once. Says how many were recorded."""
    today = local_day(now)
    if not local_moment(today, SENT_AT) <= now < local_moment(today, NOON):
        return 0
    people = (
        User.objects.filter(is_active=True, role=Role.ADMIN)
        .exclude(mail_refusals__topic=MailTopic.DIGEST)
        .order_by("pk")
    )
    day = today.isoformat()
    with transaction.atomic():
        return len(record(*(MailTo(DIGEST, person, {"day": day}, once=day) for person in people), now=now))


@mail_kind(DIGEST, label=gettext_lazy("Le point du matin"), topic=MailTopic.DIGEST)
def digest(occasion: Occasion) -> Letter | None:
    """Of the morning for which it was recorded; nothing when that is over or there is nothing to say."""
    today = date.fromisoformat(occasion.about["day"])
    found = digest_of(today)
    if local_day(occasion.now) != today or not found:
        return None
    return Letter(
        _("Le point du %(day)s : %(sales)s vendus hier")
        % {"day": long_date(today), "sales": money(found.sales)},
        "payments/mail/digest",
        {
            "digest": found,
            "reviews_url": settings.SITE_URL + reverse("wagtailsnippets_payments_review:list"),
            "deliveries_url": settings.SITE_URL
            + reverse("wagtailsnippets_notifications_outboxmessage:list")
            + "?status=dead",
        },
    )


def digest_of(today: date) -> Digest:
    """Five queries, whatever there is."""
    yesterday = today - timedelta(days=1)
    begin, midnight, end = map(local_moment, (yesterday, today, today + timedelta(days=1)))
    sold = Order.objects.filter(
        status__in=Order.REALLY_PAID, created_at__gte=begin, created_at__lt=midnight
    ).aggregate(orders=Count("pk"), sales=Sum(F("total_cad") + F("credits_cad")))
    refunded = Refund.objects.filter(
        status__in=Refund.RETURNED, created_at__gte=begin, created_at__lt=midnight
    ).aggregate(sum=Sum(F("amount_cad") + F("credits_cad")))
    waiting = Review.objects.open().values("kind").annotate(count=Count("pk")).order_by("kind")
    return Digest(
        day=yesterday,
        orders=sold["orders"],
        sales=sold["sales"] or NOTHING,
        refunded=refunded["sum"] or NOTHING,
        lessons_today=Appointment.objects.filter(
            status__in=Appointment.OCCUPIES_TIME, start__gte=midnight, start__lt=end
        ).count(),
        waiting=[(str(Review.Kind(row["kind"]).label), row["count"]) for row in waiting],
        dead=OutboxMessage.objects.dead().filter(dead_at__gte=begin).count(),
    )
