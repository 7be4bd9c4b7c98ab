"""Who is due, when and why: the demand curve and a phase's dry run."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.places import queries as places
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Refusal
from balmis.core.roles import MAY, Act
from balmis.core.schedule.texts import (
    ELIGIBILITIES,
    FINDINGS,
)
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.schedule import Eligibility, Finding
from balmis.flows.eligibility.demand import Demand, Opening, PartOfDemand, demand, opening
from balmis.web.labels.formats import named
from balmis.web.labels.refusals import in_language
from balmis.web.shared.requests import actor_of, allowed, read_day

WEEKS = (4, 8, 13, 26, 52)
AREAS = 12  # shown; more by choosing an area


@allowed(Act.READ_PLAN)
def due(request: HttpRequest, slug: str) -> HttpResponse:
    """How many are due now and in the next weeks, by group, area and product."""
    campaign = campaigns.campaign(slug)
    plan = campaigns.latest_plan(campaign.pk)
    seen, chosen = _demand(request, slug)
    top = max((w.people for w in seen.weeks), default=0)
    by_area = _by_area(request, seen, campaign.area.code)
    values = {
        "campaign": campaign,
        "plan": plan,
        "seen": seen,
        "chosen": chosen,
        "weeks": [(w, w.people / top if top else 0) for w in seen.weeks],
        "next_weeks": sum(w.people for w in seen.weeks),
        "week_choices": WEEKS,
        "areas": _areas(request, campaign.area.code),
        "groups": [(g.code, named(g.title)) for g in plan.groups],
        "products": [(p.code, p.name) for p in plan.products],
        "by_group": _labelled(seen.by_group, {g.code: named(g.title) for g in plan.groups}),
        "by_product": _labelled(seen.by_product, {p.code: p.name for p in plan.products}),
        "by_area": by_area[:AREAS],
        "areas_left": len(by_area) - AREAS,
        "why": _why(seen, plan),
        "phases": [(p.code, named(p.title)) for p in plan.phases],
        "opening": _opening(request, slug, plan),
        "may_look": _may_look(request),
    }
    return render(request, "coordination/due.html", values)


def _demand(request: HttpRequest, slug: str) -> tuple[Demand, dict[str, object]]:
    asked = {k: request.GET.get(k) or None for k in ("area", "group", "product")}
    weeks = request.GET.get("weeks", "")
    number = int(weeks) if weeks.isdecimal() and int(weeks) in WEEKS else 8
    try:
        found = demand(slug, PartOfDemand(**asked), weeks=number, actor=actor_of(request))
    except Refusal as refusal:
        raise Http404(in_language(refusal)) from None
    return found, asked | {"weeks": number}


def _areas(request: HttpRequest, code: str) -> list[tuple[str, str]]:
    """The areas one may choose: those in which the actor may read the plan."""
    actor = actor_of(request)
    held = [scope for _, scope in actor.grants if "@" not in scope]
    return [
        (a.code, "\u2003" * (a.depth or 0) + named(a.names))
        for a in sorted(places.areas_below(code), key=lambda a: a.path)
        if actor.trusted or any(a.path.startswith(scope) for scope in held)
    ]


def _by_area(request: HttpRequest, seen: Demand, code: str) -> list[tuple[str, int]]:
    names = {a.id: (a.code, named(a.names)) for a in places.areas_below(code)}
    mine = {code for code, _ in _areas(request, code)}
    rows = [(names[pk], n) for pk, n in seen.by_area.items() if pk in names]
    return [(name, n) for (code, name), n in rows if code in mine]


def _labelled(counts: dict[str, int], names: dict[str, str]) -> list[tuple[str, int]]:
    return [(names.get(code, code) or gettext("none"), n) for code, n in counts.items()]


def _why(seen: Demand, plan: Plan) -> list[tuple[str, str, int]]:
    """Status, reason and people of those who may not have a dose now."""
    rows = [(s, r, n) for (s, r), n in seen.by_status.items() if s != Eligibility.ELIGIBLE]
    return [(gettext(ELIGIBILITIES[Eligibility(s)]), _general(Finding(r)), n) for s, r, n in rows]


def _general(finding: Finding) -> str:
    """The reason for many people: without days and phases."""
    short = {
        Finding.DUE_LATER: gettext("the interval or the age is not reached yet"),
        Finding.PHASE_LATER: gettext("their phase opens later"),
        Finding.PHASE_UNDATED: gettext("their phase has no opening day yet"),
        Finding.PHASE_OVER: gettext("their phase is over"),
        Finding.DEFERRED: gettext("they wait for reasons of health"),
    }
    return short.get(finding) or gettext(FINDINGS[finding])


def _may_look(request: HttpRequest) -> bool:
    """People are looked up by those who work in an area; at a site, at check-in."""
    actor = actor_of(request)
    return actor.trusted or any(
        "@" not in scope and Role(role) in MAY[Act.READ_PERSON] for role, scope in actor.grants
    )


def _opening(request: HttpRequest, slug: str, plan: Plan) -> tuple[Opening | None, str]:
    """The dry run asked for, if any, and the name of its phase."""
    phase, day = request.GET.get("phase"), read_day(request.GET.get("opens"))
    names = {p.code: named(p.title) for p in plan.phases}
    if not phase or phase not in names:
        return None, ""
    on = day or local_day(datetime.now(UTC), plan.time_zone)
    try:
        return opening(slug, phase, on, actor=actor_of(request)), names[phase]
    except BadInput:
        raise Http404(gettext("This is not a day: %(day)s") % {"day": on}) from None


@allowed(Act.READ_PLAN)
def due_data(request: HttpRequest, slug: str) -> HttpResponse:
    """The demand curve as CSV: one row for each week, group and product."""
    seen, chosen = _demand(request, slug)
    groups = _keys([seen.by_group, *(w.by_group for w in seen.weeks)])
    products = _keys([seen.by_product, *(w.by_product for w in seen.weeks)])
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(
        ["from", "people", *(f"group {g}" for g in groups), *(f"product {p}" for p in products)]
    )
    rows.writerow(
        [
            "due",
            seen.due,
            *(seen.by_group.get(g, 0) for g in groups),
            *(seen.by_product.get(p, 0) for p in products),
        ]
    )
    for w in seen.weeks:
        rows.writerow(
            [
                w.starts_on,
                w.people,
                *(w.by_group.get(g, 0) for g in groups),
                *(w.by_product.get(p, 0) for p in products),
            ]
        )
    response = HttpResponse(out.getvalue(), content_type="text/csv")
    name = f"{slug}-due-{seen.as_of or 'never'}-{chosen['weeks']}-weeks.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _keys(counts: Iterable[dict[str, int]]) -> list[str]:
    return sorted({key for found in counts for key in found})
