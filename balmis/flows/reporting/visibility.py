"""Which rows of a report a person may see."""

from msgspec.structs import replace

from balmis.core.actor import Actor
from balmis.core.reporting.report import Report, Restatement
from balmis.core.roles import MAY, Act
from balmis.core.vocabulary.access import Role


def in_sight(report: Report, actor: Actor) -> Report:
    """The report with only those areas and sites in which the actor may read it.

    Whole-campaign figures are everyone's; rows of places are for those who work there.
    """
    scopes = {scope for role, scope in actor.grants if Role(role) in MAY[Act.READ_PLAN]}
    if actor.trusted or "/" in scopes:
        return report
    paths = tuple(s for s in scopes if "@" not in s)
    sites = {s.partition("@")[2] for s in scopes if "@" in s}
    areas = {r.code for r in report.by_area if r.path.startswith(paths)}
    seen = {r.code for r in report.by_site if r.code in sites or r.area in areas}
    stock = [r for r in report.stock if r.site in seen]
    return replace(
        report,
        by_area=[r for r in report.by_area if r.code in areas],
        by_site=[r for r in report.by_site if r.code in seen],
        stock=stock,
        restatement=_restatement(
            report.restatement,
            {
                "by_area": areas,
                "by_site": seen,
                "stock": {f"{r.site}/{r.product}" for r in stock},
            },
        ),
    )


def _restatement(restatement: Restatement | None, seen: dict[str, set[str]]) -> Restatement | None:
    """The restatement without the changes of places out of sight."""
    if restatement is None:
        return None
    changes = []
    for change in restatement.changes:
        section, _, rest = change.figure.partition(".")
        if section not in seen or any(rest.startswith(f"{code}.") for code in seen[section]):
            changes.append(change)
    return replace(restatement, changes=changes)
