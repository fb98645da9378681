"""`manage.py load_demo`: fills an empty site with courses, people, pages and lived-in weeks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo_content.loading import is_loaded, load


class Command(BaseCommand):
    help = "Loads the demo's content once; run again, it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo's accounts have a published password: they belong to config.settings.demo only."
            )
        if is_loaded():
            self.stdout.write("The demo content is there already.")
            return
        self.stdout.write("Drawing portraits and writing pages (a few seconds)")
        load(now=timezone.now())
        self.stdout.write("The demo content is loaded.")
