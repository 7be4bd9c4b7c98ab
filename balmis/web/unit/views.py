"""The unit coordinator's desk: who of my people is still missing, and why?"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from balmis.contexts.access import services as access
from balmis.contexts.booking import free_places
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.units import queries
from balmis.core.errors import BadInput, NotAllowed, Refusal, Unusable
from balmis.core.roles import Act
from balmis.core.schedule.texts import FINDINGS
from balmis.core.vocabulary.schedule import Finding
from balmis.core.vocabulary.units import RosterStatus, Willingness
from balmis.flows.units import blocks
from balmis.flows.units import rosters as flow
from balmis.web.labels.common import ROSTER, in_language
from balmis.web.shared.requests import actor_of, allowed

MAX_FILE = 2 * 1024 * 1024  # bytes
SHOWN = 300  # rows of the roster on the page
PROBLEMS = 50


def _unit(request: HttpRequest, slug: str, code: str) -> Any:
    try:
        unit = queries.unit(campaigns.campaign(slug).pk, code)
        flow.check_leads(unit, actor_of(request))
    except Refusal:
        raise Http404(gettext("There is no such unit.")) from None
    except NotAllowed:
        raise PermissionDenied(Act.LEAD_UNIT.value) from None
    return unit


@allowed(Act.READ_PLAN)
def choose(request: HttpRequest, slug: str) -> HttpResponse:
    """The only unit the person leads, or a choice."""
    campaign, actor = campaigns.campaign(slug), actor_of(request)
    led = queries.led_by(actor.name)
    found = [
        u
        for u in queries.units(campaign.pk)
        if u.pk in led or access.may(actor, Act.KEEP_UNITS, area=u.area)
    ]
    if len(found) == 1:
        return redirect("unit", slug=slug, code=found[0].code)
    return render(
        request,
        "unit/choose.html",
        {"campaign": campaign, "units": found, "plan": campaigns.latest_plan(campaign.pk)},
    )


@allowed(Act.READ_PLAN)
def show(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Coverage of the roster, the people behind each number, and the unit's block."""
    unit = _unit(request, slug, code)
    return _show(request, slug, unit)


def _show(
    request: HttpRequest, slug: str, unit: Any, status: int = 200, **more: Any
) -> HttpResponse:
    seen = flow.standing(slug, unit.code, actor=actor_of(request), now=datetime.now(UTC))
    chosen, text = request.GET.get("status", ""), request.GET.get("q", "").strip().casefold()
    rows = [
        m
        for m in seen.members
        if (not chosen or m.status == chosen)
        and (not text or text in m.name.casefold() or text in m.number.casefold())
    ]
    total = len(seen.members)
    done = seen.counts[RosterStatus.VACCINATED]
    held = free_places.blocks(unit.campaign_id, unit.code, now=datetime.now(UTC))
    values = {
        "campaign": unit.campaign,
        "plan": campaigns.latest_plan(unit.campaign_id),
        "unit": unit,
        "seen": seen,
        "total": total,
        "done": done,
        "share": done / total if total else None,
        "counts": [
            (s.value, ROSTER[s], n, n / total if total else 0) for s, n in seen.counts.items()
        ],
        "rows": [(m, ROSTER[m.status]) for m in rows[:SHOWN]],
        "left_out": max(0, len(rows) - SHOWN),
        "chosen": chosen,
        "q": request.GET.get("q", ""),
        "blocks": held,
        "free": sum(places - took for *_, places, took in held),
        "request_id": uuid4(),
        "zone": unit.campaign.time_zone,
    }
    return render(request, "unit/show.html", values | more, status=status)


@require_POST
@allowed(Act.READ_PLAN)
def roster(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """A list is read: right rows go in, the others are shown with their row and what is wrong."""
    unit = _unit(request, slug, code)
    file = request.FILES.get("file")
    if file is None or not file.name or (file.size or 0) > MAX_FILE:
        return _show(
            request, slug, unit, 400, problem=gettext("Choose a CSV or Excel file of up to 2 MB.")
        )
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(
                folder, "roster" + (".xlsx" if file.name.lower().endswith(".xlsx") else ".csv")
            )
            path.write_bytes(file.read())
            found = flow.import_roster(
                slug,
                code,
                path,
                actor=actor_of(request),
                now=datetime.now(UTC),
                dry_run="dry_run" in request.POST,
            )
    except (BadInput, Unusable) as problem:
        words = str(problem).replace(str(path), file.name)
        return _show(request, slug, unit, 400, problem=words)
    return _show(
        request,
        slug,
        unit,
        imported=found,
        problems=found.problems[:PROBLEMS],
        dry="dry_run" in request.POST,
    )


@require_POST
@allowed(Act.READ_PLAN)
def book(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Book everyone who is willing, or those ticked, into the block in one act."""
    unit, now = _unit(request, slug, code), datetime.now(UTC)
    chosen = _people(request)
    if "all" in request.POST:
        seen = flow.standing(slug, code, actor=actor_of(request), now=now)
        open_ = (RosterStatus.WILLING, RosterStatus.NOT_REACHED)
        chosen = [m.person for m in seen.members if m.status in open_]
    try:
        done = blocks.book_group(
            slug,
            code,
            chosen,
            request_id=UUID(request.POST.get("request_id", "")),
            actor=actor_of(request),
            now=now,
        )
    except Refusal as refusal:
        return _show(request, slug, unit, 409, problem=in_language(refusal))
    except ValueError:
        raise Http404 from None
    why = [
        (gettext(FINDINGS[Finding(k)]).split("{")[0] if k in set(Finding) else k, n)
        for k, n in done.not_due.items()
    ]
    return _show(request, slug, unit, booked=done, why=why)


@require_POST
@allowed(Act.READ_PLAN)
def answers(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """What the ticked people said, or that they have left."""
    _unit(request, slug, code)
    people, said = _people(request), request.POST.get("answer", "")
    common: dict[str, Any] = {"actor": actor_of(request), "now": datetime.now(UTC)}
    if said == "left":
        flow.change_roster(slug, code, leaving=people, **common)
    elif said == "attest":
        flow.change_roster(slug, code, attest=True, **common)
    elif said in set(Willingness):
        flow.change_roster(
            slug,
            code,
            answers=people,
            answer=Willingness(said),
            reason=request.POST.get("reason", ""),
            **common,
        )
    return redirect("unit", slug=slug, code=code)


def _people(request: HttpRequest) -> list[int]:
    return [
        int(p)
        for p in request.POST.getlist("person")
        if p.isascii() and p.isdigit() and len(p) < 19
    ]
