"""The open data of a campaign: progress, doses by day, people by area; no small counts."""

from datetime import date, datetime, timedelta

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.contexts.reporting import queries as reporting
from balmis.core.dates import local_day
from balmis.core.reporting.public_figures import (
    PublicArea,
    PublicCoverage,
    PublicDay,
    PublicDoses,
    PublicFigures,
    PublicPeople,
    PublicSpan,
    Total,
    public_coverage,
)
from balmis.core.reporting.report import AreaRow, Report, TargetRow
from balmis.core.reporting.suppression import holds_small, rows_to_hide
from balmis.core.vocabulary.clinic import DoseKind
from balmis.flows.reporting.daily_report import report
from balmis.flows.reporting.overview import latest_day


def public_day(slug: str, *, now: datetime) -> date:
    """The last whole day. Raises Refusal(PLAN_UNKNOWN)."""
    campaign = campaigns.campaign(slug)
    day = latest_day(campaign, now=now)
    return day - timedelta(days=1) if day >= local_day(now, campaign.time_zone) else day


def public_figures(slug: str, *, now: datetime) -> PublicFigures:
    """Counts left out are None. Reads what has been counted, and counts nothing itself."""
    campaign = campaigns.campaign(slug)
    day = public_day(slug, now=now)
    made = report(slug, day, now=now, count=False)
    by_day = _by_day(reporting.doses_by_day(campaign.pk, until=day))
    open_ = not holds_small(_totals(made))
    return PublicFigures(
        campaign=slug,
        as_of=made.as_of,
        day=made.day,
        synthetic=people.any_synthetic(campaign.area.path),
        doses=_doses(made, by_day, open_),
        people=_people(made, open_),
        coverage=[_target(row, open_) for row in made.coverage],
        by_area=_areas(made.by_area),
        by_day=by_day,
        trail_head=made.trail_head,
        frozen=made.frozen,
    )


def _totals(made: Report) -> dict[str, int]:
    """The campaign's own totals: all are published or, while one of them is small, none."""
    reached = made.people
    return {
        **{kind.value: span.total for kind, span in made.doses.by_kind.items()},
        "covered": reached.covered.total,
        "completed": reached.completed.total,
        "boosted": reached.boosted.total,
        "all": made.doses.total,
    }


def _doses(made: Report, by_day: list[PublicDay], open_: bool) -> PublicDoses:
    """The last day's doses are those of `by_day`: published there or nowhere."""
    last = {row.kind: row.doses for row in by_day if row.day == made.day}
    shown = {kind: last.get(kind, 0) for kind in made.doses.by_kind}
    return PublicDoses(
        day=None if None in shown.values() else sum(n for n in shown.values() if n),
        total=made.doses.total if open_ else None,
        held=_held(made),
        by_kind={
            kind: PublicSpan(day=shown[kind], total=span.total if open_ else None)
            for kind, span in made.doses.by_kind.items()
        },
    )


def _held(made: Report) -> int | None:
    held = made.doses.held or 0
    return None if holds_small({"held": held}) else held


def _people(made: Report, open_: bool) -> PublicPeople:
    reached = made.people
    return PublicPeople(
        covered=Total(total=reached.covered.total if open_ else None),
        completed=Total(total=reached.completed.total if open_ else None),
        boosted=Total(total=reached.boosted.total if open_ else None),
    )


def _target(row: TargetRow, open_: bool) -> PublicCoverage:
    return public_coverage(row, shown=open_ and not holds_small({"people": row.people}))


def _by_day(rows: list[tuple[date, str, int]]) -> list[PublicDay]:
    """Doses by day and kind; a day is published whole or not at all."""
    kinds = list(dict.fromkeys(kind for _, kind, _ in rows))
    days: dict[date, dict[str, int]] = {}
    for day, kind, n in rows:
        days.setdefault(day, dict.fromkeys(kinds, 0))[kind] = n
    order = list(days)
    hidden = {order[i] for i in rows_to_hide([days[d] for d in order], nested=False)}
    return [
        PublicDay(day=d, kind=DoseKind(k), doses=None if d in hidden else n) for d, k, n in rows
    ]


def _areas(rows: list[AreaRow]) -> list[PublicArea]:
    """People by area: an area is published whole or not at all, and with it what lies in it."""
    children: dict[str, list[AreaRow]] = {}
    for row in rows:
        above = row.path.rstrip("/").rpartition("/")[0] + "/" if row.path else "/"
        children.setdefault(above, []).append(row)
    shown: list[PublicArea] = []

    def walk(path: str, hidden_above: bool) -> None:
        siblings = children.get(path, [])
        hide = rows_to_hide([_counts(row) for row in siblings])
        for i, row in enumerate(siblings):
            hidden = hidden_above or i in hide
            shown.append(_area(row, hidden))
            if row.path:
                walk(row.path, hidden)

    roots = [path for path in children if not any(r.path == path for r in rows)]
    for path in roots:
        walk(path, False)
    return shown


def _counts(row: AreaRow) -> dict[str, int]:
    return {
        "doses_total": row.doses_total,
        "covered": row.covered,
        "completed": row.completed,
    }


def _area(row: AreaRow, hidden: bool) -> PublicArea:
    return PublicArea(
        code=row.code,
        names=row.names,
        people=row.people,
        doses_total=None if hidden else row.doses_total,
        covered=None if hidden else row.covered,
        completed=None if hidden else row.completed,
    )
