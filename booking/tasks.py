"""What booking does by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from booking import services
from notifications.schedule import cron


@cron(
    "* * * * *",
    label=_("Plages retenues dont le temps est passé"),
    limit=timedelta(seconds=90),
    queue="critical",
)
def sweep_expired_holds(*, now: datetime) -> None:
    """Delete the holds that have run out."""
    services.sweep_expired_holds(now=now)
