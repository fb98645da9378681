"""New accounts are told to the outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Role, User
from accounts.services import account_invited
from notifications.services import record_event


def record_signup(user: User, *, now: datetime) -> None:
    record_event(
        type="signup",
        payload={
            "user_id": user.pk,
            "role": user.role,
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "created_at": user.date_joined,
        },
        now=now,
    )


@receiver(account_invited)
def tell_of_a_tutor(user: User, **kwargs: Any) -> None:
    """Those of the school's own people are nobody's business."""
    if user.role == Role.TUTOR:
        record_signup(user, now=timezone.now())
