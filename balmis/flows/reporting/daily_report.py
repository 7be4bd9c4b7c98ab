"""The day's report as of 24:00: made, frozen, and restated when later facts belong to it."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import Plan, Target
from balmis.contexts.journal import audit, locks
from balmis.contexts.journal.outbox import deliveries_waiting
from balmis.contexts.places import queries as places
from balmis.contexts.reporting import queries as reporting
from balmis.contexts.reporting import services as closing
from balmis.contexts.reporting.queries import Count
from balmis.contexts.safety import queries as safety
from balmis.contexts.supply import products as supply_products
from balmis.contexts.supply import stock_book
from balmis.core.actor import Actor
from balmis.core.dates import end_of_day, local_day
from balmis.core.errors import Conflict, Refusal
from balmis.core.reporting.coverage import Denominator, coverage
from balmis.core.reporting.stock import stock_figures
from balmis.core.roles import Act
from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.reasons import Reason
from balmis.flows.reporting.restatement import changed_figures

FORMAT = "balmis-daily-report/1"


def make_figures(campaign: Campaign, day: date) -> dict[str, Any]:
    """The figures as of 24:00 of the day, from everything known now."""
    revision = campaigns.revision_on(campaign.pk, day)
    plan = campaigns.plan_of(revision.pk)
    counts = reporting.counts_to(campaign.pk, day)
    cells: dict[str, list[Count]] = {}
    for count in counts:
        cells.setdefault(count.dimension, []).append(count)
    whole = cells.get("all", [])
    zone = ZoneInfo(campaign.time_zone)
    return {
        "format": FORMAT,
        "campaign": campaign.slug,
        "day": day.isoformat(),
        "as_of": end_of_day(day, campaign.time_zone).astimezone(zone).isoformat(),
        "time_zone": campaign.time_zone,
        "plan_revision": revision.number,
        "doses": _doses(whole),
        "people": _people(whole),
        "key_groups": _key_groups(campaign.pk, plan, cells.get("group", [])),
        "coverage": [_target(campaign.pk, t, whole, cells.get("group", [])) for t in plan.targets],
        "by_area": _by_area(campaign, plan, cells.get("area", [])),
        "by_group": _by_group(campaign.pk, plan, cells.get("group", [])),
        "by_site": _by_site(campaign, cells.get("site", [])),
        "by_product": _by_product(cells.get("product", [])),
        "stock": _stock(campaign, cells.get("stock", []), day),
        "safety": safety.events_to(campaign.pk, day),
    }


def _doses(cells: list[Count]) -> dict[str, Any]:
    return {
        "day": sum(c.day_doses for c in cells),
        "total": sum(c.doses for c in cells),
        "by_kind": {
            kind.value: {
                "day": sum(c.day_doses for c in cells if c.kind == kind.value),
                "total": sum(c.doses for c in cells if c.kind == kind.value),
            }
            for kind in DoseKind
            if kind in (DoseKind.PRIMARY_1, DoseKind.PRIMARY_2)
            or any(c.kind == kind.value for c in cells)
        },
    }


def _people(cells: list[Count]) -> dict[str, dict[str, int]]:
    return {
        "covered": {
            "day": sum(c.day_covered for c in cells),
            "total": sum(c.covered for c in cells),
        },
        "completed": {
            "day": sum(c.day_completed for c in cells),
            "total": sum(c.completed for c in cells),
        },
        "boosted": {
            "day": sum(c.day_boosted for c in cells),
            "total": sum(c.boosted for c in cells),
        },
    }


def _key_groups(campaign_id: int, plan: Plan, cells: list[Count]) -> dict[str, int]:
    """Booster doses in the groups that the plan's phases put first (its first phase)."""
    key = set(plan.phases[0].groups) if plan.phases else set()
    ids = {i for i, code in campaigns.groups(campaign_id).items() if code in key}
    chosen = [c for c in cells if c.key in ids]
    boosters = [c for c in chosen if c.kind and DoseKind(c.kind).is_booster]
    return {
        "doses_day": sum(c.day_doses for c in chosen),
        "doses_total": sum(c.doses for c in chosen),
        "boosters_day": sum(c.day_doses for c in boosters),
        "boosters_total": sum(c.doses for c in boosters),
    }


def measured(cells: list[Count], measure: Measure) -> int:
    name = {
        Measure.COVERED: "covered",
        Measure.COMPLETED: "completed",
        Measure.BOOSTED: "boosted",
        Measure.DOSES: "doses",
    }[measure]
    return sum(getattr(c, name) for c in cells)


