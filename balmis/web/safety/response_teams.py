"""The response team: a wall that shows who waits for whom, and a card on the phone of each team."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from balmis.contexts.access import queries as access_queries
from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.places import queries as places
from balmis.contexts.safety import response
from balmis.contexts.safety.response import Call
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.safety import IncidentStatus, TeamKind
from balmis.flows.safety import response as safety_response
from balmis.flows.safety import team_sizing
from balmis.flows.safety.response import OnBoard, Tap
from balmis.web.labels import safety as words
from balmis.web.labels.common import in_language
from balmis.web.safety.cases import answered, base
from balmis.web.shared.requests import actor_of, allowed

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


def _card(request: HttpRequest, slug: str, status: int = 200, problem: str = "") -> HttpResponse:
    actor, now = actor_of(request), datetime.now(UTC)
    found = safety_response.card(slug, actor=actor, now=now)
    values = base(request, slug) | {
        "mine": [_shown(b) | {"buttons": _buttons(b)} for b in found],
        "problem": problem,
        "now": now,
        "teams": response.teams_of(actor.name),
        "state": _state(found),
    }
    return render(request, "team/card.html", values, status=status)


def _shown(b: OnBoard) -> dict[str, Any]:
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


def _buttons(b: OnBoard) -> list[dict[str, Any]]:
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
    asked, now = request.POST, datetime.now(UTC)
    try:
        at = datetime.fromisoformat(asked["at"]) if asked.get("at") else now
        done = safety_response.tap(
            key,
            Tap(
                request_id=UUID(asked.get("request_id", "")),
                to=IncidentStatus(asked.get("to", "")),
                at=at,
                text=asked.get("text", ""),
            ),
            actor=actor_of(request),
            now=now,
        )
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refusal as refusal:
        return _refused(request, slug, 409, in_language(refusal))
    except (BadInput, Conflict) as problem:
        return _refused(request, slug, 400, gettext(str(problem)))
    except ValueError:
        return _refused(request, slug, 400, gettext("This button is not one of the card."))
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"status": done.status})
    return redirect("team-card", slug=slug)


def _refused(request: HttpRequest, slug: str, status: int, problem: str) -> HttpResponse:
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"problem": problem}, status=status)
    return _card(request, slug, status, problem)


@never_cache
@require_GET
@allowed(Act.SEND_TEAM)
def board(request: HttpRequest, slug: str) -> HttpResponse:
    return _board(request, slug)


def _board(request: HttpRequest, slug: str, status: int = 200, problem: str = "") -> HttpResponse:
    actor, now = actor_of(request), datetime.now(UTC)
    try:
        found = safety_response.board(slug, actor=actor, now=now)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    names = access_queries.names_of([m.actor for t, _ in found.teams for m in t.members.all()])
    free = [t for t, at in found.teams if t.on_duty and at is None]
    campaign = campaigns.campaign(slug)
    values = base(request, slug) | {
        "rows": [
            _shown(b)
            | {
                "free": [t for t in free if t.kind == b.incident.kind],
                "over": [(s, words.TAPS[s]) for s in b.next if s in _OURS],
            }
            for b in found.incidents
        ],
        "teams": [
            (
                t,
                words.TEAMS[TeamKind(t.kind)],
                at,
                words.INCIDENTS[IncidentStatus(at.status)] if at else "",
                ", ".join(names.get(m.actor, m.actor) for m in t.members.all()),
            )
            for t, at in found.teams
        ],
        "times": [
            (words.TEAMS[TeamKind.CLINICAL], found.clinical, 5),
            (words.TEAMS[TeamKind.INVESTIGATION], found.investigation, 48 * 60),
        ],
        "problem": problem,
        "now": now,
        "need": _need(campaign, now),
        "unheard": sum(1 for b in found.incidents if b.unheard),
        "kinds": words.TEAMS.items(),
        "urgencies": words.URGENCIES.items(),
        "sites": places.sites_below(campaign.area.code),
        "form": request.POST,
        "may_keep": access.may(actor, Act.WORK_CASES, area=campaign.area),
    }
    return render(request, "team/board.html", values, status=status)


def _need(campaign: Any, now: datetime) -> team_sizing.Need:
    """Worked out once a minute, however many walls ask."""
    key = f"teams-needed:{campaign.slug}"
    found: team_sizing.Need | None = cache.get(key)
    if found is None:
        found = team_sizing.clinical_need(campaign, now=now)
        cache.set(key, found, timeout=60)
    return found


_OURS = (IncidentStatus.CLOSED, IncidentStatus.STOOD_DOWN)


@require_POST
@allowed(Act.SEND_TEAM)
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """From the wall: call, send, close, call off."""
    asked, actor = request.POST, actor_of(request)

    def do() -> None:
        now, key = datetime.now(UTC), UUID(asked.get("request_id", ""))
        what = asked.get("act", "")
        if what == "call":
            safety_response.call_for_help(
                slug,
                asked.get("site", ""),
                Call(
                    request_id=key,
                    kind=TeamKind(asked.get("kind", "")),
                    urgency=int(asked.get("urgency", "")),
                    what=asked.get("what", ""),
                    place=asked.get("place", ""),
                ),
                team=asked.get("team", ""),
                actor=actor,
                now=now,
            )
        elif what == "send":
            safety_response.send(
                int(asked.get("incident", "")), asked.get("team", ""), key, actor=actor, now=now
            )
        else:
            to = IncidentStatus(what)
            if to not in _OURS:
                raise BadInput(gettext("Choose one from the list."))
            tapped = Tap(request_id=key, to=to, at=now, text=asked.get("text", ""))
            safety_response.tap(int(asked.get("incident", "")), tapped, actor=actor, now=now)

    return answered(
        do, lambda s, p: _board(request, slug, s, p), lambda: redirect("team-board", slug=slug)
    )


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
