"""The day's report as text, JSON, CSV, HTML and Excel."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from balmis.core.reporting.report import (
    AreaRow,
    EventCounts,
    GroupRow,
    ProductRow,
    Report,
    Restatement,
    SiteRow,
    Span,
    StockRow,
    TargetRow,
    plain,
)
from balmis.core.spreadsheet_cells import neutral
from balmis.web.labels.common import KINDS, MEASURES
from balmis.web.shared.forms import Label

FORMATS = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Figure = tuple[str, str, str, object]  # section, key, figure, value
SECTIONS = ("by_area", "by_group", "by_site", "by_product", "stock")
# what a report needs that is read without the program
STYLES = ("tokens", "base", "components", "figures", "print")


def render_report(report: Report, format: str) -> tuple[bytes, str]:
    """The report in one of FORMATS, and its content type."""
    if format == "xlsx":
        return _xlsx(report), FORMATS[format]
    text = {"text": _text, "json": _json, "csv": _csv, "html": _html}[format](report)
    return text.encode("utf-8-sig" if format == "csv" else "utf-8"), FORMATS[format]


def _json(report: Report) -> str:
    return json.dumps(plain(report), ensure_ascii=False, indent=1)


def figures(report: Report) -> Iterator[Figure]:
    """Every figure as (section, key, figure, value), in the order of the JSON."""
    values = plain(report)
    for name in ("campaign", "day", "as_of", "status", "closed_at", "plan_revision"):
        yield "report", "", name, values[name]
    for section in ("doses", "people", "key_groups", "safety"):
        yield from _flat(section, values[section])
    for row in values["coverage"]:
        yield from _flat("coverage", row, row["target"])
    for section in SECTIONS:
        for row in values[section]:
            key = row["code"] if section != "stock" else f"{row['site']}/{row['product']}"
            yield from _flat(section, row, key)
    for change in report.restatement.changes if report.restatement else ():
        yield "restatement", change.figure, "frozen", change.frozen
        yield "restatement", change.figure, "now", change.now


def _flat(section: str, value: object, key: str = "", name: str = "") -> Iterator[Figure]:
    if isinstance(value, dict):
        for k, v in value.items():
            yield from _flat(section, v, key, f"{name}.{k}".strip("."))
    else:
        yield section, key, name, value


def _csv(report: Report) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["section", "key", "figure", "value"])
    for section, key, figure, value in figures(report):
        writer.writerow([section, neutral(key), figure, "" if value is None else _safe(value)])
    return out.getvalue()


def _safe(value: object) -> object:
    return neutral(value) if isinstance(value, str) else value


def _xlsx(report: Report) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Summary")
    sheet.append(["section", "key", "figure", "value"])
    for row in figures(report):
        if row[0] not in SECTIONS:
            sheet.append([_safe(v) for v in row])
    values = plain(report)
    for section in SECTIONS:
        sheet = book.create_sheet(section)
        rows = [_spread(row) for row in values[section]]
        heading = list(dict.fromkeys(k for row in rows for k in row))
        sheet.append(heading)
        for flat in rows:
            sheet.append([_safe(flat.get(k)) for k in heading])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _spread(row: object) -> dict[str, object]:
    return {name: value for _, _, name, value in _flat("", row)}


def kind_rows(report: Report) -> list[tuple[Label, Span]]:
    return [(KINDS[kind], span) for kind, span in report.doses.by_kind.items()]


def coverage_rows(report: Report) -> list[tuple[TargetRow, Label]]:
    return [(row, MEASURES[row.measure]) for row in report.coverage]


def _html(report: Report) -> str:
    values = {
        "report": report,
        "style": mark_safe("".join(_styles())),  # our own files  # noqa: S308
        "kinds": kind_rows(report),
        "targets": coverage_rows(report),
    }
    return render_to_string("report_alone.html", values)


def _styles() -> Iterator[str]:
    for name in STYLES:
        path = finders.find(f"styles/{name}.css")
        yield Path(str(path)).read_text(encoding="utf-8")


def _text(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.campaign}: report of {report.day}, as of 24:00 {report.time_zone}"
    yield f"status: {report.status}" + (f" on {report.closed_at}" if report.closed_at else "")
    yield ""
    yield from _total_lines(report)
    yield from _safety_lines(report.safety)
    yield ""
    for row in report.coverage:
        yield from _coverage_lines(row)
    yield from _table_lines("by area", report.by_area)
    yield from _table_lines("by group", report.by_group)
    yield from _table_lines("by site", report.by_site)
    yield from _table_lines("by product", report.by_product)
    yield from _stock_lines(report.stock)
    yield from _restatement_lines(report.restatement)


def _total_lines(report: Report) -> Iterator[str]:
    doses, key = report.doses, report.key_groups
    yield f"{'doses':32} {doses.day:>12,} {doses.total:>14,}   (of the day, in all)"
    for kind, n in doses.by_kind.items():
        yield f"  {kind.replace('_', ' '):30} {n.day:>12,} {n.total:>14,}"
    for name, reached in plain(report)["people"].items():  # in the order of the JSON
        yield f"{'people ' + name:32} {reached['day']:>12,} {reached['total']:>14,}"
    yield f"{'boosters in key groups':32} {key.boosters_day:>12,} {key.boosters_total:>14,}"


def _safety_lines(safety: EventCounts) -> Iterator[str]:
    labels = {
        "reports": "adverse events reported",
        "serious": "serious events",
        "deaths": "deaths",
    }
    for name, label in labels.items():
        told = f"   ({getattr(safety.week, name):,} in 7 days)" if safety.week else ""
        of_day, total = getattr(safety.day, name), getattr(safety.total, name)
        yield f"{label:32} {of_day:>12,} {total:>14,}{told}"


def _coverage_lines(row: TargetRow) -> Iterator[str]:
    d = row.denominator
    share = "–" if row.share is None else f"{row.share * 100:.1f} %"
    yield f"target {row.target}: {row.people:,} of {row.aim:,} by {row.by}"
    yield f"  {share} of {d.people:,} ({d.label.get('en', '')}, {d.as_of}, {d.source})"
    if row.above_denominator:
        yield "  WARNING: above 100 %: the denominator is too small or out of date."


def _table_lines(
    title: str, rows: Sequence[AreaRow | GroupRow | SiteRow | ProductRow]
) -> Iterator[str]:
    yield ""
    yield f"{title:32} {'doses day':>12} {'doses':>14} {'covered':>12} {'completed':>12}"
    for r in rows:
        above = isinstance(r, AreaRow | GroupRow) and r.above_denominator
        mark = "  above 100 %" if above else ""
        code = r.code or "(elsewhere or none)"
        yield (
            f"  {code:30} {r.doses_day:>12,} {r.doses_total:>14,} {r.covered:>12,} "
            f"{r.completed:>12,}{mark}"
        )


def _stock_lines(rows: list[StockRow]) -> Iterator[str]:
    yield ""
    yield f"{'stock (site, product)':44} {'received':>10} {'given':>10} {'wasted':>8} {'balance':>10}"
    for r in rows:
        below = "  below zero: count the shelf" if r.below_zero else ""
        yield (
            f"  {r.site + ', ' + r.product:42} {r.received:>10,.0f} {r.given:>10,.0f} "
            f"{r.wasted:>8,.0f} {r.balance:>10,.0f}{below}"
        )


def _restatement_lines(restatement: Restatement | None) -> Iterator[str]:
    if not restatement:
        return
    yield ""
    why = ", ".join(f"{n:,} {k.replace('_', ' ')}" for k, n in restatement.reasons.items())
    yield f"restated since it was closed ({why}):"
    for change in restatement.changes:
        yield f"  {change.figure:60} {change.frozen} → {change.now} ({change.difference:+})"
