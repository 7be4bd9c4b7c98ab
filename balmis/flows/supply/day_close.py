"""Close a site's day: nothing stays unexplained."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.clinic import duplicate_doses, rejected_steps, visits
from balmis.contexts.journal import audit, locks
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Site
from balmis.contexts.supply import day_close, stock_book, stock_moves, vials
from balmis.contexts.supply.models import DayClose, Lot
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Conflict, Refusal
from balmis.core.refusal_texts import gettext_noop
from balmis.core.request_ids import Made
from balmis.core.roles import Act
from balmis.core.supply.day_close import LotDay, Problem, SiteDay, VialDay, unexplained
from balmis.core.vocabulary.reasons import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Doses of a lot on the shelf. `reason` says why they are not what the book says."""

    lot: str
    doses: Decimal
    product: str = ""  # needed only when two products have a lot of this number
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The site's day as it is, and what stands against closing it."""

    day: SiteDay
    problems: list[Problem]
    closed: DayClose | None


def look(site_code: str, on: date, counts: tuple[Counted, ...] = (), *, actor: Actor) -> Standing:
    """The day with these counts; nothing is written. Raises NotAllowed, BadInput for a count of a
    lot that is not there."""
    site = places.site(site_code)
    check_may(actor, Act.MOVE_STOCK, site=site)
    day, _ = _day(site, on, counts)
    return Standing(day, unexplained(day), day_close.day_close(site.pk, on))


@transaction.atomic(durable=True)
def close_day(
    site_code: str, on: date, counts: tuple[Counted, ...], *, actor: Actor, now: datetime
) -> DayClose:
    """The day's goods, frozen; counted differences with a reason set the book right.

    Raises NotAllowed, BadInput, Conflict when it was closed with other counts, and
    Refusal(DAY_UNEXPLAINED) naming every difference.
    """
    site = places.site(site_code)
    check_may(actor, Act.MOVE_STOCK, site=site)
    locks.stop_facts(locks.STOCK)  # no dose is drawn between the count and the row
    if on > local_day(now, site.time_zone):
        raise BadInput(gettext_noop("This day has not come yet."))
    if (earlier := day_close.day_close(site.pk, on)) is not None:
        return _as_before(earlier, counts)
    day, lots = _day(site, on, counts)
    if problems := unexplained(day):
        raise Refusal(Refused.DAY_UNEXPLAINED, what="; ".join(map(str, problems)))
    for one in day.lots:
        if one.counted is not None and one.counted != one.book:
            stock_moves.adjust(
                request_id=Made.COUNT.of(f"{site.pk} {on} {lots[one.product, one.lot].pk}"),
                lot=lots[one.product, one.lot],
                site=site,
                counted=Decimal(str(one.counted)),
                on=on,
                reason=one.reason,
                actor=actor,
                now=now,
            )
    closed = day_close.close_day(site, on, _figures(day, site, on), actor=actor, now=now)
    audit.record("site_day.closed", f"site:{site.pk}", actor=actor, now=now, on=on)
    return closed


def _as_before(earlier: DayClose, counts: tuple[Counted, ...]) -> DayClose:
    """The first answer to the same counts. Raises Conflict for others."""
    left = {(one["product"], one["lot"]): one["left"] for one in earlier.figures["lots"]}
    for count in counts:
        known = [
            n
            for (product, lot), n in left.items()
            if lot == count.lot and count.product in ("", product)
        ]
        if float(count.doses) not in known:
            raise Conflict(
                gettext_noop("The day was closed with other counts. Count the stock anew.")
            )
    return earlier


def _day(
    site: Site, on: date, counts: tuple[Counted, ...]
) -> tuple[SiteDay, dict[tuple[str, str], Lot]]:
    shelf = {(s.lot.product.code, s.lot.number): s for s in stock_book.shelves(site.pk)}
    for s in stock_book.used_up(site.pk, {c.lot for c in counts}):
        shelf.setdefault((s.lot.product.code, s.lot.number), s)
    counted: dict[tuple[str, str], Counted] = {}
    for count in counts:
        fitting = [k for k in shelf if k[1] == count.lot and count.product in ("", k[0])]
        if len(fitting) != 1 or fitting[0] in counted:
            what = (
                "is not on the shelf by the book"
                if not fitting
                else "is counted twice"
                if len(fitting) == 1
                else "is of several vaccines: write PRODUCT/LOT"
            )
            raise BadInput(
                f"Lot {count.lot} {what}; the book has: "
                f"{', '.join(sorted('/'.join(k) for k in shelf)) or 'nothing'}."
            )
        counted[fitting[0]] = count
    lots = tuple(
        LotDay(
            lot=number,
            product=product,
            book=s.doses,
            counted=float(counted[product, number].doses) if (product, number) in counted else None,
            reason=counted[product, number].reason if (product, number) in counted else "",
        )
        for (product, number), s in sorted(shelf.items())
    )
    opened, zone = vials.opened_on(site, on), ZoneInfo(site.time_zone)
    drawn = visits.doses_from([v.pk for v in opened])
    day = SiteDay(
        lots=lots,
        inside=visits.inside(site.pk, on),
        conflicts=len(duplicate_doses.conflicts(site.pk, on)),
        set_aside=rejected_steps.open_count(site.pk, on, site.time_zone),
        vials=tuple(
            VialDay(
                name=v.serial or f"{n} ({v.opened_at.astimezone(zone):%H:%M})",
                lot=v.lot.number,
                label=v.doses,
                drawn=drawn.get(v.pk, 0),
                wasted=v.wasted,
                closed=v.closed_at is not None,
            )
            for n, v in enumerate(opened, 1)
        ),
    )
    return day, {key: s.lot for key, s in shelf.items()}


def _figures(day: SiteDay, site: Site, on: date) -> dict[str, Any]:
    moved = stock_book.lot_moves(site.pk, on)
    return {
        "vials_opened": len(day.vials),
        "doses_drawn": sum(v.drawn for v in day.vials),
        "open_vial_wastage": sum(v.wasted for v in day.vials),
        "lots": [
            {
                "lot": one.lot,
                "product": one.product,
                "left": one.counted if one.counted is not None else one.book,
                "reason": one.reason,
                **moved.get((one.product, one.lot), {}),
            }
            for one in day.lots
        ],
    }
