"""What happened to a booking is told to its person once, in their language.

Bookings carry a mark until they are told (`news`), set by the statement that changed them; so
nothing is told that did not happen, and nothing that happened is forgotten.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from balmis.contexts.booking import bookings
from balmis.contexts.booking.models import Booking, Session
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.notices import services as notices
from balmis.contexts.people import contacts
from balmis.contexts.people.models import Contact
from balmis.core.booking import short_link
from balmis.core.vocabulary.booking import BookingStatus, Channel, EndReason, SessionStatus
from balmis.core.vocabulary.notices import Purpose
from balmis.flows.booking.short_links import link_to


@transaction.atomic(durable=True)
def announce(*, now: datetime, most: int = 500) -> int:
    """Write a notice for each person whose bookings changed; returns how many were written."""
    told: dict[tuple[int, Purpose, object], list[Booking]] = defaultdict(list)
    rows = bookings.take_news(most)
    before = bookings.replaced(rows)
    for row in rows:
        if purpose := _purpose(row, before):
            told[row.person_id, purpose, row.party or row.pk].append(row)
    return sum(
        _write(purpose, sorted(found, key=lambda b: b.number), now, before)
        for (_, purpose, _), found in told.items()
    )


def _purpose(row: Booking, before: dict[int, Booking]) -> Purpose | None:
    if row.status == BookingStatus.CONFIRMED:
        if row.channel == Channel.REPLACEMENT:
            return Purpose.MOVED
        return Purpose.CHANGED if row.pk in before else Purpose.BOOKED
    if row.status != BookingStatus.CANCELLED:
        return None
    site = row.why_ended == EndReason.SITE_CHANGED
    return Purpose.SITE_CANCELLED if site else Purpose.CANCELLED


def _write(
    purpose: Purpose, rows: list[Booking], now: datetime, before: dict[int, Booking] | None = None
) -> bool:
    """One notice for bookings that were made or ended together."""
    contact = contacts.contact(rows[0].person_id)
    if contact is None:  # has a printed card, or is called
        return False
    key = f"{purpose.value}:{'+'.join(str(b.pk) for b in rows)}"
    again = short_link.BOOK if purpose is Purpose.CANCELLED else short_link.MINE
    facts = facts_of(rows, again) | _whose(contact) | _was(purpose, rows, before or {})
    return notices.write(
        key[:80],
        rows[0].person,
        purpose,
        notices.address_of(contact),
        facts,
        now=now,
        zone=rows[0].campaign.time_zone,
        wanted=contact.tell,
    )


def facts_of(rows: Iterable[Booking], link: str = short_link.MINE) -> dict[str, Any]:
    """What the texts fill in; times stay instants until they are written in a language."""
    rows = list(rows)
    site = rows[0].pool.slot.session.site
    return facts_from(rows[0].campaign) | {
        "bookings": [b.pk for b in rows],
        "name": rows[0].person.name,
        "times": [b.pool.slot.starts_at.isoformat() for b in rows],
        "zone": site.time_zone,
        "names": site.names,
        "address": site.address,
        "link": link_to(link, rows[0].campaign),
    }


def facts_from(campaign: Campaign) -> dict[str, Any]:
    """Who writes: the sender that the campaign's file names, and the campaign's title."""
    plan = campaigns.latest_plan(campaign.pk)
    return {"sender": plan.sender or {}, "campaign": plan.title}


def _whose(contact: Contact) -> dict[str, Any]:
    return {"shared": contacts.is_shared(contact)}


def _was(purpose: Purpose, rows: list[Booking], before: dict[int, Booking]) -> dict[str, Any]:
    """Time and place of before, and why the site changed, as far as the session tells."""
    old = [before[row.pk] for row in rows if row.pk in before]
    found: dict[str, Any] = {}
    if old:
        session = old[0].pool.slot.session
        found = {
            "old_times": [b.pool.slot.starts_at.isoformat() for b in old],
            "old_zone": session.site.time_zone,
            "old_names": session.site.names,
        }
    if purpose in (Purpose.MOVED, Purpose.SITE_CANCELLED):
        session = (old or rows)[0].pool.slot.session
        found["why"] = _why(session)
    return found


def _why(session: Session) -> str:
    if session.status == SessionStatus.CANCELLED:
        return "cancelled"
    return "held" if session.frozen else "smaller"


@transaction.atomic(durable=True)
def remind(*, now: datetime) -> int:
    """Remind of what is near enough by each campaign's policy; each once."""
    return sum(_remind(campaign, now) for campaign in campaigns.campaigns())


def _remind(campaign: Campaign, now: datetime) -> int:
    policy = campaigns.policy_of(campaign.pk).booking
    first, last = now + policy.reminder_too_late, now + policy.reminder
    found = bookings.confirmed_between(campaign.pk, first, last)
    return sum(_write(Purpose.REMINDER, [row], now) for row in found)


def local_times(facts: dict[str, Any], which: str = "") -> list[datetime]:
    """The appointments in the site's own time; with "old_" those that they took the place of."""
    zone = ZoneInfo(facts[f"{which}zone"])
    return [datetime.fromisoformat(t).astimezone(zone) for t in facts[f"{which}times"]]
