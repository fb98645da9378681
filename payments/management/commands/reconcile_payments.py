from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from notifications.schedule import run_alone
from payments.services.reconciliation import RUN, EventsNotFetched, Report, reconcile_since_last_success
from payments.tasks import RECONCILIATION


class Command(BaseCommand):
    help = "Ask Stripe about every open payment, event and refund, and settle, cancel or refund what is due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force",
            action="store_true",
            help="also beside a run that is under way, or was killed within the last ten minutes",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reports: list[Report] = []

        def task(*, now: datetime) -> None:
            reports.append(reconcile_since_last_success(now=now))

        now = timezone.now()
        try:
            if options["force"]:
                task(now=now)
            elif not run_alone(RUN, task, limit=RECONCILIATION, now=now):
                raise CommandError("Another run is under way; --force runs beside it.")
        except EventsNotFetched:
            raise CommandError(
                "All else was done, but Stripe's undelivered events could not be had."
            ) from None
        [report] = reports
        self.stdout.write(
            f"settled {report.settled}, cancelled {report.cancelled}, still open {report.still_open}, "
            f"events fetched {report.events}, refunds asked {report.refunds}, failed {len(report.failed)}"
        )
