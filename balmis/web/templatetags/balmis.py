"""What templates call: formatted numbers and names, labels, bars."""

from uuid import uuid4

from django import template
from django.forms import BaseForm, BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from balmis.contexts.campaigns.plan.format import Opening
from balmis.core.vocabulary.campaigns import Progress
from balmis.core.vocabulary.places import SiteStatus
from balmis.core.vocabulary.units import RosterStatus
from balmis.web.labels import formats
from balmis.web.labels.common import PROGRESS, ROSTER_CLASS, SITE_STATUS, WEEKDAYS

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
):
    register.filter(name, getattr(formats, name))


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


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, label: str = "") -> dict[str, object]:
    """A field with its label, its help and what is wrong with it; hidden ones are just there. `label`
    is the label's class: "hide" where the column of a table says it to those who see."""
    return {"field": bound, "label": label}


@register.inclusion_tag("parts/fields.html")
def fields(form: BaseForm) -> dict[str, BaseForm]:
    """All fields of a form."""
    return {"form": form}
