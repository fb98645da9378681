"""New accounts are told to the outside."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Role, User
from accounts.services import account_invited
from notifications.services import Event, record


def signup(user: User) -> Event:
    return Event(
        "signup",
        {
            "user_id": user.pk,
            "role": user.role,
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "created_at": user.date_joined,
        },
    )


@receiver(account_invited)
def tell_of_a_tutor(user: User, **kwargs: Any) -> None:
    """Those of the school's own people are nobody's business."""
    if user.role == Role.TUTOR:
        record(signup(user), now=timezone.now())
