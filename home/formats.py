"""Money, dates and times as Québec writes them: `45,00 $`, `lundi 5 janvier 2026`, `14 h 30`."""

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency
from django.utils import timezone

LOCALE = "fr_CA"
NBSP = "\xa0"


def money(amount: Decimal) -> str:
    return format_currency(amount, "CAD", locale=LOCALE, format="#,##0.00\xa0¤").replace("CA$", "$")


def local(moment: date | datetime) -> date | datetime:
    return timezone.localtime(moment) if isinstance(moment, datetime) else moment


def long_date(day: date | datetime) -> str:
    return format_date(local(day), "EEEE d MMMM y", locale=LOCALE)


def short_date(day: date | datetime) -> str:
    return format_date(local(day), "EEE d MMM", locale=LOCALE)


def weekday(day: date) -> str:
    return format_date(day, "EEEE", locale=LOCALE)


def short_weekday(day: date) -> str:
    """`lun.`, `mar.`."""
    return format_date(day, "EEE", locale=LOCALE)


def day_and_month(day: date) -> str:
    """`23 novembre`."""
    return format_date(day, "d MMMM", locale=LOCALE)


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
