"""Calendar days and clocks at the place of care. Nothing here reads a clock.

What the clocks of a place show is made into an instant here and nowhere else: a sum with a local time
is off by an hour on two days of the year. Instants are UTC; differences are taken between them.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PLAUSIBLE_YEARS = range(1900, 2200)  # days outside are mistyped
CLOCK_ERROR = timedelta(days=1)  # a device's clock may be ahead, but not by more


def local_day(instant: datetime, time_zone: str) -> date:
    """On which calendar day did `instant` fall, at a place with this time zone?"""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def instant(day: date, at: time, time_zone: str) -> datetime:
    """When the clocks of a place show this. What they show twice is the first time; what they jump
    over is the moment of the jump."""
    zone = ZoneInfo(time_zone)
    local = datetime.combine(day, at.replace(tzinfo=None, fold=0), zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    return _jump(local.replace(fold=1, microsecond=0).astimezone(UTC), found, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second between the two from which on the clocks differ from UTC as they do after."""
    offset = after.astimezone(zone).utcoffset()
    seconds = range(int((after - before).total_seconds()) + 1)
    return before + timedelta(
        seconds=bisect_left(
            seconds,
            True,
            key=lambda n: (before + timedelta(seconds=n)).astimezone(zone).utcoffset() == offset,
        )
    )


def day_span(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """The day from its 0:00 to its 24:00: 23 to 25 hours, and none where the clocks jump over it."""
    return instant(day, time(), time_zone), end_of_day(day, time_zone)


def end_of_day(day: date, time_zone: str) -> datetime:
    """The instant 24:00 of `day`: the full stop of the day's report."""
    return instant(day + timedelta(days=1), time(), time_zone)


def clock_span(day: date, begins: time, ends: time, time_zone: str) -> tuple[datetime, datetime]:
    """From one time of the clock to the next time that it shows the other: 18:00 to 00:00 ends at the
    day's 24:00, and 22:00 to 02:00 on the day after."""
    last = day if ends > begins else day + timedelta(days=1)
    return instant(day, begins, time_zone), instant(last, ends, time_zone)


def days_later(moment: datetime, days: int, time_zone: str) -> datetime:
    """At the same time of the clock, so many days later."""
    local = moment.astimezone(ZoneInfo(time_zone))
    return instant(local.date() + timedelta(days=days), local.time(), time_zone)


def noon(day: date, time_zone: str) -> datetime:
    """An instant that stands for `day` when a source gives no time of day."""
    return instant(day, time(12), time_zone)


def age_on(born: date, day: date) -> int:
    """Completed years of age; someone born on 29 February turns a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def born_by(day: date, years: int) -> date:
    """The last birthday of those who are at least `years` old on `day`."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def days_between(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
