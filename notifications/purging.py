"""The outbox forgets what it has done, so that it stays as fast as it was."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from notifications.models import DeliveryAttempt, OutboxMessage

BATCH = 1000


def purge(*, before: datetime) -> int:
    """Delete what was delivered, or no longer to be said, before a moment; says how many.

    What was given up stays: somebody may still send it again.
    """
    old = OutboxMessage.objects.filter(
        Q(delivered_at__lt=before) | Q(moot_at__lt=before), created_at__lt=before
    ).order_by("created_at")
    purged = 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            DeliveryAttempt.objects.filter(message__in=batch).delete()
            OutboxMessage.objects.filter(pk__in=batch).delete()
        purged += len(batch)
    return purged
