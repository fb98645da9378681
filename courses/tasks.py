"""What the catalogue's pages, and all others, do by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.management import call_command
from django.utils.translation import gettext_lazy as _

from notifications.schedule import cron


@cron("* * * * *", label=_("Publication des pages"), limit=timedelta(seconds=90))
def publish_scheduled_pages(*, now: datetime) -> None:
    """Publish and take down the pages whose time has come. Wagtail reads the clock itself."""
    call_command("publish_scheduled", verbosity=0)
