"""The safety desk: what is due next, a case with all that is known of it, and its steps."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import queries as access_queries
from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.safety.cases import Event
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, Conflict, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.states import CASE
from balmis.core.vocabulary.reasons import Reason
from balmis.core.vocabulary.safety import (
    CaseStatus,
    CausalClass,
    Certainty,
    EventEnd,
    Serious,
    Severity,
    Source,
)
from balmis.flows.safety import cases, exports, reference_data, reporter_lookup
from balmis.flows.safety.report_event import report_event
from balmis.web.labels import safety as words
from balmis.web.labels.common import ROLES, in_language
from balmis.web.labels.safety import VITALS
from balmis.web.safety.core_variables import Variable, core_variables
from balmis.web.shared.requests import actor_of, allowed, csv_answer, number, posted, read_day

log = logging.getLogger("balmis.web")


def base(request: HttpRequest, slug: str) -> dict[str, Any]:
    """What every page of the desk needs."""
    campaign, actor = campaigns.campaign(slug), actor_of(request)
    acts = (Act.WORK_CASES, Act.SIGN_HOLD, Act.ASSESS_CASE, Act.SEND_TEAM)
    return {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "request_id": uuid4(),
        "whole": {a.value for a in acts if access.may(actor, a, area=campaign.area)},
    }


def answered(
    act: Callable[[], object], again: Callable[..., HttpResponse], to: Callable[[], HttpResponse]
) -> HttpResponse:
    """Do it and go on; or show the page again with what stood against it."""
    try:
        act()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refusal as refusal:
        if refusal.reason is Reason.NOT_KNOWN and refusal.facts.get("what") in (
            "case",
            "hold order",
        ):
            raise Http404 from None
        return again(409, in_language(refusal))
    except BadInput as problem:
        fields = ", ".join(str(VITALS[p][0]) for p in problem.problems if p in VITALS)
        return again(400, " ".join(t for t in (gettext(str(problem)), fields) if t))
    except Conflict as problem:
        return again(409, gettext(str(problem)))
    except (ValueError, TypeError, DataError):
        log.warning("a form could not be read", exc_info=True)
        return again(
            400, gettext("Something in the form cannot be read. Check it and send it again.")
        )
    return to()


@require_GET
@allowed(Act.WORK_CASES)
def inbox(request: HttpRequest, slug: str) -> HttpResponse:
    actor, now = actor_of(request), datetime.now(UTC)
    try:
        rows = cases.inbox(slug, actor=actor, now=now)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    asked = request.GET.get("q", "").strip().lower()[:60]
    shown = [r for r in rows if not asked or _matches(r, asked)]
    late = sum(1 for r in rows if r.clock and r.clock.late(now))
    values = base(request, slug) | {
        "rows": [_row(r, now) for r in shown[:200]],
        "open": len(rows),
        "late": late,
        "q": asked,
        "serious": sum(1 for r in rows if r.case.serious),
        "now": now,
        "more": max(0, len(shown) - 200),
    }
    return render(request, "safety/inbox.html", values)


def _matches(row: cases.InboxRow, asked: str) -> bool:
    case = row.case
    lot = case.dose.lot.number if case.dose and case.dose.lot else ""
    found = (
        str(case.pk),
        words.event_name(case.event),
        lot,
        case.dose.site.code if case.dose and case.dose.site else "",
    )
    return any(asked in f.lower() for f in found)


def _row(row: cases.InboxRow, now: datetime) -> dict[str, Any]:
    return {
        "case": row.case,
        "event": words.event_name(row.case.event),
        "state": words.CASES[CaseStatus(row.case.status)],
        "clock": words.clock_in_words(row.clock) if row.clock else None,
        "told": ROLES[row.told] if row.told else "",
        "flag": row.flag,
        "soon": 0.8 <= row.used < 1,
        "late": bool(row.clock and row.clock.late(now)),
    }


@require_GET
@allowed(Act.WORK_CASES)
def show(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    return _show(request, slug, key)


def _show(
    request: HttpRequest, slug: str, key: int, status: int = 200, problem: str = ""
) -> HttpResponse:
    now = datetime.now(UTC)
    try:
        whole = cases.look(slug, key, actor=actor_of(request), now=now)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refusal:
        raise Http404(gettext("There is no such case.")) from None
    case = whole.case
    values = base(request, slug) | {
        "case": case,
        "event": words.event_name(case.event),
        "state": words.CASES[CaseStatus(case.status)],
        "problem": problem,
        "now": now,
        "clocks": [
            words.clock_in_words(c) | {"late": c.late(now), "used": min(c.used(now), 1.0)}
            for c in whole.clocks
        ],
        "notes": [_note(n) for n in _named(whole.notes)],
        "near": [(c, words.event_name(c.event)) for c in whole.near],
        "why": [str(words.SERIOUS[Serious(w)]) for w in case.why_serious],
        "severity": words.SEVERITIES[Severity(case.severity)],
        "certainty": words.CERTAINTIES[Certainty(case.certainty)],
        "end": words.ENDS[EventEnd(case.end)],
        "level": words.level_in_words(case.level) if case.level else "",
        "shown": _typed(request, case),
        "choices": _choices(),
        "form": request.POST,
        "steps": _steps(CaseStatus(case.status)),
        "final": next(
            (
                words.CLASSES[CausalClass(a.classification)]
                for a in reversed(whole.assessments)
                if a.final
            ),
            "",
        ),
        "reactions": list(case.reactions.all()),
        "core": _core(whole),
    }
    return render(request, "safety/case.html", values, status=status)


def _typed(request: HttpRequest, case: Any) -> dict[str, Any]:
    """What the form shows: what somebody had typed when it was not kept, else what is known."""
    asked, known = request.POST, ("event", "severity", "certainty", "end", "narrative")
    if "narrative" in asked:
        return {n: asked.get(n, "") for n in known} | {"why": asked.getlist("why")}
    return {n: getattr(case, n) for n in known} | {"why": case.why_serious}


def _core(whole: cases.Whole) -> list[Variable]:
    first = next((n for n in whole.notes if n.report), None)
    reporter = access_queries.names_of([first.actor]).get(first.actor, "") if first else ""
    return core_variables(
        whole.case, first.report.facts if first and first.report else {}, reporter
    )


def _named(notes: tuple[Any, ...]) -> list[tuple[Any, str]]:
    names = access_queries.names_of([n.actor for n in notes])
    return [(n, names.get(n.actor, n.actor)) for n in notes]


def _note(pair: tuple[Any, str]) -> dict[str, Any]:
    n, who = pair
    changed = [
        (k, _shown(v[0]), _shown(v[1]))
        for k, v in n.facts.get("changed", {}).items()
        if k != "narrative"
    ]
    return {
        "at": n.at,
        "what": words.NOTES.get(n.kind, n.kind),
        "kind": n.kind,
        "text": n.text,
        "who": who,
        "changed": changed,
        "other": n.facts.get("other"),
        "source": words.SOURCES[Source(n.report.source)] if n.report else "",
    }


def _shown(value: Any) -> str:
    return (
        ", ".join(value) if isinstance(value, list) else str("–" if value in (None, "") else value)
    )


def _choices() -> dict[str, Any]:
    return {
        "events": [(e.code, words.event_name(e.code)) for e in reference_data.events().values()],
        "serious": words.SERIOUS.items(),
        "severities": words.SEVERITIES.items(),
        "certainties": words.CERTAINTIES.items(),
        "ends": words.ENDS.items(),
    }


def _steps(status: CaseStatus) -> list[tuple[str, Any]]:
    """The steps that can follow, and those that can always be noted."""
    can = {k for k, to in cases.STEPS.items() if to in CASE[status]}
    if status is CaseStatus.RECEIVED:
        can.add("triaged")
    if status not in (CaseStatus.CLOSED, CaseStatus.CLASSIFIED):
        can.discard("reopened")
    else:
        can.discard("investigating")
    always = () if status in (CaseStatus.MERGED, CaseStatus.NULLIFIED) else (*cases.DONE, "remark")
    return [(k, label) for k, label in words.STEPS.items() if k in can or k in always]


@posted("case")
@allowed(Act.WORK_CASES)
def keep(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    asked = request.POST

    def act() -> None:
        cases.set_values(
            slug,
            key,
            cases.Values(
                event=asked.get("event", ""),
                why_serious=tuple(Serious(w) for w in asked.getlist("why")),
                severity=Severity(asked.get("severity", "")),
                certainty=Certainty(asked.get("certainty", "")),
                end=EventEnd(asked.get("end", "")),
                narrative=asked.get("narrative", ""),
                version=int(asked.get("version", "")),
            ),
            actor=actor_of(request),
            now=datetime.now(UTC),
        )

    return answered(
        act,
        lambda s, p: _show(request, slug, key, s, p),
        lambda: redirect("case", slug=slug, key=key),
    )


@posted("case")
@allowed(Act.WORK_CASES)
def step(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    asked = request.POST

    def act() -> None:
        if asked.get("step") == "merge":
            cases.merge(
                slug,
                key,
                int(asked.get("into", "")),
                int(asked.get("version", "")),
                actor=actor_of(request),
                now=datetime.now(UTC),
            )
        elif asked.get("step") == "unmerge":
            cases.unmerge(slug, key, actor=actor_of(request), now=datetime.now(UTC))
        else:
            cases.take(
                slug,
                key,
                asked.get("step", ""),
                asked.get("text", ""),
                int(asked.get("version", "")),
                actor=actor_of(request),
                now=datetime.now(UTC),
            )

    to = number(request, "into") if asked.get("step") == "merge" else None
    return answered(
        act,
        lambda s, p: _show(request, slug, key, s, p),
        lambda: redirect("case", slug=slug, key=to or key),
    )


FORM = ("diluent", "history", "others", "profession", "phone")  # asked, and kept with the report


@allowed(Act.REPORT_EVENT)
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Find the person, choose the dose, say what happened."""
    if request.method == "POST":
        return _reported(request, slug)
    return _form(request, slug)


