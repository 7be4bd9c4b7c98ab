"""Send the notices that are due: by text message through a gateway, by mail, or onto the console.

A notice is claimed in a transaction, sent outside of any, and noted in another: no transaction
waits for a network. Delivery is at least once; the gateway gets the notice's key and may drop
what it has had.
"""

import logging
import smtplib
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.formats import date_format
from django.utils.translation import gettext, override, pgettext

from balmis.contexts.booking import bookings
from balmis.contexts.notices import services as notices
from balmis.contexts.notices.models import Notice
from balmis.contexts.people import queries as people
from balmis.core.errors import Refusal
from balmis.core.notices import masked
from balmis.core.notices.account_texts import compose_account
from balmis.core.notices.texts import MOST_PARTS, REASONS, SUBJECTS, compose
from balmis.core.vocabulary.notices import Medium, Purpose
from balmis.flows.booking.calendar_file import calendar_file, in_language
from balmis.flows.booking.notices import local_times

log = logging.getLogger("balmis.notices")

ROUND = timedelta(seconds=20)
SECONDS = 20.0  # a gateway that says nothing for so long has failed
DATED = (Purpose.BOOKED, Purpose.CHANGED, Purpose.MOVED)


class NotSetUp(Exception):
    """No gateway or mail server is named for the medium."""


def deliver(medium: Medium, *, clock: Callable[[], datetime], most: int = 10) -> int:
    """Send what is due of a medium, codes first, until nothing is or the round is over; how many were
    sent. Each medium has a line of its own. When whoever carries it is away, the rest waits."""
    sent, end = 0, clock() + ROUND
    if gone := notices.give_up_late(medium, now=clock()):
        log.error("notices were given up", extra={"job": f"{medium.value}: {gone}"})
    while clock() < end and (claimed := notices.claim(medium, now=clock(), most=most)):
        for place, notice in enumerate(claimed, 1):
            outcome = _try(notice, clock)
            sent += outcome is Outcome.SENT
            if outcome is Outcome.OUTAGE:
                notices.let_go(claimed[place:], now=clock())
                return sent
    return sent


class Outcome(Enum):
    SENT = "sent"
    REFUSED = "refused"  # this one; others may go
    OUTAGE = "outage"  # nobody carries anything now


def _try(notice: Notice, clock: Callable[[], datetime]) -> Outcome:
    try:
        _send(notice, clock())
    except Exception as error:  # whatever a gateway does, the next notice is sent
        outage = _is_outage(error)
        log.warning("a notice was not sent", extra={"job": notice.key, "error": str(error)})
        told, passes = f"{type(error).__name__}: {error}", outage or _is_put_off(error)
        notices.note_failed(notice, told, passes=passes, now=clock())
        return Outcome.OUTAGE if outage else Outcome.REFUSED
    notices.note_sent(notice, now=clock())
    return Outcome.SENT


def _is_outage(error: Exception) -> bool:
    """Would any other notice have failed as well?"""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return status >= 500 or status in (401, 408, 429)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code in (421, 452, 530, 535)  # no service, no room, no right
    return isinstance(error, httpx.TransportError | OSError | NotSetUp)


def _is_put_off(error: Exception) -> bool:
    """Is it this notice's turn later? A mail server that greylists says so; a gateway that forbids or
    does not know the address of its own service is mended by people."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in (403, 404)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(400 <= code < 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and 400 <= error.smtp_code < 500


def _send(notice: Notice, now: datetime) -> None:
    with override(notice.language):
        most = MOST_PARTS if notice.medium == Medium.SMS else 0
        text, subject = text_of(notice, most=most), gettext(SUBJECTS[Purpose(notice.purpose)])
        if notice.medium == Medium.SMS and settings.SMS_URL:
            _by_gateway(notice, text)
        elif notice.medium == Medium.EMAIL and settings.EMAIL_HOST:
            _by_mail(notice, subject, text, now)
        else:
            _on_console(notice, text)


def text_of(notice: Notice, *, most: int = MOST_PARTS) -> str:
    """The message in the active language, in at most so many parts of a text message; 0: as long as it
    is."""
    if notice.purpose == Purpose.ACCOUNT:
        return _of_account(notice.facts)
    facts = {k: v for k, v in notice.facts.items() if isinstance(v, str)}
    for which in ("", "old_"):
        if f"{which}times" in notice.facts:
            moments, when = local_times(notice.facts, which), "old" if which else "when"
            facts[when] = _moments(moments, gettext("D j M, H:i"))
            facts[f"{when}_short"] = _moments(moments, gettext("j M H:i"))
            facts[f"{which}site"] = in_language(notice.facts[f"{which}names"])
    for whose in ("sender", "campaign"):
        facts[whose] = in_language(notice.facts.get(whose) or {})
    if notice.facts.get("shared"):
        facts["shared"] = "yes"
    if "until" in facts:
        zone = local_times(notice.facts)[0].tzinfo
        facts["until"] = f"{datetime.fromisoformat(facts['until']).astimezone(zone):%H:%M}"
    if "why" in facts:
        facts["reason"] = gettext(REASONS[facts["why"]])
    return compose(Purpose(notice.purpose), facts, gettext, most=most)


def _of_account(facts: dict[str, str]) -> str:
    at = datetime.fromisoformat(facts["at"]).astimezone(ZoneInfo(facts["zone"]))
    when = date_format(at, gettext("D j M, H:i"))
    return compose_account(facts | {"when": when}, gettext)


def _moments(times: list[datetime], written: str) -> str:
    """Without the year: it is never far."""
    return pgettext("between times", "; ").join(date_format(t, written) for t in times)


def _by_gateway(notice: Notice, text: str) -> None:
    """One POST of JSON; any 2xx means the gateway has it."""
    answer = httpx.post(
        settings.SMS_URL,
        json={"id": notice.key, "to": notice.address, "text": text},
        headers={"Authorization": f"Bearer {settings.SMS_TOKEN}", "Idempotency-Key": notice.key},
        timeout=SECONDS,
        trust_env=False,
    )
    answer.raise_for_status()


def _by_mail(notice: Notice, subject: str, text: str, now: datetime) -> None:
    headers = {"Message-ID": f"<{notice.key}@balmis>"}
    if notice.purpose == Purpose.INVITATION:  # there it takes one press
        headers["List-Unsubscribe"] = f"<{notice.facts['link']}>"
    message = EmailMessage(
        subject, text, settings.DEFAULT_FROM_EMAIL, [notice.address], headers=headers
    )
    if Purpose(notice.purpose) in DATED:
        for number, content in enumerate(_calendars(notice.facts, now), 1):
            message.attach(f"appointment-{number}.ics", content, "text/calendar")
    message.send()


def _calendars(facts: dict[str, Any], now: datetime) -> list[str]:
    found = []
    for key in facts.get("bookings", []):
        try:
            found.append(calendar_file(bookings.booking(key), now=now).decode())
        except Refusal:
            continue
    return found


def _on_console(notice: Notice, text: str) -> None:
    """Among synthetic residents, as in the demo, whoever runs the program sees it. What would go to a
    real person is not printed into a log. Raises NotSetUp."""
    if people.any_real():
        raise NotSetUp(f"nothing is set up to send by {notice.medium}")
    sys.stderr.write(f"[message to {masked(notice.address)}] {text}\n")
