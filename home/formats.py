"""Money, dates and times as Québec writes them: `45,00 $`, `lundi 5 janvier 2026`, `14 h 30`.

A page writes the same few days and prices again and again, and Babel takes its time: they are remembered.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from django.utils import timezone

LOCALE = Locale.parse("fr_CA")
NBSP = "\xa0"


@lru_cache(maxsize=1024)
def money(amount: Decimal) -> str:
    return format_currency(amount, "CAD", locale=LOCALE, format="#,##0.00\xa0¤").replace("CA$", "$")


def signed_money(amount: Decimal) -> str:
    """`+45,00 $`, `−12,50 $`."""
    return ("−" if amount < 0 else "+") + money(abs(amount))


def _local(day: date | datetime) -> date:
    return timezone.localtime(day).date() if isinstance(day, datetime) else day


@lru_cache(maxsize=4096)
def _written(day: date, pattern: str) -> str:
    """The first of a month is an ordinal in French: `1er mars`, then `2 mars`."""
    return format_date(day, pattern.replace("d", "'1er'") if day.day == 1 else pattern, locale=LOCALE)


def long_date(day: date | datetime) -> str:
    return _written(_local(day), "EEEE d MMMM y")


def short_date(day: date | datetime) -> str:
    return _written(_local(day), "EEE d MMM")


def weekday(day: date) -> str:
    return _written(day, "EEEE")


def short_weekday(day: date) -> str:
    """`lun.`, `mar.`."""
    return _written(day, "EEE")


def day_and_month(day: date) -> str:
    """`23 novembre`."""
    return _written(day, "d MMMM")


def month(day: date | datetime) -> str:
    """`mars 2026`."""
    return _written(_local(day), "MMMM y")


def clock(moment: datetime) -> str:
    """`9 h`, `14 h 30`, in the school's zone."""
    at = timezone.localtime(moment)
    return f"{at.hour}{NBSP}h{NBSP}{at.minute:02d}" if at.minute else f"{at.hour}{NBSP}h"


def duration(minutes: int) -> str:
    """`60 min`, `1 h 30`, `2 h`."""
    hours, rest = divmod(minutes, 60)
    if not hours or (hours == 1 and not rest):
        return f"{minutes}{NBSP}min"
    return f"{hours}{NBSP}h{NBSP}{rest:02d}" if rest else f"{hours}{NBSP}h"
