from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from notifications.catalogue.document import document


class Command(BaseCommand):
    help = "Write docs/webhooks.md from the catalogue of events."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.ROOT / "docs" / "webhooks.md"
        path.write_text(document())
        self.stdout.write(f"{path.relative_to(settings.ROOT)} is written")
