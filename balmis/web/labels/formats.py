"""Numbers, shares and names as the reader's language writes them."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats, translation
from django.utils.timezone import localtime
from django.utils.translation import gettext, pgettext

from balmis.core.files.line_list import RowProblem
from balmis.core.reporting.report import AreaRow, GroupRow, ProductRow, SiteRow
from balmis.core.vocabulary.campaigns import Measure
from balmis.core.vocabulary.people import BirthPrecision

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _rounded(value: float, digits: int) -> str:
    """Half away from zero, as people round; Django's own formatting cuts off."""
    step = Decimal(1).scaleb(-digits)
    exact = Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP)
    return formats.number_format(exact, digits, force_grouping=True)


def percent(share: float | None, digits: int = 1) -> str:
    """0.1234 → '12.3 %'; nothing known → '–'."""
    if share is None:
        return "–"
    return gettext("%(number)s %%") % {"number": _rounded(share * 100, digits)}


def number(value: float | None) -> str:
    """Whole numbers with thousands separators; parts of a dose with their decimals."""
    if value is None:
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return _rounded(value, 1)
    return _rounded(value, 0)


def signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + number(abs(value))


def named(names: dict[str, str] | str | None) -> str:
    """The name in the reader's language, else in English, else whichever there is."""
    if isinstance(names, str):
        return names
    if not names:
        return ""
    language = translation.get_language() or "en"
    return names.get(language) or names.get("en") or next(iter(names.values()))


def in_tongue(names: dict[str, str], language: str) -> str:
    """The name in this language, else as `named`."""
    return names.get(language) or named(names)


def tile(share: float | None) -> str:
    """The class of a coverage tile: cov-0 … cov-9, cov-over above 100 %, cov-none."""
    if share is None:
        return "cov-none"
    return "cov-over" if share > 1 else f"cov-{min(9, int(share * 10))}"


def whole(value: float | None) -> str:
    """Rounded to a whole number."""
    return number(None if value is None else round(value))


def decimal(value: float | None) -> str:
    """With one decimal."""
    return "–" if value is None else _rounded(value, 1)


def plain(value: float) -> str:
    """As SVG and CSS write numbers, whatever the language."""
    return f"{value:.2f}"


def published(value: int | None) -> str:
    """A count for the public; one that is left out says so."""
    return gettext("left out") if value is None else number(value)


def title_of(row: AreaRow | GroupRow | SiteRow | ProductRow) -> str:
    """What a row of the report is called in the reader's language."""
    if not row.code:
        return gettext("Elsewhere, or in none")
    if isinstance(row, ProductRow):
        return row.name or row.code
    return named(row.title if isinstance(row, GroupRow) else row.names) or row.code


def measured(value: float | None) -> str:
    """Three digits that count: expected numbers are often far below one."""
    if value is None:
        return "–"
    if 0 < abs(value) < 0.0001:
        return f"< {_rounded(0.0001, 4)}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 4
    return _rounded(value, digits)


def chance(value: float | None) -> str:
    """A probability; of what is hardly possible only how seldom it is at least."""
    if value is None:
        return "–"
    return f"< {_rounded(0.001, 3)}" if value < 0.001 else _rounded(value, 3)


def birth_date(of: object) -> str:
    """When somebody was born, as well as it is known: a day, a month, a year, or about."""
    if isinstance(of, dict):
        born, precision = of["born"], of["born_precision"]
    else:
        born, precision = of.born, getattr(of, "born_precision", BirthPrecision.DAY)  # type: ignore[attr-defined]
    if precision == BirthPrecision.MONTH:
        return formats.date_format(born, "YEAR_MONTH_FORMAT")
    if precision == BirthPrecision.YEAR:
        return gettext("born in %(year)s") % {"year": born.year}
    if precision == BirthPrecision.ABOUT:
        return gettext("born about %(year)s") % {"year": born.year}
    return formats.date_format(born, "SHORT_DATE_FORMAT")


def counted(value: float | None, measure: Measure | str) -> str:
    """How many people, or doses: languages that count with a word of their own write it."""
    if value is None:
        return "–"
    said = pgettext("doses", "%(n)s") if measure == Measure.DOSES else pgettext("people", "%(n)s")
    return said % {"n": whole(value)}


def listed(items: Iterable[object]) -> str:
    """One after the other, as the language parts them."""
    return pgettext("between items of a list", ", ").join(str(item) for item in items)


def in_line(*parts: object) -> str:
    """A place, its day and the like in one line; what is not there is left out."""
    return pgettext("between parts of a line", ", ").join(str(part) for part in parts if part)


def day(value: date | None) -> str:
    """A day as the language writes it in tables and lists, with its year."""
    return formats.date_format(value, "SHORT_DATE_FORMAT") if isinstance(value, date) else ""


def moment(value: datetime | None) -> str:
    """A day and its time, on a clock of 24 hours."""
    return formats.date_format(value, "SHORT_DATETIME_FORMAT") if isinstance(value, date) else ""


def cell(value: object) -> object:
    """What stands in a table beside a picture: days, which files have as 2021-06-17, as people write."""
    if isinstance(value, datetime):
        return moment(localtime(value))
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        return day(date.fromisoformat(value))
    return value


def stamped(text: str) -> str:
    """A moment that a report carries as ISO 8601, by its own clock."""
    return moment(datetime.fromisoformat(text)) if text else ""


def until(moment: datetime) -> str:
    """The end of something by the clock of the page's place: midnight is the 24:00 of its day."""
    at = localtime(moment)
    return f"{at:%H:%M}" if at.time() != time() else "24:00"


def row_problem(problem: RowProblem) -> str:
    """What is wrong with a row of a list, in the reader's language."""
    said = gettext(problem.message)
    return said.format(**dict(problem.values)) if problem.values else said
