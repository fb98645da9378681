"""What the school is called, for those who live below the app that knows it."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formataddr, parseaddr

from django.conf import settings

_names: list[Callable[[], str]] = []


def name_with(name: Callable[[], str]) -> None:
    """Say, when the apps are ready, who knows the name."""
    _names[:] = [name]


def school_name() -> str:
    return _names[0]() if _names else str(settings.WAGTAIL_SITE_NAME)


def sender() -> str:
    """Who e-mails are from: the address of the environment, under the school's name."""
    return formataddr((school_name(), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
