"""The page of a unit: its roster, its block and its link."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import segno
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from balmis.contexts.booking import free_places
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.units import queries
from balmis.core.collation import sort_key
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.written_forms import fold, fold_number
from balmis.flows.units import rosters as flow
from balmis.flows.units import unit_links
from balmis.web.labels.common import ROSTER
from balmis.web.shared.acting import DONE, Answer
from balmis.web.shared.forms import Form
from balmis.web.shared.requests import actor_of
from balmis.web.unit.forms import BookForm, LinkForm, PeopleForm, RosterForm

if TYPE_CHECKING:
    from balmis.contexts.units.models import Unit

SHOWN = 300  # rows of the roster on the page


def unit_of(request: HttpRequest, slug: str, code: str) -> Unit:
    try:
        unit: Unit = queries.unit(campaigns.campaign(slug).pk, code)
        flow.check_leads(unit, actor_of(request))
    except Refusal:
        raise Http404(gettext("There is no such unit.")) from None
    except NotAllowed:
        raise PermissionDenied(Act.LEAD_UNIT.value) from None
    return unit


def _fits(member: flow.Member, words: list[str]) -> bool:
    """Each word stands in the name, in any spelling, or is the number."""
    said = fold(member.name)
    return all(w in said or fold_number(w) == fold_number(member.number) for w in words)


def show_unit(
    request: HttpRequest,
    slug: str,
    unit: Unit,
    answer: Answer = DONE,
    sent: Form | None = None,
    **more: object,
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    seen = flow.standing(slug, unit.code, actor=actor_of(request), now=datetime.now(UTC))
    chosen, words = request.GET.get("status", ""), fold(request.GET.get("q", "")).split()
    rows = [m for m in seen.members if (not chosen or m.status == chosen) and _fits(m, words)]
    plan = campaigns.latest_plan(unit.campaign_id)
    tongue = plan.naming.names if plan.naming else plan.languages[0]
    rows.sort(key=lambda m: sort_key(m.name, tongue))
    total = len(seen.members)
    people = sent if isinstance(sent, PeopleForm) else PeopleForm(name="people")
    ticked = people.ticked()
    held = free_places.blocks(unit.campaign_id, unit.code, now=datetime.now(UTC))
    values = {
        "campaign": unit.campaign,
        "plan": plan,
        "unit": unit,
        "seen": seen,
        "total": total,
        "apart": any(not m.shown for m in seen.members),
        "counts": [
            (s.value, ROSTER[s], n, n / total if total else 0) for s, n in seen.counts.items()
        ],
        "least": flow.LEAST,
        "rows": [(m, ROSTER[m.status], str(m.person) in ticked) for m in rows[:SHOWN]],
        "left_out": max(0, len(rows) - SHOWN),
        "chosen": chosen,
        "q": request.GET.get("q", ""),
        "blocks": held,
        "free": sum(places - took for *_, places, took in held),
        "zone": unit.campaign.time_zone,
        "answer": answer,
        "list": sent if isinstance(sent, RosterForm) else RosterForm(),
        "all": BookForm(name="all"),
        "some": BookForm(name="some"),
        "people": people,
    }
    values |= _link(unit)
    return render(request, "unit/show.html", values | more, status=answer.status)


def _link(unit: Unit) -> dict[str, object]:
    """The unit's link, as text and to photograph; and until when one is good."""
    now = datetime.now(UTC)
    found = unit_links.link_of(unit, now=now)
    picture = segno.make(found, error="m") if found else None
    return {
        "link": found,
        "link_code": picture.svg_inline(scale=4, border=2, light="white") if picture else "",
        "link_ends": unit_links.last_day(unit.campaign),
        "link_over": unit_links.is_over(unit.campaign, now),
        "link_form": LinkForm(name="link"),
    }
