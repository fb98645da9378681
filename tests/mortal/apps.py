from __future__ import annotations

import os

from django.apps import AppConfig
from django.conf import settings


class Mortal(AppConfig):
    name = "tests.mortal"
    label = "mortal"

    def ready(self) -> None:
        from tests.mortal import steps

        if role := os.environ.get("MORTAL_ROLE"):
            steps.watch(role, settings.VAR)
        if os.environ.get("MORTAL_WITHOUT") == "refund_keys":
            steps.forget_refund_keys()
