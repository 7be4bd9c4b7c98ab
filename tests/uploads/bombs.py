"""Files that somebody would send to stop the program: small to send, and endless to read."""

import io
import zipfile

import openpyxl

TOO_MUCH, TOO_HEAVY, NOT_EXCEL = "holds more than", "too long or too much memory", "Excel workbook"
HEAD = '<?xml version="1.0"?>'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STRINGS, SHEET = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"


def workbook(**parts: str) -> bytes:
    """A list of two rows as xlsx, with parts of it written otherwise."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (("number", "born", "name"), ("P1", "1950-05-05", "Resident 1")):
        book.active.append(row)
    book.save(out)
    named = {SHEET: parts.get("sheet"), STRINGS: parts.get("strings")}
    made = io.BytesIO()
    with zipfile.ZipFile(out) as plain, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in {*plain.namelist(), *(n for n, text in named.items() if text)}:
            packed.writestr(name, named.get(name) or plain.read(name))
        for n in range(int(parts.get("more", 0))):
            packed.writestr(f"xl/media/{n}", b"")
    return made.getvalue()


def strings(content: str) -> str:
    return f"{HEAD}<sst {MAIN}>{content}</sst>"


def sheet(content: str) -> str:
    return f"{HEAD}<worksheet {MAIN}><sheetData>{content}</sheetData></worksheet>"


def rows(number: int, cell: str = "") -> str:
    return "".join(f'<row r="{n}">{cell.format(n)}</row>' for n in range(1, number + 1))


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
ENTITY = f'{HEAD}<!DOCTYPE x [<!ENTITY a "b">]><worksheet {MAIN}><sheetData/></worksheet>'
CELL = '<c r="A{0}"><v>1</v></c>'


def bombs() -> dict[str, tuple[bytes, str]]:
    """Each with words of the refusal. Made when asked for: they are large before they are packed."""
    return {
        "200,000 columns": (",".join(f"c{n}" for n in range(200_000)).encode(), TOO_MUCH),
        "60,000 columns": (b"," * 60_000 + b"\n1", TOO_MUCH),
        "a cell of 2 MB": (b"number,born\n" + b"x" * 2_000_000, TOO_MUCH),
        "600,000 rows": (b"number,born\n" + b",\n" * 600_000, TOO_MUCH),
        "4 million strings": (workbook(strings=strings("<si><t>a</t></si>" * 4_000_000)), TOO_MUCH),
        "a string of 300 MB": (
            workbook(strings=strings(f"<si><t>{'a' * 300_000_000}</t></si>")),
            TOO_MUCH,
        ),
        "a million rows": (workbook(sheet=sheet(rows(1_000_000, CELL))), TOO_MUCH),
        "one string in many cells": (
            workbook(
                strings=strings(f"<si><t>{'a' * 32_000}</t></si>"),
                sheet=sheet(rows(7_000, '<c r="A{0}" t="s"><v>0</v></c>')),
            ),
            TOO_MUCH,
        ),
        "a far corner": (workbook(sheet=sheet(FAR)), TOO_HEAVY),
        "entities": (workbook(sheet=ENTITY), NOT_EXCEL),
        "many parts": (workbook(more="600"), TOO_MUCH),
        "no workbook": (b"PK\x03\x04" + b"0" * 5_000, NOT_EXCEL),
    }