def _target(
    campaign_id: int, target: Target, whole: list[Count], by_group: list[Count]
) -> dict[str, Any]:
    cells = whole
    if target.groups:
        ids = {i for i, code in campaigns.groups(campaign_id).items() if code in target.groups}
        cells = [c for c in by_group if c.key in ids]
    entry = target.denominator
    denominator = Denominator(
        entry.people, entry.label, entry.as_of, entry.source or entry.assumption or ""
    )
    reached = coverage(measured(cells, target.measure), denominator)
    return {
        "target": target.code,
        "title": target.title,
        "measure": target.measure.value,
        "people": reached.people,
        "aim": target.aim,
        "by": target.by.isoformat(),
        "of_aim": round(reached.people / target.aim, 6) if target.aim else None,
        "denominator": {
            "people": entry.people,
            "label": entry.label,
            "as_of": entry.as_of.isoformat(),
            "source": denominator.source,
        },
        "share": None if reached.share is None else round(reached.share, 6),
        "above_denominator": reached.above_denominator,
    }


def _cell(cells: list[Count]) -> dict[str, int]:
    return {
        "doses_day": sum(c.day_doses for c in cells),
        "doses_total": sum(c.doses for c in cells),
        "covered": sum(c.covered for c in cells),
        "completed": sum(c.completed for c in cells),
        "boosted": sum(c.boosted for c in cells),
    }


def _shares(row: dict[str, Any], people: int | None, basis: str) -> dict[str, Any]:
    """The row with its denominator and shares; a share above 1 is shown and marked."""
    row |= {"people": people, "basis": basis}
    for name in ("covered", "completed"):
        row[f"{name}_share"] = round(row[name] / people, 6) if people else None
    row["above_denominator"] = bool(people) and row["covered"] > (people or 0)
    return row


def _by_area(campaign: Campaign, plan: Plan, cells: list[Count]) -> list[dict[str, Any]]:
    """Every area of the tree, with all that lies in it."""
    areas = places.areas_below(plan.root.code)
    listed = campaigns.headcounts(campaign.pk).by_area
    paths = {a.id: a.path for a in areas}
    parents = {a.parent_id for a in areas}
    rows = []
    for area in areas:
        inside = {i for i, path in paths.items() if path.startswith(area.path)}
        row: dict[str, Any] = {
            "code": area.code,
            "names": area.names,
            "kind": area.kind,
            "path": area.path,
            "leaf": area.id not in parents,
        }
        row |= _cell([c for c in cells if c.key in inside])
        rows.append(_shares(row, sum(listed.get(i, 0) for i in inside) or None, "register"))
    outside = [c for c in cells if c.key not in paths]
    if outside:  # doses of people who live elsewhere
        row = {
            "code": "",
            "names": {"en": "Elsewhere"},
            "kind": "",
            "path": "",
            "leaf": True,
            **_cell(outside),
        }
        rows.append(_shares(row, None, "register"))
    return rows


def _by_group(campaign_id: int, plan: Plan, cells: list[Count]) -> list[dict[str, Any]]:
    listed = campaigns.headcounts(campaign_id).by_group
    ids = {code: i for i, code in campaigns.groups(campaign_id).items()}
    rows = []
    for entry in plan.groups:
        group_id = ids.get(entry.code)
        row: dict[str, Any] = {
            "code": entry.code,
            "title": entry.title,
            "status": entry.status.value,
        }
        row |= _cell([c for c in cells if c.key == group_id])
        rows.append(_shares(row, listed.get(group_id) or None, "register"))
    outside = [c for c in cells if c.key is None]
    if outside:
        row = {"code": "", "title": {"en": "In no group"}, "status": "", **_cell(outside)}
        rows.append(_shares(row, listed.get(None), "register"))
    return rows


def _by_site(campaign: Campaign, cells: list[Count]) -> list[dict[str, Any]]:
    areas = {a.id: a.code for a in places.areas_below(campaign.area.code)}
    rows: list[dict[str, Any]] = [
        {
            "code": s.code,
            "names": s.names,
            "kind": s.kind,
            "status": s.status,
            "area": areas.get(s.area_id, ""),
            **_cell([c for c in cells if c.key == s.id]),
        }
        for s in places.sites_below(campaign.area.code)
    ]
    elsewhere = [c for c in cells if c.key is None]
    if elsewhere:
        rows.append(
            {
                "code": "",
                "names": {"en": "Elsewhere"},
                "kind": "",
                "status": "",
                "area": "",
                **_cell(elsewhere),
            }
        )
    return rows


