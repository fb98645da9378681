"""How the times of lessons are said: the repeated hour of the autumn clock change is told apart."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from home.formats import NBSP, clock, long_date


def exact_clock(moment: datetime) -> str:
    """`14 h 30`; in the hour that comes twice, `1 h 30 (heure avancée)`, then `1 h 30 (heure normale)`."""
    at = timezone.localtime(moment)
    if at.utcoffset() == at.replace(fold=1 - at.fold).utcoffset():
        return clock(moment)
    season = _("heure avancée") if at.dst() else _("heure normale")
    return f"{clock(moment)} ({season.replace(' ', NBSP)})"


def time_range(start: datetime, minutes: int) -> str:
    """`14 h 30 à 16 h`, in the school's zone."""
    return _("%(start)s à %(end)s") % {
        "start": exact_clock(start),
        "end": exact_clock(start + timedelta(minutes=minutes)),
    }


def day_and_clock(moment: datetime) -> str:
    """`lundi 11 janvier 2027 à 14 h 30`, in the school's zone."""
    return _("%(date)s à %(time)s") % {"date": long_date(moment), "time": exact_clock(moment)}


def until(moment: datetime, now: datetime) -> str:
    """`jusqu’à 16 h 30 aujourd’hui`, or `hier`, or `demain`; else `jusqu’au lundi 11 janvier 2027 à 9 h`."""
    days = (timezone.localtime(moment).date() - timezone.localtime(now).date()).days
    near = {
        -1: _("jusqu’à %(time)s hier"),
        0: _("jusqu’à %(time)s aujourd’hui"),
        1: _("jusqu’à %(time)s demain"),
    }
    if days in near:
        return near[days] % {"time": exact_clock(moment)}
    return _("jusqu’au %(day)s") % {"day": day_and_clock(moment)}


def minutes_left(left: timedelta) -> int:
    """Whole minutes of a hold that are still to come, the one under way included; 0 when it is over."""
    return max(0, -(-left // timedelta(minutes=1)))
