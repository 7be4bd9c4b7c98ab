"""The day's report as of 24:00: made, frozen, and restated when later facts belong to it."""

from datetime import date, datetime
from typing import TypedDict
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
from balmis.contexts.safety import held_doses
from balmis.contexts.safety import queries as safety
from balmis.contexts.supply import products as supply_products
from balmis.contexts.supply import stock_book
from balmis.core.actor import Actor
from balmis.core.dates import end_of_day, local_day
from balmis.core.errors import Conflict, Refusal
from balmis.core.reporting.coverage import Denominator, coverage
from balmis.core.reporting.report import (
    FORMAT,
    AreaRow,
    Base,
    DoseCounts,
    EventCounts,
    Events,
    Figures,
    GroupRow,
    KeyGroups,
    PeopleReached,
    ProductRow,
    Report,
    Restatement,
    SiteRow,
    Span,
    StockRow,
    TargetRow,
    plain_figures,
    read_figures,
    report_of,
)
from balmis.core.reporting.stock import Named, stock_figures
from balmis.core.roles import Act
from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.reporting import Dimension, RestatementReason
from balmis.flows.reporting.restatement import changed_figures


class Cell(TypedDict):
    """What every row of the report counts."""

    doses_day: int
    doses_total: int
    covered: int
    completed: int
    boosted: int


class Shares(TypedDict):
    """A row's denominator and shares; a share above 1 is shown and marked."""

    people: int | None
    basis: str
    covered_share: float | None
    completed_share: float | None
    above_denominator: bool


def make_figures(campaign: Campaign, day: date) -> Figures:
    """The figures as of 24:00 of the day, from everything known now."""
    revision = campaigns.revision_on(campaign.pk, day)
    plan = campaigns.plan_of(revision.pk)
    counts = reporting.counts_to(campaign.pk, day)
    cells: dict[str, list[Count]] = {}
    for count in counts:
        cells.setdefault(count.dimension, []).append(count)
    whole, grouped = cells.get(Dimension.ALL, []), cells.get(Dimension.GROUP, [])
    zone = ZoneInfo(campaign.time_zone)
    return Figures(
        format=FORMAT,
        campaign=campaign.slug,
        day=day,
        as_of=end_of_day(day, campaign.time_zone).astimezone(zone).isoformat(),
        time_zone=campaign.time_zone,
        plan_revision=revision.number,
        doses=_doses(whole, held_doses.count_held(campaign.pk, day)),
        people=_people(whole),
        key_groups=_key_groups(campaign.pk, plan, grouped),
        coverage=[_target(campaign.pk, t, whole, grouped) for t in plan.targets],
        by_area=_by_area(campaign, plan, cells.get(Dimension.AREA, [])),
        by_group=_by_group(campaign.pk, plan, grouped),
        by_site=_by_site(campaign, cells.get(Dimension.SITE, [])),
        by_product=_by_product(cells.get(Dimension.PRODUCT, [])),
        stock=_stock(campaign, cells.get(Dimension.STOCK, []), day),
        safety=_safety(campaign.pk, day),
    )


def _doses(cells: list[Count], held: int) -> DoseCounts:
    return DoseCounts(
        held=held,
        day=sum(c.day_doses for c in cells),
        total=sum(c.doses for c in cells),
        by_kind={
            kind: Span(
                day=sum(c.day_doses for c in cells if c.kind == kind.value),
                total=sum(c.doses for c in cells if c.kind == kind.value),
            )
            for kind in DoseKind
            if kind in (DoseKind.PRIMARY_1, DoseKind.PRIMARY_2)
            or any(c.kind == kind.value for c in cells)
        },
    )


def _people(cells: list[Count]) -> PeopleReached:
    return PeopleReached(
        covered=Span(
            day=sum(c.day_covered for c in cells),
            total=sum(c.covered for c in cells),
        ),
        completed=Span(
            day=sum(c.day_completed for c in cells),
            total=sum(c.completed for c in cells),
        ),
        boosted=Span(
            day=sum(c.day_boosted for c in cells),
            total=sum(c.boosted for c in cells),
        ),
    )


def _safety(campaign_id: int, day: date) -> EventCounts:
    found = safety.events_to(campaign_id, day)
    return EventCounts(**{span: Events(**counts) for span, counts in found.items()})


