"""What became of the messages of each day, for those who watch over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from notifications.models import UNFINISHED, OutboxMessage

DAYS = 30
LATE = timedelta(minutes=1)
"""From the event to its delivery: more than the quick attempts take."""


@dataclass(frozen=True)
class Day:
    """The messages recorded on one day of the school's zone, by what became of them; not what was moot."""

    day: date
    on_time: int = 0
    late: int = 0
    dead: int = 0
    waiting: int = 0

    @property
    def delivered(self) -> int:
        return self.on_time + self.late

    @property
    def total(self) -> int:
        return self.delivered + self.dead + self.waiting


def daily(*, now: datetime, days: int = DAYS) -> list[Day]:
    """The last days, oldest first, today included, those without a message too."""
    today = timezone.localdate(now)
    first = today - timedelta(days=days - 1)
    late = Q(delivered_at__gt=F("created_at") + LATE)
    counted = (
        OutboxMessage.objects.filter(created_at__gte=_midnight(first))
        .order_by()
        .values(day=TruncDate("created_at"))
        .annotate(
            on_time=Count("pk", filter=Q(delivered_at__isnull=False) & ~late),
            late=Count("pk", filter=late),
            dead=Count("pk", filter=Q(dead_at__isnull=False)),
            waiting=Count("pk", filter=UNFINISHED),
        )
    )
    found = {row["day"]: Day(**row) for row in counted}
    every = (first + timedelta(days=number) for number in range(days))
    return [found.get(day, Day(day)) for day in every]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def total(days: list[Day]) -> Day:
    """All of them in one; `day` is the first."""
    return Day(
        days[0].day,
        on_time=sum(day.on_time for day in days),
        late=sum(day.late for day in days),
        dead=sum(day.dead for day in days),
        waiting=sum(day.waiting for day in days),
    )
