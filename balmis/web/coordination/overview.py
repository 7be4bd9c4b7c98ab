"""The coordination desk: will we reach the target in time, and what holds us back most?"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format

from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.revision import differences
from balmis.contexts.reporting import queries as reporting
from balmis.core.reporting.report import Restatement
from balmis.core.roles import Act
from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.clinic import DoseKind
from balmis.core.vocabulary.reporting import RestatementReason
from balmis.flows.reporting.overview import Overview, overview
from balmis.flows.reporting.visibility import in_sight
from balmis.web.coordination.charts import DosesChart, draw_doses
from balmis.web.coordination.report_formats import (
    FORMATS,
    coverage_rows,
    kind_rows,
    render_report,
)
from balmis.web.labels.common import COLUMNS, KINDS, LATE, MEASURES, SITE_KINDS
from balmis.web.shared.charts import THEMES
from balmis.web.shared.report_tables import (
    areas_table,
    columns,
    furthest_behind,
    supply,
    timeline,
)
from balmis.web.shared.requests import actor_of, allowed, read_day

SHOWN = 200  # differences on the page; the downloads have all


@allowed(Act.READ_PLAN)
def desk(request: HttpRequest) -> HttpResponse:
    """Straight to the only campaign the person works in, or a choice."""
    actor = actor_of(request)
    found = [c for c in campaigns.campaigns() if access.works_in(actor, Act.READ_PLAN, c.area)]
    if len(found) == 1:
        return redirect("overview", slug=found[0].slug)
    plans = [(c, campaigns.latest_plan(c.pk)) for c in found]
    return render(request, "coordination/choose.html", {"plans": plans})


@allowed(Act.READ_PLAN)
def show_overview(request: HttpRequest, slug: str) -> HttpResponse:
    seen = overview(slug, read_day(request.GET.get("on")), now=datetime.now(UTC))
    values = _overview_values(request, seen)
    if request.htmx and request.htmx.target == "areas":  # type: ignore[attr-defined]
        return render(request, "parts/areas.html", values)
    return render(request, "coordination/overview.html", values)


def _overview_values(request: HttpRequest, seen: Overview) -> dict[str, object]:
    sort = request.GET.get("sort", "code")
    key = sort.removeprefix("-")
    report = in_sight(seen.report, actor_of(request))
    targets = [(row, seen.paces[row.target], MEASURES[row.measure]) for row in seen.report.coverage]
    by_day = _by_day(seen)
    return {
        "seen": seen,
        "report": report,
        "main": targets[0][0],
        "pace": targets[0][1],
        "main_measure": targets[0][2],
        "targets": targets,
        "areas": areas_table(report.by_area, key if key in COLUMNS else "code", sort != key),
        "columns": columns(COLUMNS, sort),
        "behind": furthest_behind(report.by_area),
        "short": [row for row in report.stock if row.below_zero],
        "supply": supply(report.stock, seen.doses if report is seen.report else None, seen.day),
        "timeline": timeline(seen.plan, seen.day),
        "days": by_day[-14:][::-1],
        "busiest": max(by_day, key=lambda row: row[1], default=None),
        "may_report": access.may_somewhere(actor_of(request), Act.READ_REPORT),
    }


def _by_day(seen: Overview) -> list[tuple[date, int]]:
    found: dict[date, int] = {}
    for day, _, n in seen.doses:
        found[day] = found.get(day, 0) + n
    return sorted(found.items())


def _chart(seen: Overview) -> DosesChart:
    main = seen.report.coverage[0]
    needed = seen.paces[main.target].needed_a_day if main.measure is Measure.DOSES else None
    order = tuple(str(KINDS[k]) for k in DoseKind)
    rows = tuple((d, str(KINDS[DoseKind(k)]), n) for d, k, n in seen.doses)
    return DosesChart(rows, order, needed)


@allowed(Act.READ_PLAN)
def doses_chart(request: HttpRequest, slug: str, theme: str) -> HttpResponse:
    """The chart of doses by day, as SVG."""
    if theme not in THEMES:
        raise Http404
    seen = overview(slug, read_day(request.GET.get("on")), now=datetime.now(UTC))
    narrow = request.GET.get("size") == "narrow"
    size = {"width": 420, "height": 300} if narrow else {"width": 860, "height": 260}
    svg = draw_doses(_chart(seen), theme=theme, **size)
    return HttpResponse(svg, content_type="image/svg+xml")


@allowed(Act.READ_PLAN)
def doses_data(request: HttpRequest, slug: str) -> HttpResponse:
    """The chart's data as CSV."""
    seen = overview(slug, read_day(request.GET.get("on")), now=datetime.now(UTC))
    lines = ["day,kind,doses", *(f"{d},{k},{n}" for d, k, n in seen.doses)]
    return _download("\n".join(lines) + "\n", f"{slug}-doses-by-day.csv", "text/csv")


