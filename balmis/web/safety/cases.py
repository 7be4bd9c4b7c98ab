"""The safety desk: what is due next, a case with all that is known of it, and its steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import queries as access_queries
from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.safety.hold_appeals import how_many_wait
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.states import CASE
from balmis.core.vocabulary.safety import (
    CaseNoteKind,
    CaseStatus,
    CausalClass,
    Certainty,
    EventEnd,
    Serious,
    Severity,
    Source,
)
from balmis.flows.safety import cases, exports
from balmis.flows.safety.dose_flags import against_the_check
from balmis.flows.safety.fhir_bundle import fhir_bundle
from balmis.web.labels import safety as words
from balmis.web.labels.clinic import FLAGS, words_of_check
from balmis.web.labels.common import ROLES
from balmis.web.labels.people import doer
from balmis.web.safety.core_variables import Variable, core_variables
from balmis.web.safety.forms import KeepForm, MergeForm, StepForm, UnmergeForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form
from balmis.web.shared.requests import actor_of, allowed, csv_answer, posted

if TYPE_CHECKING:
    from balmis.contexts.safety.models import Case, CaseNote


def base(request: HttpRequest, slug: str) -> dict[str, Any]:
    """What every page of the desk needs."""
    campaign, actor = campaigns.campaign(slug), actor_of(request)
    acts = (Act.WORK_CASES, Act.SIGN_HOLD, Act.ASSESS_CASE, Act.SEND_TEAM)
    whole = {a.value for a in acts if access.may(actor, a, area=campaign.area)}
    return {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "whole": whole,
        "appeals": how_many_wait(campaign) if Act.SIGN_HOLD.value in whole else 0,
    }


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
        "doses": [
            (f, [FLAGS[r] for r in f.reasons], [words_of_check(c) for c in f.checks])
            for f in against_the_check(slug, actor=actor, now=now)
        ],
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


def _row(row: cases.InboxRow, now: datetime) -> dict[str, object]:
    return {
        "case": row.case,
        "event": words.event_name(row.case.event),
        "state": words.CASES[CaseStatus(row.case.status)],
        "clock": words.clock_in_words(row.clock) if row.clock else None,
        "told": ROLES[row.told] if row.told else "",
        "flag": words.flags_in_words(row.flag),
        "soon": 0.8 <= row.used < 1,
        "late": bool(row.clock and row.clock.late(now)),
    }


@require_GET
@allowed(Act.WORK_CASES)
def show(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    return _show(request, slug, key)


def _show(
    request: HttpRequest, slug: str, key: int, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
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
        "answer": answer,
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
        "keep": sent if isinstance(sent, KeepForm) else _known(case),
        "step": sent if isinstance(sent, StepForm) else StepForm(name="step"),
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
    return render(request, "safety/case.html", values, status=answer.status)


def _known(case: Case) -> KeepForm:
    """What is known, to be changed."""
    known = {n: getattr(case, n) for n in ("event", "severity", "certainty", "end", "narrative")}
    return KeepForm(name="keep", initial=known | {"why": case.why_serious})


def _core(whole: cases.Whole) -> list[Variable]:
    first = next((n for n in whole.notes if n.report), None)
    reporter = access_queries.names_of([first.actor]).get(first.actor, "") if first else ""
    return core_variables(
        whole.case, first.report.facts if first and first.report else {}, reporter
    )


def _named(notes: tuple[CaseNote, ...]) -> list[tuple[CaseNote, str]]:
    names = access_queries.names_of([n.actor for n in notes])
    return [(n, doer(n.actor, names)) for n in notes]


def _note(pair: tuple[CaseNote, str]) -> dict[str, object]:
    n, who = pair
    changed = [
        words.change_in_words(name, *values)
        for name, values in n.facts.get("changed", {}).items()
        if name != "narrative"
    ]
    return {
        "at": n.at,
        "what": words.NOTES[CaseNoteKind(n.kind)],
        "kind": n.kind,
        "text": words.flags_in_words(n.text) if n.kind == CaseNoteKind.RED_FLAG else n.text,
        "who": who,
        "changed": changed,
        "other": n.facts.get("other"),
        "source": words.SOURCES[Source(n.report.source)] if n.report else "",
    }


def _steps(status: CaseStatus) -> list[tuple[str, object]]:
    """The steps that can follow, and those that can always be noted."""
    can = {k for k, to in cases.STEPS.items() if to in CASE[status]}
    if status is CaseStatus.RECEIVED:
        can.add(CaseNoteKind.TRIAGED)
    if status not in (CaseStatus.CLOSED, CaseStatus.CLASSIFIED):
        can.discard(CaseNoteKind.REOPENED)
    else:
        can.discard(CaseNoteKind.INVESTIGATING)
    always = () if status in (CaseStatus.MERGED, CaseStatus.NULLIFIED) else cases.NOTED
    return [(k, label) for k, label in words.STEPS.items() if k in can or k in always]


@posted("case")
@allowed(Act.WORK_CASES)
def keep(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    form = KeepForm(request.POST, name="keep")
    return run(
        lambda: cases.set_values(
            slug, key, form.values(), actor=actor_of(request), now=datetime.now(UTC)
        ),
        form=form,
        again=lambda answer: _show(request, slug, key, answer, form),
        to=lambda: redirect("case", slug=slug, key=key),
    )


@posted("case")
@allowed(Act.WORK_CASES)
def step(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    actor, now, sent = actor_of(request), datetime.now(UTC), request.POST
    form = {"merge": MergeForm, "unmerge": UnmergeForm}.get(sent.get("step", ""), StepForm)(
        sent, name="step"
    )

    def act() -> None:
        asked = form.cleaned_data
        if isinstance(form, MergeForm):
            cases.merge(
                cases.MergeCases(
                    campaign=slug, case_id=key, into=asked["into"], version=asked["version"]
                ),
                actor=actor,
                now=now,
            )
        elif isinstance(form, UnmergeForm):
            cases.unmerge(slug, key, actor=actor, now=now)
        else:
            cases.take(
                cases.TakeStep(
                    campaign=slug,
                    case_id=key,
                    step=asked["step"],
                    text=asked["text"],
                    version=asked["version"],
                ),
                actor=actor,
                now=now,
            )

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, key, answer, form),
        to=lambda: redirect("case", slug=slug, key=form.cleaned_data.get("into", key)),
    )


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
            fhir_bundle(found, request.build_absolute_uri("/fhir")),
            content_type="application/fhir+json",
        )
    elif form == "xml":
        answer = HttpResponse(exports.e2b_xml(found, now=now), content_type="application/xml")
        answer["Content-Disposition"] = f'attachment; filename="{slug}-cases.xml"'
    else:
        raise Http404
    answer["Cache-Control"] = "no-store"
    return answer
