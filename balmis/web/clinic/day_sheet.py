"""The day as an Excel file: written for people to fill in."""

from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from balmis.core.clinic.paper_form import Sheet
from balmis.core.schedule.texts import FINDINGS
from balmis.core.spreadsheet_cells import neutral
from balmis.core.vocabulary.clinic import Outcome
from balmis.core.vocabulary.schedule import Eligibility, Finding
from balmis.flows.clinic.paper import PaperDay
from balmis.web.labels.clinic import words_of_reason

FORMAT = "balmis-day/1"
MOST = 5_000  # rows
FILLED = ("questions", "consent", "at", "lot", "arm", "until", "reason", "vial", "by")
COLUMNS = ("person", "number", "name", "born", "time", "may", "product", *FILLED)
WIDTHS = (0, 14, 24, 12, 8, 26, 14, 12, 12, 8, 14, 8, 8, 24, 12, 16)
FIRST = 3  # row of the first person


def write_day(day: PaperDay, *, campaign: str, site: str) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = day.sheet.on.isoformat()
    page.append(
        [
            _(
                "Fill in the shaded columns. Leave the rest, and the order of the columns, as they are."
            )
        ]
    )
    page.append(_labels())
    zone = ZoneInfo(day.sheet.time_zone)
    for p in day.people:
        page.append(
            [
                p["id"],
                neutral(p["number"]),
                neutral(p["name"]),
                p["born"].isoformat(),
                p["booking"]["at"].astimezone(zone).strftime("%H:%M"),
                neutral(may_have(p)[1]),
                p["booking"]["product"],
                *[""] * len(FILLED),
            ]
        )
    _style(page)
    _choices(page, day)
    _open_vials(book, day.sheet)
    about = book.create_sheet("about")
    about.sheet_state = "hidden"
    for key, value in _about(day.sheet, campaign, site).items():
        about.append([key, value])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _labels() -> list[str]:
    return [
        "id",
        _("Number"),
        _("Name"),
        _("Born"),
        _("Time"),
        _("May have a dose"),
        _("Vaccine"),
        _("Questions: all no (x)"),
        _("Consent on paper (x; a minor's: guardian, relation)"),
        _("Dose at"),
        _("Lot"),
        _("Arm (left, right)"),
        _("Left at"),
        _("No dose because"),
        _("Vial (its letter, or what you wrote on it)"),
        _("Given by (empty: who reads the sheet in)"),
    ]


def may_have(p: dict[str, Any]) -> tuple[bool, str]:
    """May the person have a dose today, and what stands against it, in words for paper."""
    said = [_stop(s) for s in p["stops"]]
    if p["dose_today"]:
        said.insert(0, _("had a dose today"))
    if p["open_case"]:
        said.append(_("an event after an earlier dose is not decided: ask the doctor"))
    due = p["due"]
    if due["status"] != Eligibility.ELIGIBLE and not said:
        day, last = due["from_on"] or "?", due["last"] or "?"
        words = gettext(FINDINGS[Finding(due["reason"])])
        said.append(words.format_map({"day": day, "last": last, "phase": due["phase"] or "?"}))
    words = "; ".join(said) or _("yes")
    if p["minor"]:
        words += "; " + _("a minor: the guardian signs, with name and relation")
    return not said, words


def _stop(stop: dict[str, Any]) -> str:
    why = words_of_reason(stop["kind"], stop["reason"])
    if stop["outcome"] == Outcome.NEVER:
        if not stop["product"]:
            return _("NEVER with any vaccine: %(why)s") % {"why": why}
        return _("NEVER with %(product)s: %(why)s") % {"product": stop["product"], "why": why}
    if stop["until"] is None:
        return _("put off, until when is not known: %(why)s") % {"why": why}
    return _("not before %(day)s") % {"day": stop["until"]}


def _style(page: Any) -> None:
    page.freeze_panes = f"D{FIRST}"
    for cell in page[FIRST - 1]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    shade = PatternFill("solid", fgColor="FFF6D6")
    for n, width in enumerate(WIDTHS):
        letter = get_column_letter(n + 1)
        page.column_dimensions[letter].width = width or 4
        page.column_dimensions[letter].hidden = width == 0
        if COLUMNS[n] in FILLED:
            for row in range(FIRST - 1, page.max_row + 1):
                page.cell(row, n + 1).fill = shade
                page.cell(row, n + 1).number_format = "@"  # as it is written


def _choices(page: Any, day: PaperDay) -> None:
    """Names that are chosen, not typed, where they fit into a list."""
    for column, options in (("product", day.products), ("by", day.staff)):
        listed = ",".join(options)
        if not listed or len(listed) > 250:
            continue
        rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        letter = get_column_letter(COLUMNS.index(column) + 1)
        rule.add(f"{letter}{FIRST}:{letter}{max(FIRST, page.max_row)}")
        page.add_data_validation(rule)


def _open_vials(book: Any, sheet: Sheet) -> None:
    page, zone = book.create_sheet(neutral(_("Open vials"))), ZoneInfo(sheet.time_zone)
    page.append([_("Letter"), _("Vaccine"), _("Lot"), _("Opened")])
    for letter, v in sheet.vials.items():
        page.append(
            [
                letter,
                neutral(v.product),
                neutral(v.lot),
                v.opened_at.astimezone(zone).strftime("%H:%M"),
            ]
        )


def _about(sheet: Sheet, campaign: str, site: str) -> dict[str, str]:
    return {
        "format": FORMAT,
        "id": str(sheet.id),
        "campaign": campaign,
        "site": site,
        "on": sheet.on.isoformat(),
        "time_zone": sheet.time_zone,
        "as_of": sheet.as_of.isoformat(),
        "questionnaire": "|".join(sheet.questionnaire),
        "consent": "|".join(sheet.consent),
        **{
            f"vial {letter}": "|".join((str(v.id), v.product, v.opened_at.isoformat(), v.lot))
            for letter, v in sheet.vials.items()
        },
    }
