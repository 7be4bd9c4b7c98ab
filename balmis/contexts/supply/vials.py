"""Vials that were opened, and lots on hold."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Lot, Vial
from balmis.core.actor import Actor
from balmis.core.dates import day_span
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.supply import WastageReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A vial as the device that opened it knows it."""

    id: UUID
    opened_at: datetime
    serial: str = ""


def open_vial(opened: Opened, lot: Lot, site: Site, *, actor: Actor, now: datetime) -> Vial:
    """The vial, opened once: the same id, or the same serial number of the lot, is the same vial."""
    hours = lot.product.open_vial_hours
    fields = {
        "lot": lot,
        "site": site,
        "serial": opened.serial,
        "opened_at": opened.opened_at,
        "opened_by": actor.name,
        "recorded_at": now,
        "doses": lot.product.doses_per_vial,
        "use_by": opened.opened_at + timedelta(hours=hours) if hours else None,
    }
    known = Q(pk=opened.id)
    if opened.serial:
        known |= Q(lot=lot, site=site, serial=opened.serial)
    found = Vial.objects.filter(known).first()
    if found is not None:
        return _opened_earlier(found, opened, hours)
    made = Vial(pk=opened.id, **fields)
    Vial.objects.bulk_create([made], ignore_conflicts=True)
    return _opened_earlier(Vial.objects.filter(known).get(), opened, hours)


def _opened_earlier(vial: Vial, opened: Opened, hours: int | None) -> Vial:
    """Its clock runs from the earliest opening that a device tells of."""
    if opened.opened_at < vial.opened_at:
        vial.opened_at = opened.opened_at
        vial.use_by = opened.opened_at + timedelta(hours=hours) if hours else None
        Vial.objects.filter(pk=vial.pk, opened_at__gt=opened.opened_at).update(
            opened_at=vial.opened_at, use_by=vial.use_by
        )
    return vial


def open_vials(site_id: int, since: datetime) -> list[Vial]:
    """Vials opened since then that are not closed."""
    found = Vial.objects.filter(site_id=site_id, opened_at__gte=since, closed_at__isnull=True)
    return list(found.select_related("lot__product").order_by("opened_at"))


def opened_on(site: Site, on: date) -> list[Vial]:
    """Vials opened on the site's day, in their order."""
    begin, end = day_span(on, site.time_zone)
    found = Vial.objects.filter(site=site, opened_at__gte=begin, opened_at__lt=end)
    return list(found.select_related("lot__product").order_by("opened_at", "pk"))


def vial(vial_id: UUID) -> Vial:
    """Raises Refusal(NOT_KNOWN)."""
    found = Vial.objects.select_related("lot__product", "site__area").filter(pk=vial_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="vial", key=str(vial_id))
    return found


def lock_vial(vial_id: UUID) -> Vial:
    """Locked to the end of the transaction."""
    rows = Vial.objects.select_for_update(of=("self",)).select_related("lot__product", "site__area")
    return rows.get(pk=vial_id)


def close_vial(
    vial: Vial, *, wasted: int, why: WastageReason | None, actor: Actor, now: datetime
) -> None:
    vial.closed_at, vial.closed_by, vial.wasted = now, actor.name, wasted
    vial.why = why.value if why else ""
    vial.save(update_fields=["closed_at", "closed_by", "wasted", "why"])


# ---- lots ------------------------------------------------------------------------------------