def _form(request: HttpRequest, slug: str, status: int = 200, problem: str = "") -> HttpResponse:
    campaign = campaigns.campaign(slug)
    text = (
        (request.POST.get("number") or request.GET.get("number", ""))
        .replace("\x00", "")
        .strip()[:60]
    )
    found = (
        reporter_lookup.look_up(slug, text, actor=actor_of(request), now=datetime.now(UTC))
        if text
        else None
    )
    person, given = found or (None, [])
    unknown = bool(text) and found is None
    values = base(request, slug) | {
        "number": text,
        "person": person,
        "doses": given,
        "unknown": unknown,
        "problem": problem,
        "choices": _choices(),
        "chosen": request.POST.getlist("why"),
        "form": request.POST,
        "today": local_day(datetime.now(UTC), campaign.time_zone),
    }
    return render(request, "safety/report.html", values, status=status)


def _reported(request: HttpRequest, slug: str) -> HttpResponse:
    asked, made = request.POST, []

    def act() -> None:
        why = tuple(Serious(w) for w in asked.getlist("why"))
        onset = read_day(asked.get("onset"))
        if onset is None:
            raise BadInput(gettext("Say on which day it began."))
        made.append(
            report_event(
                slug,
                Event(
                    request_id=UUID(asked.get("request_id", "")),
                    onset_on=onset,
                    serious=bool(why),
                    died=Serious.DEATH in why,
                    dose_id=int(asked.get("dose", "")),
                    event=asked.get("event", ""),
                    why_serious=why,
                    severity=Severity(asked.get("severity", "unknown")),
                    end=EventEnd(asked.get("end", "unknown")),
                    words=asked.get("words", "").replace("\x00", "").strip()[:4000],
                    source=Source.STAFF,
                    noticed_at=datetime.now(UTC),
                    facts={k: asked.get(k, "").strip()[:300] for k in FORM},
                ),
                actor=actor_of(request),
                now=datetime.now(UTC),
            )[1]
        )

    def after() -> HttpResponse:
        if access.may(actor_of(request), Act.WORK_CASES, area=campaigns.campaign(slug).area):
            return redirect("case", slug=slug, key=made[0].pk)
        return render(request, "safety/thanks.html", base(request, slug) | {"case": made[0]})

    return answered(act, lambda s, p: _form(request, slug, s, p), after)


@require_GET
@allowed(Act.WORK_CASES)
def export(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """All cases as a line list, FHIR or XML."""
    now = datetime.now(UTC)
    try:
        found = exports.exported(slug, actor=actor_of(request), now=now)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    answer: HttpResponse
    if form == "csv":
        answer = csv_answer(f"{slug}-cases", exports.HEAD, map(exports.row_of, found))
    elif form == "json":
        answer = JsonResponse(
            exports.fhir_bundle(found, request.build_absolute_uri("/fhir")),
            content_type="application/fhir+json",
        )
    elif form == "xml":
        answer = HttpResponse(exports.e2b_xml(found, now=now), content_type="application/xml")
        answer["Content-Disposition"] = f'attachment; filename="{slug}-cases.xml"'
    else:
        raise Http404
    answer["Cache-Control"] = "no-store"
    return answer
