"""Cells that are safe to open in a spreadsheet, and dates as lists write them."""

import re
from datetime import date, timedelta

# A cell that begins with one of these would be run as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?$")


def neutral(text: str) -> str:
    """The text, marked so that no spreadsheet runs it as a formula. Numbers stay numbers."""
    if text.startswith(_FORMULA) and not _NUMBER.match(text):
        return "'" + text
    return text


# Day 0 of Excel's calendar; it counts a 29 February 1900 that never was (ECMA-376, 18.17.4).
_EXCEL_ZERO = date(1899, 12, 30)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$")
_OTHER = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")


def read_date(text: str, *, day_first: bool) -> date:
    """A date written as 1950-05-03, 03/05/1950 (by `day_first`), 19500503 or an Excel serial.

    Raises ValueError, saying what was understood.
    """
    text = text.strip().removesuffix(" 00:00:00").removesuffix("T00:00:00")
    if match := _ISO.match(text) or _COMPACT.match(text):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if match := _OTHER.match(text):
        first, second = int(match[1]), int(match[2])
        day, month = (first, second) if day_first else (second, first)
        if month > 12:
            order = "day first" if day_first else "month first"
            raise ValueError(f"read {order} there is no month {month}")
        return date(int(match[3]), month, day)
    if text.isdigit() and 61 <= int(text) <= 73_000:  # 1900-03-01 to 2099
        return _EXCEL_ZERO + timedelta(days=int(text))
    raise ValueError("not a date; write it as 1950-05-03")
