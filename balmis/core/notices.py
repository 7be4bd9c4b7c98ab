"""What is written to people, and when it may be.

English here; the other languages stand in the message catalogues. A text message is one or
two parts long: what, when, where, what to do. No health detail beyond the appointment.
"""

from datetime import datetime, time, timedelta

from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.notices import Purpose

QUIET_FROM, QUIET_TO = time(21), time(8)  # local; nothing unasked is sent in between

SUBJECTS: dict[Purpose, str] = {
    Purpose.CODE: gettext_noop("Your code"),
    Purpose.BOOKED: gettext_noop("Your vaccination appointment"),
    Purpose.MOVED: gettext_noop("Your vaccination appointment has changed"),
    Purpose.CHANGED: gettext_noop("Your vaccination appointment has changed"),
    Purpose.CANCELLED: gettext_noop("Your vaccination appointment is cancelled"),
    Purpose.SITE_CANCELLED: gettext_noop("Your vaccination appointment is cancelled"),
    Purpose.REMINDER: gettext_noop("Your vaccination appointment is near"),
    Purpose.INVITATION: gettext_noop("You can be vaccinated"),
    Purpose.OFFER: gettext_noop("A place is free for you"),
    Purpose.REGISTERED: gettext_noop("You are registered"),
    Purpose.DIARY: gettext_noop("How are you after your vaccination?"),
}
TEXTS: dict[Purpose, str] = {
    Purpose.CODE: gettext_noop(
        "Your vaccination booking code is {code}. It is valid for 10 minutes. "
        "Give it to nobody who asks for it."
    ),
    Purpose.BOOKED: gettext_noop(
        "Booked for {name}: {when}, {site}, {address}. Bring an identity document. "
        "To change or cancel: {link}"
    ),
    Purpose.CHANGED: gettext_noop(
        "Changed for {name}: now {when}, {site}, {address}; the earlier time is given back. "
        "To change or cancel: {link}"
    ),
    Purpose.MOVED: gettext_noop(
        "The site had to change your appointment. It is now: {when}, {site}, {address}. "
        "If this does not suit you: {link}"
    ),
    Purpose.CANCELLED: gettext_noop(
        "Your appointment on {when} is cancelled. To book again: {link}"
    ),
    Purpose.SITE_CANCELLED: gettext_noop(
        "We are sorry: your appointment on {when} cannot take place, and no other place was free in "
        "the week after it. Please choose another time: {link}"
    ),
    Purpose.REMINDER: gettext_noop(
        "Reminder: {when}, {site}, {address}. Not well, or not able to come? Change it here: {link}"
    ),
    Purpose.INVITATION: gettext_noop(
        "{campaign}: you can book your vaccination now: {link} To get no such messages: {stop}"
    ),
    Purpose.OFFER: gettext_noop(
        "A place is free for you: {when}, {site}. Answer by {until}: {link}"
    ),
    Purpose.REGISTERED: gettext_noop(
        "{name}, you are registered for vaccination. Book your appointment: {link}"
    ),
    Purpose.DIARY: gettext_noop(
        "How are you after your vaccination? Please answer three questions: {link} "
        "In an emergency call the ambulance. To get no such messages: {stop}"
    ),
}


def is_quiet(local: datetime) -> bool:
    return not QUIET_TO <= local.time() < QUIET_FROM


def send_at(purpose: Purpose, now: datetime) -> datetime:
    """When it may be sent; `now` in the person's time zone. Unasked, not in the night."""
    if purpose.asked_for:
        return now
    if not is_quiet(now):
        return now
    morning = datetime.combine(now.date(), QUIET_TO, now.tzinfo)
    return morning if now.time() < QUIET_TO else morning + timedelta(days=1)


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
