"""Causality: two people, each on their own, then a third where they differ."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.core.dates import age_on
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.safety import CausalClass
from balmis.flows.safety import assessments
from balmis.web.labels import safety as words
from balmis.web.safety import handover
from balmis.web.safety.cases import base
from balmis.web.safety.forms import AssessForm, DecideForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form
from balmis.web.shared.requests import actor_of, allowed, posted

if TYPE_CHECKING:
    from balmis.contexts.safety.models import Assessment


@require_GET
@allowed(Act.ASSESS_CASE)
def show_all(request: HttpRequest, slug: str) -> HttpResponse:
    actor = actor_of(request)
    try:
        waiting = assessments.waiting(slug, actor=actor)
        figures = assessments.figures(slug, actor=actor)
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    values = base(request, slug) | {
        "waiting": [(w, words.event_name(w.case.event)) for w in waiting],
        "agreement": figures.agreement,
        "classes": [(words.CLASSES[CausalClass(k)], n) for k, n in figures.classes.items()],
    }
    return render(request, "safety/assessments.html", values)


@require_GET
@allowed(Act.ASSESS_CASE)
def show(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    return _show(request, slug, key)


def _show(
    request: HttpRequest, slug: str, key: int, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    try:
        found = assessments.look(slug, key, actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refusal:
        raise Http404(gettext("There is no such case to assess.")) from None
    values = base(request, slug) | {
        "found": found,
        "case": found.case,
        "event": words.event_name(found.case.event),
        "answer": answer,
        "assess": sent if isinstance(sent, AssessForm) else AssessForm(name="assess"),
        "decide": sent if isinstance(sent, DecideForm) else DecideForm(name="decide"),
        "others": [_said(a) for a in found.others],
        "told": [handover.told(r) for r in found.reactions],
        "final": found.final,
        "final_class": words.CLASSES[CausalClass(found.final.classification)]
        if found.final
        else "",
        "age": age_on(found.case.person.born, found.case.onset_on) if found.case.person else "",
        "own": words.CLASSES[CausalClass(found.own.classification)] if found.own else "",
    }
    return render(request, "safety/assess.html", values, status=answer.status)


def _said(a: Assessment) -> dict[str, object]:
    return {"class": words.CLASSES[CausalClass(a.classification)], "note": a.note}


@posted("assess")
@allowed(Act.ASSESS_CASE)
def act(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    form: AssessForm | DecideForm
    if request.POST.get("act") == "decide":
        form = DecideForm(request.POST, name="decide")
    else:
        form = AssessForm(request.POST, name="assess")

    def do() -> None:
        actor, now, note = actor_of(request), datetime.now(UTC), form.cleaned_data["note"]
        if isinstance(form, DecideForm):
            found = form.cleaned_data["classification"]
            assessments.decide(
                assessments.DecideCase(campaign=slug, case_id=key, classification=found, note=note),
                actor=actor,
                now=now,
            )
        else:
            assessments.assess(
                assessments.AssessCase(
                    campaign=slug, case_id=key, answers=form.answers(), note=note
                ),
                actor=actor,
                now=now,
            )

    return run(
        do,
        form=form,
        again=lambda answer: _show(request, slug, key, answer, form),
        to=lambda: redirect("assessments", slug=slug),
    )
