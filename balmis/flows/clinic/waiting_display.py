"""Whose turn is it? Numbers and rooms for the screen of a waiting room; it shows no name.

A screen is opened by somebody who then goes away: it asks with a key of its own, which shows this and nothing
else, and ends with the day's work.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from msgspec import Struct

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.clinic import visits
from balmis.core.actor import Actor
from balmis.core.booking.signed_text import Seal, key_of
from balmis.core.dates import local_day
from balmis.core.vocabulary.clinic import VisitStatus
from balmis.flows.clinic.visit_steps import at_desk

MOST = 8
LASTS = timedelta(hours=16)  # from opening the screen to its end: the longest day of a site


class ScreenKey(Struct, frozen=True, array_like=True):
    """What the key of a screen says."""

    slug: str
    site: str
    until: int  # seconds since 1970


_screens = Seal(ScreenKey, b"balmis.screen.1")


def _key() -> bytes:
    return key_of(settings.SECRET_KEY, "waiting screen")


IN_LINE = (VisitStatus.WAITING, VisitStatus.TO_DOCTOR, VisitStatus.SCREENED, VisitStatus.CONSENTED)


@dataclass(frozen=True, slots=True)
class CalledNumber:
    number: int
    room: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Calls:
    as_of: datetime
    calls: tuple[CalledNumber, ...]  # the last first; each number once
    waiting: int  # people checked in who have had no dose


def calls_now(slug: str, site_code: str, *, actor: Actor, now: datetime) -> Calls:
    """Raises NotAllowed, Refusal(NOT_KNOWN)."""
    campaign, site = at_desk(slug, site_code, actor)
    on = local_day(now, site.time_zone)
    found: dict[int, CalledNumber] = {}
    shown = timedelta(minutes=campaigns.policy_of(campaign.pk).clinic.call_minutes)
    for step in visits.calls_since(campaign.pk, site.pk, on, now - shown):
        number = step.visit.number
        if number not in found and VisitStatus(step.visit.status).is_inside:
            found[number] = CalledNumber(number, str(step.facts.get("room", "")), step.recorded_at)
    counts = visits.waiting_by_status(campaign.pk, site.pk, on)
    waiting = sum(counts.get(s.value, 0) for s in IN_LINE)
    return Calls(now, tuple(found.values())[:MOST], waiting)


def key_of_screen(slug: str, site_code: str, *, actor: Actor, now: datetime) -> str:
    """For the address from which a screen asks. Raises NotAllowed, Refusal(NOT_KNOWN)."""
    at_desk(slug, site_code, actor)
    return _screens.write(ScreenKey(slug, site_code, int((now + LASTS).timestamp())), _key())


def calls_of_screen(key: str, *, now: datetime) -> Calls | None:
    """The same for a screen; None when its time is over, or the key is none of ours."""
    found = _screens.read(key, _key())
    if found is None or found.until < now.timestamp():
        return None
    return calls_now(found.slug, found.site, actor=Actor.system("screen"), now=now)
