"""What the catalogue's pages, and all others, do by the clock."""

from __future__ import annotations

from datetime import datetime

from django.core.management import call_command

from notifications.schedule import every_minute


@every_minute
def publish_scheduled_pages(*, now: datetime) -> None:
    """Publish and take down the pages whose time has come. Wagtail reads the clock itself."""
    call_command("publish_scheduled", verbosity=0)
