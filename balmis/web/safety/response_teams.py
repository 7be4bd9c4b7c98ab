"""The response team: a wall that shows who waits for whom, and a card on the phone of each team."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from balmis.contexts.access import queries as access_queries
from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.safety import response
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed
from balmis.core.roles import Act
from balmis.core.vocabulary.safety import IncidentStatus, TeamKind
from balmis.flows.safety import response as safety_response
from balmis.flows.safety import team_sizing
from balmis.flows.safety.response import OnBoard, Tap
from balmis.web.labels import safety as words
from balmis.web.labels.formats import listed, named
from balmis.web.labels.people import doer
from balmis.web.safety.cases import base
from balmis.web.safety.team_forms import OVER, CallForm, IncidentForm, TapForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form, offer
from balmis.web.shared.requests import actor_of, allowed
from balmis.web.shared.rows import OfArea

if TYPE_CHECKING:
    from balmis.contexts.campaigns.models import Campaign

BUTTONS = (
    IncidentStatus.ACKNOWLEDGED,
    IncidentStatus.EN_ROUTE,
    IncidentStatus.ON_SITE,
    IncidentStatus.UNDER_CONTROL,
    IncidentStatus.HANDED_OVER,
)


@never_cache
@allowed(Act.BE_SENT)
def card(request: HttpRequest, slug: str) -> HttpResponse:
    return _card(request, slug)


def _card(request: HttpRequest, slug: str, answer: Answer = DONE) -> HttpResponse:
    actor, now = actor_of(request), datetime.now(UTC)
    found = safety_response.card(slug, seen=_seen(request), actor=actor, now=now)
    _keep_seen(request, found)
    values = base(request, slug) | {
        "mine": [_shown(b) | {"buttons": _buttons(b)} for b in found],
        "answer": answer,
        "now": now,
        "teams": response.teams_of(actor.name),
        "state": _state(found),
    }
    return render(request, "team/card.html", values, status=answer.status)


def _seen(request: HttpRequest) -> list[int]:
    """Incidents that this sign-in has been shown."""
    found: list[int] = request.session.get("incidents", [])
    return found


def _keep_seen(request: HttpRequest, found: Sequence[OnBoard]) -> None:
    now_shown = sorted(b.incident.pk for b in found)
    if now_shown != _seen(request):
        request.session["incidents"] = now_shown


def _shown(b: OnBoard) -> dict[str, object]:
    i = b.incident
    return {
        "b": b,
        "i": i,
        "state": words.INCIDENTS[IncidentStatus(i.status)],
        "urgency": words.URGENCIES[i.urgency],
        "minutes": int(b.waited.total_seconds() // 60),
        "person": i.visit.person if i.visit else None,
        "steps": [
            (s.at, words.INCIDENTS[IncidentStatus(s.status)], s.team.name if s.team else "", s.text)
            for s in i.steps.all()
            if s.applied
        ],
    }


def _buttons(b: OnBoard) -> list[dict[str, object]]:
    """The five, each done, next or not yet; a phone without a network goes on by itself."""
    done = {IncidentStatus(s.status) for s in b.incident.steps.all() if s.applied}
    first = next((k for k in BUTTONS if k not in done), None)
    return [
        {"to": k, "label": words.TAPS[k], "done": k in done, "next": k is first} for k in BUTTONS
    ]


def _state(found: list[OnBoard]) -> str:
    return " ".join(f"{b.incident.pk}:{b.incident.status}" for b in found)


@never_cache
@require_GET
@allowed(Act.BE_SENT)
def state(request: HttpRequest, slug: str) -> JsonResponse:
    """What the card would show, in a few bytes: asked for every few seconds."""
    found = safety_response.card(slug, actor=actor_of(request), now=datetime.now(UTC))
    return JsonResponse({"state": _state(found)})


@require_POST
@allowed(Act.BE_SENT)
def tap(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """A button of the card: now, or when the phone has a network again."""
    form, now, script = TapForm(request.POST), datetime.now(UTC), _is_script(request)
    done: list[str] = []

    def act() -> None:
        incident = safety_response.tap(key, form.tap(now), actor=actor_of(request), now=now)
        done.append(incident.status)

    def again(answer: Answer) -> HttpResponse:
        if script:
            said = " ".join(problem.text for problem in answer.problems)
            return JsonResponse({"problem": said}, status=answer.status)
        return _card(request, slug, answer)

    def to() -> HttpResponse:
        return JsonResponse({"status": done[0]}) if script else redirect("team-card", slug=slug)

    return run(act, form=form, again=again, to=to)


def _is_script(request: HttpRequest) -> bool:
    """Who sends what was tapped without a network."""
    return request.headers.get("Accept") == "application/json"


@never_cache
@require_GET
@allowed(Act.SEND_TEAM)
def board(request: HttpRequest, slug: str) -> HttpResponse:
    return _board(request, slug)


def _board(
    request: HttpRequest, slug: str, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    actor, now = actor_of(request), datetime.now(UTC)
    try:
        found = safety_response.board(slug, seen=_seen(request), actor=actor, now=now)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    _keep_seen(request, found.incidents)
    names = access_queries.names_of([m.actor for t, _ in found.teams for m in t.members.all()])
    free = [t for t, at in found.teams if t.ready and at is None]
    campaign = campaigns.campaign(slug)
    values = base(request, slug) | {
        "rows": [
            _shown(b)
            | {
                "form": _incident(b, free, sent),
                "over": [(s, words.TAPS[s]) for s in b.next if s in OVER],
            }
            for b in found.incidents
        ],
        "teams": [
            (
                t,
                words.TEAMS[TeamKind(t.kind)],
                at,
                words.INCIDENTS[IncidentStatus(at.status)] if at else "",
                listed(doer(m.actor, names) for m in t.members.all()),
            )
            for t, at in found.teams
        ],
        "times": [
            (words.TEAMS[TeamKind.CLINICAL], found.clinical, 5),
            (words.TEAMS[TeamKind.INVESTIGATION], found.investigation, 48 * 60),
        ],
        "answer": answer,
        "now": now,
        "need": _need(campaign, now),
        "unheard": sum(1 for b in found.incidents if b.unheard),
        "call": sent if isinstance(sent, CallForm) else _call(campaign),
        "may_keep": access.may(actor, Act.WORK_CASES, area=campaign.area),
    }
    return render(request, "team/board.html", values, status=answer.status)


def _call(campaign: OfArea, data: QueryDict | None = None) -> CallForm:
    form = CallForm(data, name="call")
    sites = places.sites_below(campaign.area.code)
    offer(form, "site", [(s.code, named(s.names)) for s in sites])
    return form


def _incident(b: OnBoard, free: list[Any], sent: Form | None) -> IncidentForm:
    """With the teams that can be sent to it, if one can."""
    form = IncidentForm.of(b.incident.pk, sent)
    if b.incident.team_id:
        form.fields["team"].label = gettext("Another team")
    waits = b.unheard or b.incident.status == IncidentStatus.ACKNOWLEDGED
    fit = [t for t in free if t.kind == b.incident.kind] if waits else []
    offer(form, "team", [(t.code, t.name) for t in fit])
    return form


def _need(campaign: Campaign, now: datetime) -> team_sizing.TeamsNeeded:
    """Worked out once a minute, however many walls ask."""
    key = f"teams-needed:{campaign.slug}"
    found: team_sizing.TeamsNeeded | None = cache.get(key)
    if found is None:
        found = team_sizing.clinical_need(campaign, now=now)
        cache.set(key, found, timeout=60)
    return found


@require_POST
@allowed(Act.SEND_TEAM)
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """From the wall: call, send, close, call off."""
    form: CallForm | IncidentForm
    if request.POST.get("act") == "call":
        form = _call(campaigns.campaign(slug), request.POST)
    else:
        form = IncidentForm.sent(request.POST)
    return run(
        lambda: _led(slug, form, actor=actor_of(request), now=datetime.now(UTC)),
        form=form,
        again=lambda answer: _board(request, slug, answer, form),
        to=lambda: redirect("team-board", slug=slug),
    )


def _led(slug: str, form: CallForm | IncidentForm, *, actor: Actor, now: datetime) -> None:
    asked = form.cleaned_data
    if isinstance(form, CallForm):
        safety_response.call_for_help(
            safety_response.CallForHelp(campaign=slug, site=asked["site"], call=form.call()),
            actor=actor,
            now=now,
        )
        return
    key, request_id = asked["incident"], asked["request_id"]
    if asked["act"] == "send":
        safety_response.send(key, asked["team"], request_id, actor=actor, now=now)
    else:
        tapped = Tap(request_id=request_id, to=IncidentStatus(asked["act"]), at=now)
        safety_response.tap(key, tapped, actor=actor, now=now)


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the card for when the network fails; it answers for /team/ alone."""
    path = finders.find("team-worker.js")
    if path is None:
        raise Http404
    answer = HttpResponse(Path(str(path)).read_text(), content_type="text/javascript")
    answer["Service-Worker-Allowed"] = "/team/"
    answer["Cache-Control"] = "no-cache"
    return answer
