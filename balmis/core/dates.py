"""Calendar days at the place of care. Nothing here reads a clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PLAUSIBLE_YEARS = range(1900, 2200)  # days outside are mistyped
CLOCK_ERROR = timedelta(days=1)  # a device's clock may be ahead, but not by more


def local_day(instant: datetime, time_zone: str) -> date:
    """On which calendar day did `instant` fall, at a place with this time zone?"""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def end_of_day(day: date, time_zone: str) -> datetime:
    """The instant 24:00 of `day`, in UTC: the full stop of the day's report."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone))
    return midnight.astimezone(UTC)


def noon(day: date, time_zone: str) -> datetime:
    """An instant that stands for `day` when a source gives no time of day."""
    return datetime.combine(day, time(12), ZoneInfo(time_zone)).astimezone(UTC)


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