def _key_groups(campaign_id: int, plan: Plan, cells: list[Count]) -> KeyGroups:
    """Booster doses in the groups that the plan's phases put first (its first phase)."""
    key = set(plan.phases[0].groups) if plan.phases else set()
    ids = {i for i, code in campaigns.groups(campaign_id).items() if code in key}
    chosen = [c for c in cells if c.key in ids]
    boosters = [c for c in chosen if c.kind and DoseKind(c.kind).is_booster]
    return KeyGroups(
        doses_day=sum(c.day_doses for c in chosen),
        doses_total=sum(c.doses for c in chosen),
        boosters_day=sum(c.day_doses for c in boosters),
        boosters_total=sum(c.doses for c in boosters),
    )


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
) -> TargetRow:
    cells = whole
    if target.groups:
        ids = {i for i, code in campaigns.groups(campaign_id).items() if code in target.groups}
        cells = [c for c in by_group if c.key in ids]
    entry = target.denominator
    denominator = Denominator(
        entry.people, entry.label, entry.as_of, entry.source or entry.assumption or ""
    )
    reached = coverage(measured(cells, target.measure), denominator)
    return TargetRow(
        target=target.code,
        title=target.title,
        measure=target.measure,
        people=reached.people,
        aim=target.aim,
        by=target.by,
        of_aim=round(reached.people / target.aim, 6) if target.aim else None,
        denominator=Base(
            people=entry.people,
            label=entry.label,
            as_of=entry.as_of,
            source=denominator.source,
        ),
        share=None if reached.share is None else round(reached.share, 6),
        above_denominator=reached.above_denominator,
    )


def _cell(cells: list[Count]) -> Cell:
    return {
        "doses_day": sum(c.day_doses for c in cells),
        "doses_total": sum(c.doses for c in cells),
        "covered": sum(c.covered for c in cells),
        "completed": sum(c.completed for c in cells),
        "boosted": sum(c.boosted for c in cells),
    }


def _shares(cell: Cell, people: int | None) -> Shares:
    return {
        "people": people,
        "basis": "register",
        "covered_share": round(cell["covered"] / people, 6) if people else None,
        "completed_share": round(cell["completed"] / people, 6) if people else None,
        "above_denominator": bool(people) and cell["covered"] > (people or 0),
    }


def _by_area(campaign: Campaign, plan: Plan, cells: list[Count]) -> list[AreaRow]:
    """Every area of the tree, with all that lies in it."""
    areas = places.areas_below(plan.root.code)
    listed = campaigns.headcounts(campaign.pk).by_area
    paths = {a.id: a.path for a in areas}
    parents = {a.parent_id for a in areas}
    rows = []
    for area in areas:
        inside = {i for i, path in paths.items() if path.startswith(area.path)}
        cell = _cell([c for c in cells if c.key in inside])
        rows.append(
            AreaRow(
                code=area.code,
                names=area.names,
                kind=area.kind,
                path=area.path,
                leaf=area.id not in parents,
                **cell,
                **_shares(cell, sum(listed.get(i, 0) for i in inside) or None),
            )
        )
    if outside := [c for c in cells if c.key not in paths]:  # doses of people who live elsewhere
        rows.append(_elsewhere(_cell(outside)))
    return rows


def _elsewhere(cell: Cell) -> AreaRow:
    return AreaRow(
        code="",
        names={"en": "Elsewhere"},
        kind="",
        path="",
        leaf=True,
        **cell,
        **_shares(cell, None),
    )


def _by_group(campaign_id: int, plan: Plan, cells: list[Count]) -> list[GroupRow]:
    listed = campaigns.headcounts(campaign_id).by_group
    ids = {code: i for i, code in campaigns.groups(campaign_id).items()}
    rows = []
    for entry in plan.groups:
        group_id = ids.get(entry.code)
        cell = _cell([c for c in cells if c.key == group_id])
        rows.append(
            GroupRow(
                code=entry.code,
                title=entry.title,
                status=entry.status.value,
                **cell,
                **_shares(cell, listed.get(group_id) or None),
            )
        )
    if outside := [c for c in cells if c.key is None]:
        cell, people = _cell(outside), listed.get(None)
        none = {"en": "In no group"}
        rows.append(GroupRow(code="", title=none, status="", **cell, **_shares(cell, people)))
    return rows


