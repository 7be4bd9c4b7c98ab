"""An appointment as an iCalendar file (RFC 5545)."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import get_language, gettext
from icalendar import Alarm, Calendar, Event


def calendar_file(booking: Any, *, now: datetime) -> bytes:
    """One event, with a reminder the day before. The diagnosis-free title is on purpose."""
    slot, session = booking.pool.slot, booking.pool.slot.session
    event = Event()
    event.add("uid", f"booking-{booking.request_id}@balmis")
    event.add("dtstamp", now)
    event.add("dtstart", slot.starts_at)
    event.add("dtend", slot.starts_at + timedelta(minutes=session.slot_minutes + 45))
    event.add("summary", gettext("Appointment"))
    event.add("location", f"{in_language(session.site.names)}, {session.site.address}".strip(", "))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", gettext("Appointment"))
    alarm.add("trigger", timedelta(days=-1))
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//Balmis//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def in_language(names: dict[str, str]) -> str:
    """The name in the active language, else in English, else whichever there is."""
    return names.get(get_language() or "en") or names.get("en") or next(iter(names.values()), "")
