"""Numbers, shares and names as the reader's language writes them."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import uuid4

from django import template
from django.utils import formats, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from balmis.contexts.campaigns.plan.format import Opening
from balmis.core.vocabulary import Progress, RosterStatus, SiteStatus
from balmis.web.words import PROGRESS, ROSTER_CLASS, SITE_STATUS, WEEKDAYS

register = template.Library()


def _rounded(value: float, digits: int) -> str:
    """Half away from zero, as people round; Django's own formatting cuts off."""
    step = Decimal(1).scaleb(-digits)
    exact = Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP)
    return formats.number_format(exact, digits, force_grouping=True)


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """0.1234 → '12.3 %'; nothing known → '–'."""
    if share is None:
        return "–"
    return f"{_rounded(share * 100, digits)} %"


@register.filter
def number(value: float | None) -> str:
    """Whole numbers with thousands separators; parts of a dose with their decimals."""
    if value is None:
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return _rounded(value, 1)
    return _rounded(value, 0)


@register.filter
def signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + number(abs(value))


@register.filter
def named(names: dict[str, str] | str | None) -> str:
    """The name in the reader's language, else in English, else whichever there is."""
    if isinstance(names, str):
        return names
    if not names:
        return ""
    language = translation.get_language() or "en"
    return names.get(language) or names.get("en") or next(iter(names.values()))


@register.filter
def in_tongue(names: dict[str, str], language: str) -> str:
    """The name in this language, else as `named`."""
    return names.get(language) or named(names)


@register.filter
def tile(share: float | None) -> str:
    """The class of a coverage tile: cov-0 … cov-9, cov-over above 100 %, cov-none."""
    if share is None:
        return "cov-none"
    return "cov-over" if share > 1 else f"cov-{min(9, int(share * 10))}"


@register.filter
def whole(value: float | None) -> str:
    """Rounded to a whole number."""
    return number(None if value is None else round(value))


@register.filter
def decimal(value: float | None) -> str:
    """With one decimal."""
    return "–" if value is None else _rounded(value, 1)


@register.filter
def plain(value: float) -> str:
    """As SVG and CSS write numbers, whatever the language."""
    return f"{value:.2f}"


@register.filter
def published(value: int | None) -> str:
    """A count for the public; one that is left out says so."""
    return gettext("left out") if value is None else number(value)


@register.filter
def progress(status: str) -> str:
    return str(PROGRESS[Progress(status)])


@register.filter
def roster_class(status: str) -> str:
    """The class of a member's status: done, open, warn or planned."""
    return ROSTER_CLASS.get(RosterStatus(status), "planned")


@register.filter
def site_status(status: str) -> str:
    return str(SITE_STATUS[SiteStatus(status)])


@register.filter
def opening(entry: Opening) -> str:
    """'Mon, Tue 09:00–18:00', or 'Every day 09:00–18:00'."""
    days = (
        gettext("Every day")
        if len(set(entry.days)) == len(WEEKDAYS)
        else ", ".join(str(WEEKDAYS[d]) for d in entry.days)
    )
    return f"{days} {entry.from_}–{entry.to}"


@register.filter
def title_of(row: dict[str, Any]) -> str:
    """What a row of the report is called in the reader's language."""
    if not row["code"]:
        return gettext("Elsewhere, or in none")
    names = row.get("names") or row.get("title")
    return named(names) if names else str(row.get("name") or row["code"])


@register.simple_tag
def bar(share: float | None, label: str, target: float | None = None) -> SafeString:
    """A progress bar as a picture with a text alternative; `target` draws its line."""
    width = max(0.0, min(1.0, share or 0.0)) * 100
    line = (
        format_html(
            '<line class="bar-target" x1="{x}" x2="{x}" y1="0" y2="10"/>', x=f"{target * 100:.2f}"
        )
        if target is not None
        else ""
    )
    return format_html(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="bar-ground" width="100" height="10"/>'
        '<rect class="bar-value" width="{}" height="10"/>{}</svg>',
        label,
        f"{width:.2f}",
        line,
    )


@register.simple_tag
def new_request() -> str:
    """A request id of its own for one button: pressed twice, it is answered once."""
    return str(uuid4())


@register.simple_tag
def kept(values: dict[str, str], prefix: str, key: int) -> str:
    """What was entered in the field of this key."""
    return values.get(f"{prefix}{key}", "")


@register.filter
def measured(value: float | None) -> str:
    """Three digits that count: expected numbers are often far below one."""
    if value is None:
        return "–"
    if 0 < abs(value) < 0.0001:
        return f"< {_rounded(0.0001, 4)}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 4
    return _rounded(value, digits)


@register.filter
def chance(value: float | None) -> str:
    """A probability; of what is hardly possible only how seldom it is at least."""
    if value is None:
        return "–"
    return f"< {_rounded(0.001, 3)}" if value < 0.001 else _rounded(value, 3)
