"""The standby list of a site's day: who waits, who is offered a place."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db.models import (
    Exists,
    OuterRef,
    Q,
    Sum,
)

from balmis.contexts.booking.models import LIVE, Booking, Pool, Session, Standby
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.people.models import Person
from balmis.contexts.places.models import Site
from balmis.core.vocabulary.booking import BookingStatus, PoolKind, SessionStatus, StandbyStatus

ACTIVE = (StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value)


def standby_choices(
    campaign_id: int, first: date, last: date
) -> list[tuple[str, dict[str, str], date]]:
    """Sites and days with sessions for which one may wait."""
    found = Session.objects.filter(
        campaign_id=campaign_id, on__gte=first, on__lte=last, status=SessionStatus.PUBLISHED.value
    )
    rows = (
        found.values_list("site__code", "site__names", "on").order_by("on", "site__code").distinct()
    )
    return [(code, names, on) for code, names, on in rows]


def standbys_of(person_id: int, campaign_id: int) -> list[Standby]:
    found = Standby.objects.filter(person_id=person_id, campaign_id=campaign_id, status__in=ACTIVE)
    return list(found.select_related("site", "offer").order_by("on", "pk"))


def before_on_standby(entry: Standby) -> tuple[int, int]:
    """How many of the list come before the entry; how many of them by their group."""
    found = Standby.objects.filter(
        campaign_id=entry.campaign_id,
        site_id=entry.site_id,
        on=entry.on,
        status=StandbyStatus.WAITING.value,
    )
    earlier = found.filter(rank__lt=entry.rank).count()
    same = found.filter(rank=entry.rank).filter(
        Q(joined_at__lt=entry.joined_at) | Q(joined_at=entry.joined_at, pk__lt=entry.pk)
    )
    return earlier + same.count(), earlier


def waiting_for(campaign_id: int, site_id: int, on: date, product: str) -> int:
    """How many wait for the site's day and may have the vaccine."""
    found = Standby.objects.filter(
        campaign=campaign_id, site=site_id, on=on, status=StandbyStatus.WAITING.value
    )
    return found.filter(products__contains=[product]).count()


def waiting_by_product(campaign_id: int, site_id: int, on: date) -> dict[str, int]:
    """For each vaccine, how many wait for the site's day who may have it."""
    found: dict[str, int] = {}
    waiting = Standby.objects.filter(
        campaign=campaign_id, site=site_id, on=on, status=StandbyStatus.WAITING.value
    )
    for products in waiting.values_list("products", flat=True):
        for code in products:
            found[code] = found.get(code, 0) + 1
    return found


def leftover_claims(
    campaign_id: int, site_id: int, on: date, product: str, *, now: datetime
) -> int:
    """Doses left in open vials that somebody was offered, or that wait to be offered anew: those whose
    time has not come."""
    pools = Pool.objects.filter(
        slot__session__campaign=campaign_id,
        slot__session__site=site_id,
        slot__session__on=on,
        kind=PoolKind.LEFTOVER.value,
        unit=product,
        slot__starts_at__gt=now,
    )
    given = Booking.objects.filter(pool__in=pools, status=BookingStatus.KEPT.value).count()
    return (pools.aggregate(n=Sum("capacity"))["n"] or 0) - given


def standby_days() -> list[tuple[int, str, date]]:
    """Campaign, site and day of every list in which somebody waits."""
    found = Standby.objects.filter(status=StandbyStatus.WAITING.value)
    return list(found.values_list("campaign_id", "site__code", "on").distinct().order_by("on"))


def join_standby(
    campaign: Campaign,
    person: Person,
    *,
    number: int,
    site: Site,
    on: date,
    products: Sequence[str],
    rank: int,
    now: datetime,
) -> Standby:
    """Into the list, once; who is in it already keeps their place."""
    entry, _ = Standby.objects.get_or_create(
        campaign=campaign,
        person=person,
        site=site,
        on=on,
        status__in=[StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value],
        defaults={
            "number": number,
            "rank": rank,
            "joined_at": now,
            "products": list(products),
            "status": StandbyStatus.WAITING.value,
        },
    )
    return entry


def lock_standby(entry_id: int, person_id: int) -> Standby | None:
    """The person's own entry, locked, if it still waits or has an offer."""
    found = Standby.objects.select_for_update(of=("self",)).select_related("site")
    return found.filter(
        pk=entry_id,
        person_id=person_id,
        status__in=[StandbyStatus.WAITING.value, StandbyStatus.OFFERED.value],
    ).first()


def lock_waiting(campaign_id: int, site_code: str, on: date, *, product: str = "") -> list[Standby]:
    """Those who wait for a site's day (who may have this vaccine), in their order; those another
    transaction serves are passed over."""
    found = Standby.objects.filter(
        campaign_id=campaign_id, site__code=site_code, on=on, status=StandbyStatus.WAITING.value
    )
    if product:
        found = found.filter(products__contains=[product])
    locked = found.select_for_update(of=("self",), skip_locked=True).select_related(
        "person", "site"
    )
    return list(locked.order_by("rank", "joined_at", "pk")[:50])


def note_offer(entry: Standby, offer: Booking, *, now: datetime) -> None:
    Standby.objects.filter(pk=entry.pk).update(
        status=StandbyStatus.OFFERED.value, offer=offer, offered_at=now
    )


def end_standby(entry: Standby, status: StandbyStatus) -> None:
    Standby.objects.filter(pk=entry.pk).update(status=status.value)


def settle_standbys(*, now: datetime, person: int | None = None) -> None:
    """Answered offers are taken or lapsed; lists of days that are past are over. Of everyone, or
    of one person."""
    whose = Q(person=person) if person is not None else Q()
    offered = Standby.objects.filter(whose, status=StandbyStatus.OFFERED.value)
    taken = [BookingStatus.CONFIRMED.value, BookingStatus.KEPT.value, BookingStatus.MOVED.value]
    offered.filter(offer__status__in=taken).update(status=StandbyStatus.TAKEN.value)
    gone = [BookingStatus.EXPIRED.value, BookingStatus.CANCELLED.value]
    offered.filter(offer__status__in=gone).update(status=StandbyStatus.LAPSED.value)
    waiting = Standby.objects.filter(whose, status=StandbyStatus.WAITING.value)
    booked = Booking.objects.filter(
        person=OuterRef("person"),
        campaign=OuterRef("campaign"),
        number=OuterRef("number"),
        status__in=LIVE,
    )
    waiting.filter(Exists(booked)).update(status=StandbyStatus.LEFT.value)
    waiting.filter(on__lt=(now - timedelta(hours=14)).date()).update(
        status=StandbyStatus.OVER.value
    )