def _by_product(cells: list[Count]) -> list[dict[str, Any]]:
    known = supply_products.products_by_id()
    ids = sorted({c.key for c in cells if c.key is not None}, key=lambda i: known[i].code)
    return [
        {"code": known[i].code, "name": known[i].name, **_cell([c for c in cells if c.key == i])}
        for i in ids
    ]


def _stock(campaign: Campaign, cells: list[Count], day: date) -> list[dict[str, Any]]:
    """Balances and flows by site and product, as of the day."""
    known = places.sites_below(campaign.area.code)
    sites = {s.id: s.code for s in known}
    products = {p.code: p for p in supply_products.products_by_id().values()}
    moves = stock_book.moves_other_than_doses(list(sites), day)
    drawn = [(c.key, c.product, c.drawn, c.day_drawn) for c in cells if c.key is not None]
    codes = {p.pk: code for code, p in products.items()}
    names = {s.code: s.names for s in known}
    rows = stock_figures(moves, drawn, sites=sites, products=codes)
    return [
        row | {"site_names": names[row["site"]], "product_name": products[row["product"]].name}
        for row in rows
    ]


def _check_day(campaign: Campaign, day: date, now: datetime) -> None:
    """Raises Refusal(DAY_OUTSIDE): a mistyped year must not look like a day without doses."""
    first = campaigns.latest_plan(campaign.pk).period.starts_on
    last = local_day(now, campaign.time_zone)
    if not first <= day <= last:
        raise Refusal(
            Reason.DAY_OUTSIDE, day=day.isoformat(), first=first.isoformat(), last=last.isoformat()
        )


@transaction.atomic(durable=True)
def close_day(slug: str, day: date, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Freeze the day's report: every fact written before, none in between.

    Raises Refusal(DAY_NOT_OVER, DAY_OUTSIDE, ALREADY_CLOSED), NotAllowed, and Conflict when doses could
    not be counted.
    """
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.CLOSE_DAY, area=campaign.area)
    if now < end_of_day(day, campaign.time_zone):
        raise Refusal(Reason.DAY_NOT_OVER, day=day.isoformat())
    _check_day(campaign, day, now)
    locks.stop_facts(locks.STOCK)
    locks.stop_facts(campaign.pk)
    if reporting.closed_day(campaign.pk, day) is not None:
        raise Refusal(Reason.ALREADY_CLOSED, day=day.isoformat())
    closing.catch_up(now=now)
    if waiting := deliveries_waiting("tallies"):
        raise Conflict(
            f"{day} cannot be closed yet: {waiting} messages are not counted. "
            "They are tried again every minute; the log says why they failed."
        )
    figures = make_figures(campaign, day)
    revision = campaigns.revision_on(campaign.pk, day)
    closing.freeze(campaign, day, revision, figures, actor=actor, now=now)
    audit.record("day.closed", f"campaign:{campaign.pk}", actor=actor, now=now, day=day)
    return figures


def report(slug: str, day: date, *, now: datetime, count: bool = True) -> dict[str, Any]:
    """The report of a day: frozen figures with their restatement, or, while the day is not
    closed, provisional ones. With `count`, doses that wait to be counted are counted first."""
    campaign = campaigns.campaign(slug)
    _check_day(campaign, day, now)
    if count:
        closing.catch_up(now=now, wait=False)
    current = make_figures(campaign, day)
    closed = reporting.closed_day(campaign.pk, day)
    if closed is None:
        return current | {"status": "provisional", "closed_at": None, "restatement": None}
    frozen: dict[str, Any] = closed.figures | {
        "closed_at": closed.closed_at.astimezone(ZoneInfo(campaign.time_zone)).isoformat(
            "T", "minutes"
        )
    }
    changes = changed_figures(closed.figures, current)
    reasons = {k: n for k, n in reporting.late_facts(closed).items() if n}
    if closed.revision_id != campaigns.revision_on(campaign.pk, day).pk:
        reasons["plan_revised"] = 1
    if changes and not reasons:
        reasons["register_changed"] = 1  # people moved to another area or group
    if not changes and not reasons:
        return frozen | {"status": "closed", "restatement": None}
    return frozen | {"status": "restated", "restatement": {"reasons": reasons, "changes": changes}}
