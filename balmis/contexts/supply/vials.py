"""Vials that were opened, and lots on hold."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, models
from django.db.models import Q, Sum

from balmis.contexts.ledger.rows import rows_of
from balmis.contexts.ledger.services import Actor
from balmis.contexts.places.models import Site
from balmis.contexts.supply.models import Balance, DayClose, Lot, LotHold, Packaging, Product, Vial
from balmis.core.errors import Refusal
from balmis.core.vocabulary import Account, Reason, WastageReason

ONE_DAY = timedelta(days=1)


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
    begin = datetime.combine(on, time(), ZoneInfo(site.time_zone))
    found = Vial.objects.filter(site=site, opened_at__gte=begin, opened_at__lt=begin + ONE_DAY)
    return list(found.select_related("lot__product").order_by("opened_at", "pk"))


def vial(vial_id: UUID) -> Vial:
    """Raises Refusal(NOT_KNOWN)."""
    found = Vial.objects.select_related("lot__product", "site__area").filter(pk=vial_id).first()
    if found is None:
        raise Refusal(Reason.NOT_KNOWN, what="vial", key=str(vial_id))
    return found


def hold_vial(vial_id: UUID) -> Vial:
    """Locked to the end of the transaction."""
    rows = Vial.objects.select_for_update(of=("self",)).select_related("lot__product", "site__area")
    return rows.get(pk=vial_id)


def close_vial(
    vial: Vial, *, wasted: int, why: WastageReason | None, actor: Actor, now: datetime
) -> None:
    vial.closed_at, vial.closed_by, vial.wasted = now, actor.name, wasted
    vial.why = why.value if why else ""
    vial.save(update_fields=["closed_at", "closed_by", "wasted", "why"])


def day_close(site_id: int, on: date) -> DayClose | None:
    return DayClose.objects.filter(site=site_id, on=on).first()


def close_day(
    site: Site, on: date, figures: dict[str, Any], *, actor: Actor, now: datetime
) -> DayClose:
    return DayClose.objects.create(
        site=site, on=on, figures=figures, closed_at=now, closed_by=actor.name
    )


# ---- lots ------------------------------------------------------------------------------------


def lot_by_number(product: Product, number: str) -> Lot | None:
    found = rows_of(Lot, "WHERE product_id = %s AND number = %s", [product.pk, number])
    for lot in found:
        lot.product = product
    return found[0] if found else None


def hold(
    request_id: UUID,
    lot: Lot,
    site: Site | None,
    reason: str,
    *,
    cause: str = "",
    soft: bool = False,
    actor: Actor,
    now: datetime,
) -> tuple[LotHold, bool]:
    """The hold, and whether it is new; one that stands for the same cause is given back."""
    standing = LotHold.objects.filter(
        lot=lot, site=site, cause=cause, released_at__isnull=True
    ).first()
    if standing is not None:
        return standing, False
    return LotHold.objects.get_or_create(
        request_id=request_id,
        defaults={
            "lot": lot,
            "site": site,
            "cause": cause,
            "soft": soft,
            "reason": reason,
            "placed_at": now,
            "placed_by": actor.name,
        },
    )


SETTLING = 7411


def one_at_a_time(product_id: int) -> None:
    """To the end of the transaction: holds of the product's lots are placed and ended one by one, so
    that each sees what the others leave usable."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [SETTLING, product_id])


def release(hold_id: int, decision: str, *, actor: Actor, now: datetime) -> LotHold:
    """Raises Refusal(NOT_KNOWN) for a hold that does not stand."""
    changed = LotHold.objects.filter(pk=hold_id, released_at__isnull=True).update(
        released_at=now, released_by=actor.name, decision=decision
    )
    if not changed:
        raise Refusal(Reason.NOT_KNOWN, what="hold", key=hold_id)
    return LotHold.objects.select_related("lot__product", "site").get(pk=hold_id)


def holds(site_id: int | None = None) -> list[LotHold]:
    """Those that stand: of a site, with those that hold everywhere; or all."""
    found = LotHold.objects.filter(released_at__isnull=True)
    if site_id is not None:
        found = found.filter(Q(site=site_id) | Q(site__isnull=True))
    return list(found.select_related("lot__product", "site").order_by("-placed_at"))


