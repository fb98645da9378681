"""What booking does by the clock."""

from __future__ import annotations

from datetime import datetime

from booking import services
from notifications.schedule import every_minute


@every_minute
def sweep_expired_holds(*, now: datetime) -> None:
    """Delete the holds that have run out."""
    services.sweep_expired_holds(now=now)
