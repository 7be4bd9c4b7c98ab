"""Holds on lots, at a site or in an area: placed, asked about, released."""

from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Q

from balmis.contexts.journal import locks
from balmis.contexts.journal.requests import check_same
from balmis.contexts.journal.rows import rows_of
from balmis.contexts.places.models import Area, Site
from balmis.contexts.places.queries import codes_around
from balmis.contexts.supply.models import Lot, LotHold
from balmis.core.actor import Actor
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused


def place(
    request_id: UUID,
    lot: Lot,
    where: Site | Area,
    reason: str,
    *,
    cause: str = "",
    soft: bool = False,
    actor: Actor,
    now: datetime,
) -> tuple[LotHold, bool]:
    """The hold, and whether it is new; one that stands for the same cause is given back."""
    site, area = (where, None) if isinstance(where, Site) else (None, where)
    standing = LotHold.objects.filter(
        lot=lot, site=site, area=area, cause=cause, released_at__isnull=True
    ).first()
    if standing is not None:
        return standing, False
    made, new = LotHold.objects.get_or_create(
        request_id=request_id,
        defaults={
            "lot": lot,
            "site": site,
            "area": area,
            "cause": cause,
            "soft": soft,
            "reason": reason,
            "placed_at": now,
            "placed_by": actor.name,
        },
    )
    kept = (made.lot_id, made.site_id, made.area_id, made.cause)
    check_same(request_id, kept, (lot.pk, site and site.pk, area and area.pk, cause))
    return made, new


def one_at_a_time(product_id: int) -> None:
    """To the end of the transaction: holds of the product's lots are placed and ended one by one, so
    that each sees what the others leave usable."""
    locks.take(locks.Lock.SETTLING, product_id)


def release(hold_id: int, decision: str, *, actor: Actor, now: datetime) -> LotHold:
    """Raises Refusal(NOT_KNOWN) for a hold that does not stand."""
    changed = LotHold.objects.filter(pk=hold_id, released_at__isnull=True).update(
        released_at=now, released_by=actor.name, decision=decision
    )
    if not changed:
        raise Refusal(Refused.NOT_KNOWN, what="hold", key=hold_id)
    return LotHold.objects.select_related("lot__product", "site", "area").get(pk=hold_id)


def holds(site_id: int | None = None) -> list[LotHold]:
    """Those that stand: of a site, with those of the areas in which it lies; or all."""
    found = LotHold.objects.filter(released_at__isnull=True)
    if site_id is not None:
        found = found.filter(_covers(site_id))
    return list(found.select_related("lot__product", "site", "area").order_by("-placed_at"))


def _covers(site_id: int) -> Q:
    """Of the site, or of an area in which it lies."""
    return Q(site=site_id) | Q(area__code__in=codes_around(site_id))


def holds_for(cause: str) -> list[LotHold]:
    """Those that stand for a cause."""
    found = LotHold.objects.filter(cause=cause, released_at__isnull=True)
    whole = found.select_related("lot__product", "site", "area")
    return list(whole.order_by("lot__product", "lot", "pk"))


def hold_of(hold_id: int) -> LotHold:
    """Raises Refusal(NOT_KNOWN)."""
    found = (
        LotHold.objects.select_related("lot__product", "site__area", "area")
        .filter(pk=hold_id)
        .first()
    )
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="hold", key=hold_id)
    return found


def lock_hold(hold_id: int) -> LotHold:
    """Locked to the end of the transaction. Raises Refusal(NOT_KNOWN)."""
    LotHold.objects.select_for_update().filter(pk=hold_id).first()
    return hold_of(hold_id)


def is_held(lot_id: int, site_id: int) -> bool:
    return _standing(lot_id, site_id).filter(soft=False).exists()


def is_watched(lot_id: int, site_id: int) -> bool:
    """Is it softly held?"""
    return _standing(lot_id, site_id).filter(soft=True).exists()


def why_held(lot_id: int, site_id: int) -> str | None:
    """Why nothing of the lot may leave the site, softly or not; None: nothing holds it."""
    held = _standing(lot_id, site_id).order_by("soft", "placed_at")
    return held.values_list("reason", flat=True).first()


def _standing(lot_id: int, site_id: int) -> models.QuerySet[LotHold]:
    found = LotHold.objects.filter(lot=lot_id, released_at__isnull=True)
    return found.filter(_covers(site_id))


def was_held(lot_id: int, site_id: int, at: datetime) -> bool:
    """Was the lot on hold there at that moment, whatever is known of it now?"""
    return bool(rows_of(LotHold, HELD_THEN, [lot_id, at, at, site_id, list(codes_around(site_id))]))


HELD_THEN = """
WHERE lot_id = %s AND NOT soft AND placed_at <= %s AND (released_at IS NULL OR released_at > %s)
  AND (site_id = %s OR area_id IN (SELECT id FROM places_area WHERE code = ANY(%s))) LIMIT 1
"""
