"""When people are written to, what is written, and how long it is."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from balmis.core.dates import instant
from balmis.core.vocabulary.notices import Purpose

QUIET_FROM, QUIET_TO = time(21), time(8)  # local; nothing unasked is sent in between


def is_quiet(local: datetime) -> bool:
    return not QUIET_TO <= local.time() < QUIET_FROM


def send_at(purpose: Purpose, now: datetime, time_zone: str) -> datetime:
    """When it may be sent to somebody in this time zone. Unasked, not in the night."""
    local = now.astimezone(ZoneInfo(time_zone))
    if purpose.asked_for or not is_quiet(local):
        return now
    day = local.date() if local.time() < QUIET_TO else local.date() + timedelta(days=1)
    return instant(day, QUIET_TO, time_zone)


def masked(address: str) -> str:
    """As much of an address as its owner knows it by: '…4321', 'a…@example.org'."""
    if "@" in address:
        name, _, host = address.partition("@")
        return f"{name[:1]}…@{host}"
    return f"…{address[-4:]}"


LASTING = timedelta(days=3)
PATIENCE = {
    Purpose.CODE: timedelta(minutes=10),
    Purpose.OFFER: timedelta(minutes=30),
    Purpose.REMINDER: timedelta(hours=24),
}


def patience(purpose: Purpose) -> timedelta:
    """For how long it is worth telling, when whoever carries it is away."""
    return PATIENCE.get(purpose, LASTING)
