"""What happened to a booking is told to its person once, in their language.

Bookings carry a mark until they are told (`news`), set by the statement that changed them; so
nothing is told that did not happen, and nothing that happened is forgotten.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from balmis.contexts.booking import bookings
from balmis.contexts.booking.models import Booking
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.notices import services as notices
from balmis.contexts.people import contacts
from balmis.core.vocabulary.booking import BookingStatus, Channel, EndReason
from balmis.core.vocabulary.notices import Purpose


@transaction.atomic(durable=True)
def announce(*, now: datetime, most: int = 500) -> int:
    """Write a notice for each person whose bookings changed; returns how many were written."""
    told: dict[tuple[int, Purpose, object], list[Booking]] = defaultdict(list)
    rows = bookings.take_news(most)
    changed = bookings.moved_by_person([row.pk for row in rows])
    for row in rows:
        if purpose := _purpose(row, changed):
            told[row.person_id, purpose, row.party or row.pk].append(row)
    return sum(
        _write(purpose, sorted(found, key=lambda b: b.number), now)
        for (_, purpose, _), found in told.items()
    )


def _purpose(row: Booking, changed: set[int]) -> Purpose | None:
    if row.status == BookingStatus.CONFIRMED:
        if row.channel == Channel.REPLACEMENT:
            return Purpose.MOVED
        return Purpose.CHANGED if row.pk in changed else Purpose.BOOKED
    if row.status != BookingStatus.CANCELLED:
        return None
    site = row.why_ended == EndReason.SITE_CHANGED
    return Purpose.SITE_CANCELLED if site else Purpose.CANCELLED


def _write(purpose: Purpose, rows: list[Booking], now: datetime) -> bool:
    """One notice for bookings that were made or ended together."""
    contact = contacts.contact(rows[0].person_id)
    if contact is None:  # has a printed card, or is called
        return False
    key = f"{purpose.value}:{'+'.join(str(b.pk) for b in rows)}"
    return notices.write(
        key[:80],
        rows[0].person,
        purpose,
        notices.address_of(contact),
        facts_of(rows),
        now=now,
        zone=rows[0].campaign.time_zone,
        wanted=contact.tell,
    )


def facts_of(rows: Iterable[Booking]) -> dict[str, Any]:
    """What the texts fill in; times stay instants until they are written in a language."""
    rows = list(rows)
    site = rows[0].pool.slot.session.site
    return {
        "bookings": [b.pk for b in rows],
        "name": rows[0].person.name,
        "times": [b.pool.slot.starts_at.isoformat() for b in rows],
        "zone": site.time_zone,
        "names": site.names,
        "address": site.address,
        "link": f"{settings.PUBLIC_URL}/c/{rows[0].campaign.slug}/my/",
    }


@transaction.atomic(durable=True)
def remind(*, now: datetime) -> int:
    """Remind of what is near enough by each campaign's policy; each once."""
    return sum(_remind(campaign, now) for campaign in campaigns.campaigns())


def _remind(campaign: Campaign, now: datetime) -> int:
    policy = campaigns.policy_of(campaign.pk).booking
    first, last = now + policy.reminder_too_late, now + policy.reminder
    found = bookings.confirmed_between(campaign.pk, first, last)
    return sum(_write(Purpose.REMINDER, [row], now) for row in found)


def local_times(facts: dict[str, Any]) -> list[datetime]:
    """The appointments in the site's own time."""
    zone = ZoneInfo(facts["zone"])
    return [datetime.fromisoformat(t).astimezone(zone) for t in facts["times"]]
