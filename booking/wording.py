"""How the times of lessons are said: the repeated hour of the autumn clock change is told apart."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from home.formats import NBSP, clock


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