def holds_for(cause: str) -> list[LotHold]:
    """Those that stand for a cause."""
    found = LotHold.objects.filter(cause=cause, released_at__isnull=True)
    return list(found.select_related("lot__product", "site").order_by("lot__product", "lot", "pk"))


def hold_of(hold_id: int) -> LotHold:
    """Raises Refusal(NOT_KNOWN)."""
    found = LotHold.objects.select_related("lot__product", "site__area").filter(pk=hold_id).first()
    if found is None:
        raise Refusal(Reason.NOT_KNOWN, what="hold", key=hold_id)
    return found


def is_held(lot_id: int, site_id: int) -> bool:
    return _standing(lot_id, site_id).filter(soft=False).exists()


def is_watched(lot_id: int, site_id: int) -> bool:
    """Is it softly held?"""
    return _standing(lot_id, site_id).filter(soft=True).exists()


def _standing(lot_id: int, site_id: int) -> models.QuerySet[LotHold]:
    found = LotHold.objects.filter(lot=lot_id, released_at__isnull=True)
    return found.filter(Q(site=site_id) | Q(site__isnull=True))


def was_held(lot_id: int, site_id: int, at: datetime) -> bool:
    """Was the lot on hold there at that moment, whatever is known of it now?"""
    return bool(rows_of(LotHold, HELD_THEN, [lot_id, at, at, site_id]))


HELD_THEN = """
WHERE lot_id = %s AND NOT soft AND placed_at <= %s AND (released_at IS NULL OR released_at > %s)
  AND (site_id = %s OR site_id IS NULL) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a site holds of a lot, by the book."""

    lot: Lot
    doses: float
    held: bool


def shelves(site_id: int) -> list[Shelf]:
    """Lots at the site with stock, or with a debt; the first to expire first."""
    held = {h.lot_id for h in holds(site_id)}
    rows = Balance.objects.filter(site_id=site_id, account=Account.SITE.value).exclude(doses=0)
    found = [
        Shelf(b.lot, float(b.doses), b.lot_id in held) for b in rows.select_related("lot__product")
    ]
    return sorted(found, key=lambda s: (s.lot.expires_on or date.max, s.lot.number))


def lots_once_at(site_id: int) -> list[Lot]:
    """Every lot that the book has ever known at the site, whatever is left."""
    rows = Balance.objects.filter(site_id=site_id, account=Account.SITE.value)
    return [b.lot for b in rows.select_related("lot__product").order_by("lot__product", "lot")]


def used_up(site_id: int, numbers: Iterable[str]) -> list[Shelf]:
    """Lots of these numbers that the site once had, and of which the book says none are left."""
    rows = Balance.objects.filter(
        site_id=site_id, account=Account.SITE.value, doses=0, lot__number__in=list(numbers)
    )
    return [Shelf(b.lot, 0.0, held=False) for b in rows.select_related("lot__product")]


def doses_by_product(site_ids: Iterable[int]) -> dict[int, dict[str, float]]:
    """What each site holds by the book, by the product's code; debts are left out."""
    rows = Balance.objects.filter(site__in=list(site_ids), account=Account.SITE.value, doses__gt=0)
    found: dict[int, dict[str, float]] = defaultdict(dict)
    for site, code, doses in rows.values_list("site", "lot__product__code").annotate(
        n=Sum("doses")
    ):
        found[site or 0][code] = float(doses)
    return found


def packaging(gtin: str) -> Packaging | None:
    return Packaging.objects.select_related("product").filter(gtin=gtin).first()


def packagings(products: Sequence[int]) -> list[Packaging]:
    return list(Packaging.objects.filter(product__in=products).select_related("product"))


def keep_packaging(product: Product, gtin: str, level: str, vials: int) -> Packaging:
    found, _ = Packaging.objects.update_or_create(
        gtin=gtin, defaults={"product": product, "level": level, "vials": vials}
    )
    return found


def balances_of(lot_id: int) -> dict[int | None, float]:
    """What each site holds of a lot, by the book."""
    rows = Balance.objects.filter(lot=lot_id, account=Account.SITE.value).exclude(doses=0)
    return {b.site_id: float(b.doses) for b in rows}
