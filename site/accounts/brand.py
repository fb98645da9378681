"""What the school is called and its colour, for those who live below the app that knows them."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formataddr, parseaddr
from typing import NamedTuple

from django.conf import settings


class Brand(NamedTuple):
    """Colours as `#rrggbb`: a button's, and its label's, on light and on dark."""

    name: str
    tagline: str
    fill: str
    ink: str
    fill_on_dark: str
    ink_on_dark: str


_known_by: list[Callable[[], Brand]] = []


def brand_with(brand: Callable[[], Brand]) -> None:
    """Say, when the apps are ready, who knows the brand."""
    _known_by[:] = [brand]


def brand() -> Brand:
    return _known_by[0]()


def school_name() -> str:
    return brand().name


def sender() -> str:
    """Who e-mails are from: the address of the environment, under the school's name."""
    return formataddr((school_name(), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
