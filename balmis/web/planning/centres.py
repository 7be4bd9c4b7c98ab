"""A centre's day: will it work, what binds, what would one server more do?"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import BadInput
from balmis.core.planning.centre.site_selection import BANDS
from balmis.core.roles import Act
from balmis.flows.planning.centres import CentreQuestion, asked_of, centre_day, entry_of
from balmis.flows.planning.site_choice import choose
from balmis.flows.planning.station_times import Measured, in_place, measured
from balmis.presets import centre_names
from balmis.web.labels.formats import listed as in_a_row
from balmis.web.labels.formats import named
from balmis.web.labels.planning import LACKS
from balmis.web.planning.centre_charts import pictures, station_name
from balmis.web.planning.forms import CentreForm
from balmis.web.shared.acting import attempt, unread
from balmis.web.shared.picture_files import picture_answer
from balmis.web.shared.requests import allowed


def _initial(preset: CentreQuestion, minutes: float) -> dict[str, object]:
    servers = {f"servers_{k}": n for k, n in enumerate(preset.servers)}
    return servers | {
        "a_slot": preset.a_slot,
        "no_show": round(100 * preset.no_show),
        "walk_ins": round(preset.walk_ins),
        "observe": round(minutes),
        "seats": preset.seats,
        "parking": preset.parking,
    }


def _preset(slug: str, name: str) -> tuple[CentreQuestion, list[Measured]]:
    """The centre as it is, with its site's own times where there are enough of them."""
    try:
        found = asked_of(name)
    except BadInput as error:
        raise Http404(str(error)) from None
    times = measured(entry_of(name), campaigns.campaign(slug).area.code, now=datetime.now(UTC))
    return replace(found, measured=in_place(times)), times


def _asked(request: HttpRequest, preset: CentreQuestion) -> tuple[CentreForm, CentreQuestion]:
    """What the address asks for; wrong numbers leave the preset as it is."""
    entry = entry_of(preset.preset)
    stations, minutes = [s.name for s in entry.stations], entry.observation[0].minutes
    if "a_slot" not in request.GET:
        return CentreForm(initial=_initial(preset, minutes), stations=stations), preset
    form = CentreForm(request.GET, stations=stations)
    return form, form.asked(preset) if form.is_valid() else preset


@require_GET
@allowed(Act.READ_PLAN)
def centres(request: HttpRequest, slug: str) -> HttpResponse:
    """The centres that come along."""
    campaign = campaigns.campaign(slug)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "centres": [(n, entry_of(n)) for n in centre_names()],
    }
    return render(request, "studio/centres.html", values)


@require_GET
@allowed(Act.READ_PLAN)
def show(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    campaign = campaigns.campaign(slug)
    preset, times = _preset(slug, name)
    form, asked = _asked(request, preset)
    found: dict[str, Any] | None = None

    def look() -> None:
        nonlocal found
        found = centre_day(asked)

    answer = unread(form) if form.errors else attempt(look)
    day = found or centre_day(preset)
    entry = entry_of(name)
    base = centre_day(preset) if asked != preset and answer else None
    stations = [(station_name(s.name), s, day["stations"][s.name]) for s in entry.stations]
    seats_at = next(k for k, s in enumerate(entry.stations) if s.name == entry.observe_after)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "entry": entry,
        "form": form,
        "day": day,
        "base": base,
        "stations": stations,
        "seats_at": seats_at,
        "answer": answer,
        "pictures": pictures(day),
        "name": name,
        "query": request.GET.urlencode(),
        "asked": asked,
        "shorter": max(0.0, -day["rungs"][0]["more"]["mean"]),
        "rooms": _full(day),
        "times": [(station_name(m.station), m) for m in times],
        "first": day["rungs"][0],
        "bottleneck": station_name(day["rungs"][0]["station"]),
    }
    return render(request, "studio/centre.html", values, status=answer.status)


@require_GET
@allowed(Act.READ_PLAN)
def picture(request: HttpRequest, slug: str, name: str, picture: str, form: str) -> HttpResponse:
    _form, asked = _asked(request, _preset(slug, name)[0])
    made = next((p for p in pictures(_day(asked)) if p.name == picture), None)
    if made is None:
        raise Http404(gettext("There is no such picture."))
    return picture_answer(request, made, form, f"{name}-{picture}")


@require_GET
@allowed(Act.READ_PLAN)
def replay(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One simulated day, person by person, to watch."""
    _form, asked = _asked(request, _preset(slug, name)[0])
    return JsonResponse({"people": _day(asked)["replay"]})


def _full(day: dict[str, Any]) -> list[str]:
    """Rooms that are full on the fullest days: what more staff cannot mend."""
    known = (
        ("seats", "seated_p99", gettext("observation seats")),
        ("parking", "parked_p99", gettext("parking")),
        ("bays", "treated_p99", gettext("treatment bays")),
    )
    return [
        name for limit, used, name in known if day[limit] is not None and day[used] >= day[limit]
    ]


def _day(asked: CentreQuestion) -> dict[str, object]:
    try:
        return centre_day(asked)
    except BadInput as error:
        raise Http404(str(error)) from None


@require_GET
@allowed(Act.READ_PLAN)
def choice(request: HttpRequest, slug: str) -> HttpResponse:
    """Which of the candidates become centres, and why."""
    campaign = campaigns.campaign(slug)
    values: dict[str, object] = {"campaign": campaign, "plan": campaigns.latest_plan(campaign.pk)}
    try:
        found = choose(slug)
    except BadInput as error:
        return render(request, "studio/choice.html", values | {"problem": str(error)})
    names = {c.code: named(c.names) for c in found.file.candidates}
    scored = {s.candidate.code: s for s in found.scored}

    def listed(codes: tuple[str, ...]) -> str:
        return in_a_row(names[c] for c in codes)

    best = found.covering
    values |= {
        "best": best,
        "chosen": listed(best.chosen),
        "within": found.file.within_km,
        "bands": BANDS,
        "reasons": [
            (
                names[c],
                scored[c].candidate.seats,
                scored[c].candidate.parking,
                scored[c].parts["reach"],
            )
            for c in best.chosen
        ],
        "rows": [
            (
                names[s.candidate.code],
                s,
                [(b, n / max(1.0, found.people)) for b, n in s.reached.items()],
                in_a_row(LACKS[x] for x in s.lacks),
                s.candidate.code in best.chosen,
            )
            for s in found.scored
        ],
        "sets": [(len(s.chosen), listed(s.chosen), s) for s in found.by_size],
        "nearest": found.nearest,
        "nearest_names": listed(found.nearest.chosen),
        "assumptions": found.file.assumptions,
    }
    return render(request, "studio/choice.html", values)