def _download(content: str | bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@allowed(Act.READ_REPORT)
def days(request: HttpRequest, slug: str) -> HttpResponse:
    """Which days are closed."""
    campaign = campaigns.campaign(slug)
    closed = reporting.closed_days(campaign.pk)
    last = reporting.last_counted(campaign.pk)
    months: dict[str, list[date]] = {}
    for day in closed:
        months.setdefault(date_format(day, "F Y"), []).append(day)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "months": list(months.items()),
        "last": last,
    }
    return render(request, "coordination/days.html", values)


@allowed(Act.READ_REPORT)
def day_report(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """The day's report: frozen figures, and what later facts changed."""
    on = read_day(day)
    seen = overview(slug, on, now=datetime.now(UTC))
    report = in_sight(seen.report, actor_of(request))
    wanted = request.GET.get("format")
    if wanted in FORMATS:
        content, kind = render_report(report, wanted)
        return _download(content, f"{slug}-{day}.{'txt' if wanted == 'text' else wanted}", kind)
    restated = report.restatement or Restatement(reasons={}, changes=[])
    values = {
        "seen": seen,
        "report": report,
        "closed_at": _local(report.closed_at, seen.campaign.time_zone),
        "reasons": [(LATE[RestatementReason(k)], n) for k, n in restated.reasons.items()],
        "changes": restated.changes[:SHOWN],
        "more": max(0, len(restated.changes) - SHOWN),
        "kinds": kind_rows(report),
        "targets": coverage_rows(report),
        "formats": list(FORMATS),
        "before": _neighbour(seen, -1) if seen.day > seen.plan.period.starts_on else None,
        "after": None if seen.today else _neighbour(seen, 1),
    }
    return render(request, "coordination/report.html", values)


def _local(instant: str | None, zone: str) -> datetime | None:
    if not instant:
        return None
    local = datetime.fromisoformat(instant).astimezone(ZoneInfo(zone))
    return local.replace(tzinfo=None)  # shown as it is: local time of the campaign


def _neighbour(seen: Overview, step: int) -> date:
    return date.fromordinal(seen.day.toordinal() + step)


@allowed(Act.READ_PLAN)
def revisions(request: HttpRequest, slug: str) -> HttpResponse:
    """The plan's revisions, each with what it changed."""
    campaign = campaigns.campaign(slug)
    found = campaigns.revisions(campaign.pk)
    rows = []
    before: dict[str, object] = {}
    for revision in found:
        rows.append((revision, differences(before, revision.content) if before else []))
        before = revision.content
    plan = campaigns.latest_plan(campaign.pk)
    values = {
        "campaign": campaign,
        "plan": plan,
        "rows": rows[::-1],
        "targets": [(t, MEASURES[t.measure]) for t in plan.targets],
        "sites": [(s, SITE_KINDS[s.kind]) for s in plan.sites],
    }
    return render(request, "coordination/revisions.html", values)
