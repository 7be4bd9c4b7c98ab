"""Openings: when booking opens, and who waits for it in which order."""

from datetime import datetime
from typing import Any

from django.db.models import (
    Count,
    F,
    Sum,
)
from django.db.models.functions import Least

from balmis.contexts.booking.models import Pool, Ticket
from balmis.contexts.booking.models import Rush as RushRow
from balmis.contexts.campaigns.models import Campaign
from balmis.core.booking.waiting_room import TimedOpening
from balmis.core.errors import Refusal
from balmis.core.vocabulary.booking import PoolKind, SessionStatus
from balmis.core.vocabulary.reasons import Refused


def rush_at(campaign_id: int, now: datetime) -> TimedOpening | None:
    """The waiting room that people may join or are held by."""
    found = RushRow.objects.filter(campaign_id=campaign_id, doors_at__lte=now, closes_at__gt=now)
    row = found.order_by("-opens_at").first()
    return rush_of(row) if row else None


def rush_of(row: RushRow) -> TimedOpening:
    return TimedOpening(
        key=row.pk,
        campaign=row.campaign_id,
        doors_at=row.doors_at,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        per_minute=row.per_minute,
        early=row.early,
        wave_minutes=row.wave_minutes,
        first_digit=row.first_digit,
        seed=bytes(row.seed),
    )


def rush_rows(campaign_id: int) -> list[RushRow]:
    """All openings with `joined`, how many have a ticket; the next first."""
    found = RushRow.objects.filter(campaign_id=campaign_id).order_by("-opens_at")
    return list(found.annotate(joined=Count("ticket")))


def rush_row(rush_id: int, campaign_id: int) -> RushRow:
    """Raises Refusal(NOT_KNOWN)."""
    found = RushRow.objects.filter(pk=rush_id, campaign_id=campaign_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="opening", key=rush_id)
    return found


def ticket_of(rush_id: int, person_id: int) -> tuple[datetime | None] | None:
    """The turn given to a person who came late; None: they have not joined."""
    return Ticket.objects.filter(rush=rush_id, person=person_id).values_list("turn_at").first()


def places_opening(campaign_id: int, first: datetime, last: datetime) -> int:
    """Places whose booking opens in this span."""
    found = Pool.objects.filter(
        slot__session__campaign_id=campaign_id,
        opens_at__gte=first,
        opens_at__lt=last,
        slot__session__status=SessionStatus.PUBLISHED.value,
    ).exclude(kind__in=[PoolKind.WALK_IN.value, PoolKind.LEFTOVER.value])
    return found.aggregate(n=Sum(F("capacity")))["n"] or 0


def keep_rush(
    campaign: Campaign,
    *,
    doors_at: datetime,
    opens_at: datetime,
    closes_at: datetime,
    **fields: Any,
) -> RushRow | None:
    """A waiting room; None when another one of the campaign overlaps it."""
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    other = RushRow.objects.filter(
        campaign=campaign, doors_at__lt=closes_at, closes_at__gt=doors_at
    )
    if other.exists():
        return None
    return RushRow.objects.create(
        campaign=campaign, doors_at=doors_at, opens_at=opens_at, closes_at=closes_at, **fields
    )


def end_rush(rush: RushRow, *, now: datetime) -> None:
    """Over by now; one whose doors are still shut leaves no trace of a time."""
    end = max(now, rush.doors_at)
    RushRow.objects.filter(pk=rush.pk, closes_at__gt=end).update(
        closes_at=end, opens_at=Least(F("opens_at"), end)
    )
