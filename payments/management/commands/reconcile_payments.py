from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from payments import webhooks
from payments.services import reconcile


class Command(BaseCommand):
    help = "Ask Stripe about every open payment, and settle, cancel or refund what is due."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        webhooks.handle_left_behind(now=now)
        report = reconcile(now=now)
        self.stdout.write(
            f"settled {report.settled}, cancelled {report.cancelled}, still open {report.still_open}, "
            f"refunds sent {report.refunds}, failed {len(report.failed)}"
        )