def _by_site(campaign: Campaign, cells: list[Count]) -> list[SiteRow]:
    areas = {a.id: a.code for a in places.areas_below(campaign.area.code)}
    rows = [
        SiteRow(
            code=s.code,
            names=s.names,
            kind=s.kind,
            status=s.status,
            area=areas.get(s.area_id, ""),
            **_cell([c for c in cells if c.key == s.id]),
        )
        for s in places.sites_below(campaign.area.code)
    ]
    if outside := [c for c in cells if c.key is None]:
        names = {"en": "Elsewhere"}
        rows.append(SiteRow(code="", names=names, kind="", status="", area="", **_cell(outside)))
    return rows


def _by_product(cells: list[Count]) -> list[ProductRow]:
    known = supply_products.products_by_id()
    ids = sorted({c.key for c in cells if c.key is not None}, key=lambda i: known[i].code)
    return [
        ProductRow(
            code=known[i].code, name=known[i].name, **_cell([c for c in cells if c.key == i])
        )
        for i in ids
    ]


def _stock(campaign: Campaign, cells: list[Count], day: date) -> list[StockRow]:
    """Balances and flows by site and product, as of the day."""
    sites = {s.id: Named(s.code, s.names) for s in places.sites_below(campaign.area.code)}
    known = supply_products.products_by_id()
    products = {p.pk: Named(p.code, p.name) for p in known.values()}
    moves = stock_book.moves_other_than_doses(list(sites), day)
    drawn = [(c.key, c.product, c.drawn, c.day_drawn) for c in cells if c.key is not None]
    return stock_figures(moves, drawn, sites=sites, products=products)


def _check_day(campaign: Campaign, day: date, now: datetime) -> None:
    """Raises Refusal(DAY_OUTSIDE): a mistyped year must not look like a day without doses."""
    first = campaigns.latest_plan(campaign.pk).period.starts_on
    last = local_day(now, campaign.time_zone)
    if not first <= day <= last:
        raise Refusal(
            Refused.DAY_OUTSIDE, day=day.isoformat(), first=first.isoformat(), last=last.isoformat()
        )


@transaction.atomic(durable=True)
def close_day(slug: str, day: date, *, actor: Actor, now: datetime) -> Figures:
    """Freeze the day's report: every fact written before, none in between.

    Raises Refusal(DAY_NOT_OVER, DAY_OUTSIDE, ALREADY_CLOSED), NotAllowed, and Conflict when doses could
    not be counted.
    """
    campaign = campaigns.campaign(slug)
    check_may(actor, Act.CLOSE_DAY, area=campaign.area)
    if now < end_of_day(day, campaign.time_zone):
        raise Refusal(Refused.DAY_NOT_OVER, day=day.isoformat())
    _check_day(campaign, day, now)
    locks.stop_facts(locks.STOCK)
    locks.stop_facts(campaign.pk)
    if reporting.closed_day(campaign.pk, day) is not None:
        raise Refusal(Refused.ALREADY_CLOSED, day=day.isoformat())
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


def report(slug: str, day: date, *, now: datetime, count: bool = True) -> Report:
    """The report of a day: frozen figures with their restatement, or, while the day is not
    closed, provisional ones. With `count`, doses that wait to be counted are counted first."""
    campaign = campaigns.campaign(slug)
    _check_day(campaign, day, now)
    if count:
        closing.catch_up(now=now, wait=False)
    current = make_figures(campaign, day)
    closed = reporting.closed_day(campaign.pk, day)
    if closed is None:
        return report_of(current, "provisional", closed_at=None, restatement=None)
    frozen = read_figures(closed.figures)
    closed_at = closed.closed_at.astimezone(ZoneInfo(campaign.time_zone)).isoformat("T", "minutes")
    changes = changed_figures(closed.figures, plain_figures(current))
    reasons = {k: n for k, n in reporting.late_facts(closed).items() if n}
    if closed.revision_id != campaigns.revision_on(campaign.pk, day).pk:
        reasons[RestatementReason.PLAN_REVISED.value] = 1
    if changes and not reasons:
        reasons[RestatementReason.REGISTER_CHANGED.value] = 1
    head = closed.trail_head or None
    if not changes and not reasons:
        return report_of(frozen, "closed", closed_at, None, head)
    restated = Restatement(reasons=reasons, changes=changes)
    return report_of(frozen, "restated", closed_at, restated, head)
