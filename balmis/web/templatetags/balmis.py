"""What templates call: formatted numbers and names, labels, bars, and the elements of pages.
The elements are described, with all that they may be told, in docs/reference/components.md."""

import re
from collections.abc import Container, Sized
from datetime import datetime
from uuid import uuid4

from django import template
from django.forms import BaseForm, BoundField
from django.forms.utils import flatatt
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext

from balmis.contexts.campaigns.plan.format import Opening
from balmis.core.vocabulary.campaigns import Progress
from balmis.core.vocabulary.places import SiteStatus
from balmis.core.vocabulary.units import RosterStatus
from balmis.web.labels import formats, people
from balmis.web.labels.common import PROGRESS, ROSTER_CLASS, SITE_STATUS, WEEKDAYS
from balmis.web.shared.charts import Picture

BLOCKS = re.compile(r"<(p|ul|ol|dl|div|table|form|details|h\d)\b")  # none may stand in a paragraph

register = template.Library()
for name in (
    "percent",
    "number",
    "signed",
    "named",
    "in_tongue",
    "tile",
    "whole",
    "decimal",
    "plain",
    "published",
    "title_of",
    "measured",
    "chance",
    "birth_date",
    "row_problem",
    "until",
    "counted",
    "cell",
    "stamped",
    "listed",
):
    register.filter(name, getattr(formats, name))

register.simple_tag(formats.in_line)
register.filter("sex", people.sex)
register.filter("day", formats.day, expects_localtime=True)
register.filter("moment", formats.moment, expects_localtime=True)


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
        else formats.listed(WEEKDAYS[d] for d in entry.days)
    )
    return f"{days} {entry.from_}–{entry.to}"


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


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, label: str = "") -> dict[str, object]:
    """A field with its label, its help and what is wrong with it; hidden ones are just there. `label`
    is the label's class: "hide" where the column of a table says it to those who see."""
    return {"field": bound, "label": label}


@register.inclusion_tag("parts/fields.html")
def fields(form: BaseForm) -> dict[str, BaseForm]:
    """All fields of a form."""
    return {"form": form}


@register.inclusion_tag("parts/choice.html")
def choice(
    name: str,
    label: str,
    value: object = "on",
    *,
    chosen: bool | Container[str] = False,
    one: bool = False,
    field: BoundField | None = None,
) -> dict[str, object]:
    """A box to tick, or with `one` one button of several. `chosen` says whether it is, or holds all that
    are; `field` is what it belongs to, whose errors are told with it."""
    return {
        "kind": "radio" if one else "checkbox",
        "name": name,
        "label": label,
        "value": str(value),
        "chosen": chosen if isinstance(chosen, bool) else str(value) in chosen,
        "described": f"{field.auto_id}_error" if field and field.errors else "",
    }


@register.simple_block_tag
def notice(content: str, tone: str = "", *, focus: bool = False, **more: object) -> SafeString:
    """What the reader has to know: good, warn, bad, or a note without a tone. A paragraph, or a box
    where there is more in it. `focus`: the page opens here. `more` are attributes, as role and id."""
    element = "div" if BLOCKS.search(content) else "p"
    attributes = {name.replace("_", "-"): value for name, value in more.items()}
    attributes["class"] = f"notice {tone}".strip()
    if focus:
        attributes |= {"tabindex": "-1", "autofocus": True}
    return format_html("<{0}{1}>{2}</{0}>", element, flatatt(attributes), content)


@register.simple_block_tag
def table(
    content: str,
    *,
    by: str = "",
    label: str = "",
    caption: str = "",
    cards: bool = True,
    scroll: bool = False,
    kind: str = "",
    id: str | None = None,
    of: Sized | None = None,
    empty: str = "",
    tone: str = "",
) -> SafeString:
    """A table with its name: `by` the heading of that id, by a `label` for who does not see, or by a
    `caption`. On phones its rows are cards; with `scroll` it scrolls by itself, by keys as well. Where
    `of` holds nothing, the notice `empty` stands instead."""
    if empty and not of:
        return notice(str(empty), tone)
    name = {"aria-labelledby": by or None, "aria-label": label or None}
    classes = " ".join(filter(None, (kind, "cards-on-phones" if cards else "")))
    made = format_html(
        "<table{}>{}{}</table>",
        flatatt({"class": classes or None, "id": id or None, **name}),
        format_html("<caption>{}</caption>", caption) if caption else "",
        content,
    )
    if not scroll:
        return made
    region = flatatt({"class": "scroll", "tabindex": "0", "role": "region", **name})
    return format_html("<div{}>{}</div>", region, made)


@register.simple_tag
def clock(
    *,
    since: datetime | None = None,
    minutes: int = 0,
    left: int | None = None,
    due: datetime | None = None,
    late: object = False,
) -> SafeString:
    """A time that runs: `minutes` `since` a moment, which a script counts on; what is `left` in seconds,
    which it counts down (the words beside it say it too); or when something is `due`, and whether it is
    late."""
    if left is not None:
        return format_html('<strong aria-hidden="true" data-seconds="{}"></strong>', left)
    moment = localtime(since or due)
    if since:
        counted = '<time class="minutes" datetime="{0}" data-since="{0}">{1}</time>'
        return format_html(counted, moment.isoformat(), minutes)
    mark = format_html(' <span class="status bad">{}</span>', gettext("late")) if late else ""
    when = '<time datetime="{}">{}</time>{}'
    return format_html(when, moment.isoformat(), formats.moment(moment), mark)


@register.inclusion_tag("parts/picture.html")
def picture(
    route: str, *where: object, query: str = "", height: int = 260, alt: str = "", ending: str = ""
) -> dict[str, object]:
    """A picture that the program draws: light or dark, wide or for phones. Its address is `route` at
    `where` and the theme with its `ending`; `query` is what else it is asked for."""
    shown = {
        f"{theme}_{size}": _asked(route, (*where, theme + ending), query, f"size={size}")
        for theme in ("light", "dark")
        for size in ("narrow", "wide")
    }
    return shown | {"height": height, "alt": alt}


@register.inclusion_tag("parts/figure.html")
def figure(drawn: Picture, route: str, *where: object, query: str = "") -> dict[str, object]:
    """A picture under its name and its sentence, the same as a table, and as files to take along."""
    of, alt = (*where, drawn.name), f"{drawn.title}: {drawn.sentence}"
    files = {n: _asked(route, (*of, n), query, "size=wide") for n in ("png", "csv")}
    shown = picture(route, *of, query=query, height=drawn.height, alt=alt, ending=".svg")
    return {"p": drawn, "lazy": True, **shown, **files}


def _asked(route: str, where: tuple[object, ...], *query: str) -> str:
    return f"{reverse(route, args=where)}?{'&'.join(filter(None, query))}"
