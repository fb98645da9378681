"""The school's local days on the UTC grid of half-hours.

Times of a stretch of days are the bits of one integer: bit `i` is the half-hour that begins `i` half-hours
after the first day's local midnight. Counting in UTC keeps every half-hour apart from every other: when
clocks go back the repeated hour has bits of its own, when they go forward the missing one has none. Wall
time becomes UTC here, once per day, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone

HALF_HOUR = 30
HALF_HOURS_A_DAY = 48
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def epoch_minutes(moment: datetime) -> int:
    """Whole minutes since 1970 in UTC, rounded down."""
    return int(moment.timestamp() // 60)


def local_day(moment: datetime) -> date:
    """The school's day in which a moment falls."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def local_moment(day: date, wall: time = time.min) -> datetime:
    """When one of the school's clocks shows that time of a day; midnight, unless told."""
    return datetime.combine(day, wall, timezone.get_default_timezone())


def wall_half_hours(ranges: list[tuple[int, int]]) -> int:
    """The half-hours of a wall clock that lie whole inside the union of `ranges`, in minutes since
    midnight.
    """
    bits = 0
    start, end = -1, -1
    for low, high in sorted(ranges):
        if low > end:
            bits |= _inside(start, end)
            start, end = low, high
        elif high > end:
            end = high
    return bits | _inside(start, end)


def _inside(start: int, end: int) -> int:
    first, last = -(-start // HALF_HOUR), end // HALF_HOUR
    return (1 << last) - (1 << first) if last > first >= 0 else 0


def wall_half_hours_touched(start: int, end: int) -> int:
    """The half-hours of a wall clock of which `[start, end)` takes a part, in minutes since midnight."""
    return (1 << -(-end // HALF_HOUR)) - (1 << start // HALF_HOUR)


@dataclass(frozen=True, eq=False, slots=True)
class Calendar:
    """A stretch of local days. Made by `calendar_of`, which keeps the last few: it depends on nothing but
    dates.
    """

    first_day: date
    origin: int
    """The first local midnight, in minutes since 1970."""
    offsets: tuple[int, ...]
    """Where each day begins, in half-hours, and where the last one ends."""
    moments: tuple[datetime, ...]
    """When each half-hour begins, UTC."""
    places: tuple[int, ...]
    """By weekday: a bit at the midnight of each of its days of 24 hours. Times a day's bits, it lays them
    on each.
    """
    edges: tuple[int, ...]
    """`1 << n` for each half-hour, ready made: a stretch is the difference of two."""
    changed: tuple[tuple[int, int, tuple[int, ...]], ...]
    """Days on which the clocks change: number, weekday, and the wall half-hour that each of its half-hours
    shows.
    """

    @property
    def days(self) -> int:
        return len(self.offsets) - 1

    @property
    def size(self) -> int:
        return self.offsets[-1]

    def index(self, moment: datetime) -> int:
        """The half-hour in which a moment falls; it may lie outside."""
        return (epoch_minutes(moment) - self.origin) // HALF_HOUR

    def day_number(self, day: date) -> int:
        return (day - self.first_day).days

    def number_of(self, day: int) -> int | None:
        """The number of a date, given as days since 1970; None when it lies outside."""
        number = day + EPOCH_ORDINAL - self.first_day.toordinal()
        return number if 0 <= number < self.days else None

    def days_mask(self, first: int, last: int) -> int:
        """All half-hours from day number `first` to `last`, both included."""
        return (1 << self.offsets[last + 1]) - (1 << self.offsets[first])

    def touched(self, start: int, end: int) -> int:
        """The half-hours of which `[start, end)`, in minutes since 1970, takes a part."""
        first = max((start - self.origin) // HALF_HOUR, 0)
        last = min(-((self.origin - end) // HALF_HOUR), self.size)
        return (1 << last) - (1 << first) if last > first else 0

    def on_day(self, number: int, wall: int) -> int:
        """Lay half-hours of the wall clock on one day."""
        for changed, _weekday, shown in self.changed:
            if changed == number:
                return _as_shown(wall, shown) << self.offsets[number]
        return wall << self.offsets[number]

    def every_week(self, week: list[int]) -> int:
        """Lay the wall clock's half-hours of each weekday (Monday first) on every one of its days."""
        bits = 0
        for place, wall in zip(self.places, week, strict=True):
            if wall:
                bits |= wall * place
        for number, weekday, shown in self.changed:
            bits |= _as_shown(week[weekday], shown) << self.offsets[number]
        return bits


def _as_shown(wall: int, shown: tuple[int, ...]) -> int:
    return sum(1 << position for position, half_hour in enumerate(shown) if wall >> half_hour & 1)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return epoch_minutes(datetime(day.year, day.month, day.day, tzinfo=zone))


@lru_cache(maxsize=32)
def _calendar(first_day: date, days: int, zone: ZoneInfo) -> Calendar:
    midnights = [_midnight(first_day + timedelta(days=n), zone) for n in range(days + 1)]
    origin = midnights[0]
    offsets = tuple((midnight - origin) // HALF_HOUR for midnight in midnights)
    first_moment = datetime.fromtimestamp(origin * 60, UTC)
    moments = tuple(first_moment + timedelta(minutes=HALF_HOUR * n) for n in range(offsets[-1]))
    places = [0] * 7
    changed = []
    for number in range(days):
        weekday = (first_day + timedelta(days=number)).weekday()
        if offsets[number + 1] - offsets[number] == HALF_HOURS_A_DAY:
            places[weekday] |= 1 << offsets[number]
        else:
            walls = (moment.astimezone(zone) for moment in moments[offsets[number] : offsets[number + 1]])
            shown = tuple((wall.hour * 60 + wall.minute) // HALF_HOUR for wall in walls)
            changed.append((number, weekday, shown))
    edges = tuple(1 << n for n in range(offsets[-1] + 1))
    return Calendar(first_day, origin, offsets, moments, tuple(places), edges, tuple(changed))


def calendar_of(first_day: date, last_day: date) -> Calendar:
    """The local days from `first_day` to `last_day`, both included."""
    zone = timezone.get_default_timezone()
    assert isinstance(zone, ZoneInfo)  # noqa: S101
    return _calendar(first_day, (last_day - first_day).days + 1, zone)
