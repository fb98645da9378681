"""Money, dates and times as Québec writes them: `45,00 $`, `lundi 5 janvier 2026`, `14 h 30`."""

from datetime import date, datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from django.utils import timezone

LOCALE = Locale.parse("fr_CA")
NBSP = "\xa0"


def money(amount: Decimal) -> str:
    return format_currency(amount, "CAD", locale=LOCALE, format="#,##0.00\xa0¤").replace("CA$", "$")


def local(moment: date | datetime) -> date | datetime:
    return timezone.localtime(moment) if isinstance(moment, datetime) else moment


def _written(day: date | datetime, pattern: str) -> str:
    """The first of a month is an ordinal in French: `1er mars`, then `2 mars`."""
    at = local(day)
    return format_date(at, pattern.replace("d", "'1er'") if at.day == 1 else pattern, locale=LOCALE)


def long_date(day: date | datetime) -> str:
    return _written(day, "EEEE d MMMM y")


def short_date(day: date | datetime) -> str:
    return _written(day, "EEE d MMM")


def weekday(day: date) -> str:
    return format_date(day, "EEEE", locale=LOCALE)


def short_weekday(day: date) -> str:
    """`lun.`, `mar.`."""
    return format_date(day, "EEE", locale=LOCALE)


def day_and_month(day: date) -> str:
    """`23 novembre`."""
    return _written(day, "d MMMM")


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
