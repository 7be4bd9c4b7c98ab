"""The day's report as text, JSON, CSV, HTML and Excel."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from balmis.core.spreadsheet_cells import neutral
from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.clinic import DoseKind
from balmis.web.labels.common import KINDS, MEASURES

FORMATS = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SECTIONS = ("by_area", "by_group", "by_site", "by_product", "stock")
# what a report needs that is read without the program
STYLES = ("tokens", "base", "components", "figures", "print")


def render_report(report: dict[str, Any], format: str) -> tuple[bytes, str]:
    """The report in one of FORMATS, and its content type."""
    if format == "xlsx":
        return _xlsx(report), FORMATS[format]
    text = {"text": _text, "json": _json, "csv": _csv, "html": _html}[format](report)
    return text.encode("utf-8-sig" if format == "csv" else "utf-8"), FORMATS[format]


def _json(report: dict[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False, indent=1)


def figures(report: dict[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """Every figure as (section, key, figure, value)."""
    for name in ("campaign", "day", "as_of", "status", "closed_at", "plan_revision"):
        yield "report", "", name, report[name]
    for section in ("doses", "people", "key_groups", "safety"):
        yield from _flat(section, report[section])
    for row in report["coverage"]:
        yield from _flat("coverage", row, row["target"])
    for section in SECTIONS:
        for row in report[section]:
            key = row.get("code", "") if section != "stock" else f"{row['site']}/{row['product']}"
            yield from _flat(section, row, key)
    for change in (report["restatement"] or {}).get("changes", []):
        yield "restatement", change["figure"], "frozen", change["frozen"]
        yield "restatement", change["figure"], "now", change["now"]


def _flat(
    section: str, value: Any, key: str = "", name: str = ""
) -> Iterator[tuple[str, str, str, Any]]:
    if isinstance(value, dict):
        for k, v in value.items():
            yield from _flat(section, v, key, f"{name}.{k}".strip("."))
    else:
        yield section, key, name, value


def _csv(report: dict[str, Any]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["section", "key", "figure", "value"])
    for section, key, figure, value in figures(report):
        writer.writerow([section, neutral(key), figure, "" if value is None else _safe(value)])
    return out.getvalue()


def _safe(value: Any) -> Any:
    return neutral(value) if isinstance(value, str) else value


def _xlsx(report: dict[str, Any]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Summary")
    sheet.append(["section", "key", "figure", "value"])
    for row in figures(report):
        if row[0] not in SECTIONS:
            sheet.append([_safe(v) for v in row])
    for section in SECTIONS:
        sheet = book.create_sheet(section)
        rows = [_spread(row) for row in report[section]]
        heading = list(dict.fromkeys(k for row in rows for k in row))
        sheet.append(heading)
        for flat in rows:
            sheet.append([_safe(flat.get(k)) for k in heading])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _spread(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for _, _, name, value in _flat("", row)}


def _html(report: dict[str, Any]) -> str:
    values = {
        "report": report,
        "style": mark_safe("".join(_styles())),  # our own files
        "kinds": [(KINDS[DoseKind(k)], v) for k, v in report["doses"]["by_kind"].items()],
        "targets": [(r, MEASURES[Measure(r["measure"])]) for r in report["coverage"]],
    }
    return render_to_string("report_alone.html", values)


def _styles() -> Iterator[str]:
    for name in STYLES:
        path = finders.find(f"styles/{name}.css")
        yield Path(str(path)).read_text(encoding="utf-8")


def _text(report: dict[str, Any]) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: dict[str, Any]) -> Iterator[str]:
    yield f"{report['campaign']}: report of {report['day']}, as of 24:00 {report['time_zone']}"
    yield f"status: {report['status']}" + (
        f" on {report['closed_at']}" if report["closed_at"] else ""
    )
    yield ""
    doses, people = report["doses"], report["people"]
    yield f"{'doses':32} {doses['day']:>12,} {doses['total']:>14,}   (of the day, in all)"
    for kind, n in doses["by_kind"].items():
        yield f"  {kind.replace('_', ' '):30} {n['day']:>12,} {n['total']:>14,}"
    for name, n in people.items():
        yield f"{'people ' + name:32} {n['day']:>12,} {n['total']:>14,}"
    key = report["key_groups"]
    yield f"{'boosters in key groups':32} {key['boosters_day']:>12,} {key['boosters_total']:>14,}"
    for name in ("reports", "serious", "deaths"):
        label = {
            "reports": "adverse events reported",
            "serious": "serious events",
            "deaths": "deaths",
        }[name]
        week = report["safety"].get("week", {}).get(name)
        told = "" if week is None else f"   ({week:,} in 7 days)"
        yield (
            f"{label:32} {report['safety']['day'][name]:>12,} "
            f"{report['safety']['total'][name]:>14,}{told}"
        )
    yield ""
    for row in report["coverage"]:
        yield from _coverage_lines(row)
    for section in ("by_area", "by_group", "by_site", "by_product"):
        yield from _table_lines(section, report[section])
    yield from _stock_lines(report["stock"])
    yield from _restatement_lines(report["restatement"])


def _coverage_lines(row: dict[str, Any]) -> Iterator[str]:
    d = row["denominator"]
    share = "–" if row["share"] is None else f"{row['share'] * 100:.1f} %"
    yield f"target {row['target']}: {row['people']:,} of {row['aim']:,} by {row['by']}"
    yield f"  {share} of {d['people']:,} ({d['label'].get('en', '')}, {d['as_of']}, {d['source']})"
    if row["above_denominator"]:
        yield "  WARNING: above 100 %: the denominator is too small or out of date."


def _table_lines(section: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield f"{section.replace('_', ' '):32} {'doses day':>12} {'doses':>14} {'covered':>12} {'completed':>12}"
    for r in rows:
        mark = "  above 100 %" if r.get("above_denominator") else ""
        code = r["code"] or "(elsewhere or none)"
        yield (
            f"  {code:30} {r['doses_day']:>12,} {r['doses_total']:>14,} {r['covered']:>12,} "
            f"{r['completed']:>12,}{mark}"
        )


def _stock_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield f"{'stock (site, product)':44} {'received':>10} {'given':>10} {'wasted':>8} {'balance':>10}"
    for r in rows:
        below = "  below zero: count the shelf" if r["below_zero"] else ""
        yield (
            f"  {r['site'] + ', ' + r['product']:42} {r['received']:>10,.0f} {r['given']:>10,.0f} "
            f"{r['wasted']:>8,.0f} {r['balance']:>10,.0f}{below}"
        )


def _restatement_lines(restatement: dict[str, Any] | None) -> Iterator[str]:
    if not restatement:
        return
    yield ""
    why = ", ".join(f"{n:,} {k.replace('_', ' ')}" for k, n in restatement["reasons"].items())
    yield f"restated since it was closed ({why}):"
    for change in restatement["changes"]:
        yield f"  {change['figure']:60} {change['frozen']} → {change['now']} ({change['difference']:+})"
