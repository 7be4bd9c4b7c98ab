"""A reaction on the chair: one tap a sign, the level at once, and what the ambulance takes along."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import segno
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import services as access
from balmis.contexts.safety import response
from balmis.contexts.safety.response import Call
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.vocabulary.safety import Impression, NoteKind, SignStrength, TeamKind
from balmis.flows.safety import reactions
from balmis.flows.safety import response as safety_response
from balmis.flows.safety.reactions import RANGES, Seen
from balmis.web.labels import safety as words
from balmis.web.labels.formats import named
from balmis.web.safety import handover
from balmis.web.safety.cases import base
from balmis.web.safety.reaction_forms import FORMS, TeamForm, empty, note_form
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form, offer
from balmis.web.shared.requests import actor_of, allowed, posted, site_of
from balmis.web.shared.rows import Chosen


@require_GET
@allowed(Act.TREAT_REACTION, Act.WORK_CASES)
def show(request: HttpRequest, slug: str, site: str, visit: int) -> HttpResponse:
    return _show(request, slug, site, visit)


def _look(request: HttpRequest, slug: str, site: str, visit: int) -> Seen:
    """The reaction of the address; else 404 or 403."""
    site_of(slug, site)
    try:
        found = reactions.look(visit, actor=actor_of(request), now=datetime.now(UTC))
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    except Refusal:
        raise Http404(gettext("No reaction was noted in this visit.")) from None
    if found.reaction.visit.site.code != site or found.reaction.visit.campaign.slug != slug:
        raise Http404
    return found


def _show(
    request: HttpRequest,
    slug: str,
    site: str,
    visit: int,
    answer: Answer = DONE,
    sent: Form | None = None,
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    seen = _look(request, slug, site, visit)
    place, course = seen.reaction.visit.site, seen.course
    teams = [
        t
        for t in response.teams("/")
        if place.area.path.startswith(t.area.path) or t.area.path.startswith(place.area.path)
    ]
    free = [t for t in teams if t.kind == TeamKind.CLINICAL and t.ready]
    values = base(request, slug) | {
        "seen": seen,
        "visit": seen.reaction.visit,
        "site": place,
        "answer": answer,
        "systems": _systems(seen),
        "level": words.level_in_words(seen.judged.level),
        "light": "red" if seen.judged.is_case else "amber" if seen.judged.level == 4 else "",
        "missing": [words.need_in_words(n, seen.definition) for n in seen.judged.missing],
        "absent": [named(f.name) for f in seen.definition.findings if f.code in seen.judged.absent],
        "vitals": [words.VITALS[k][0] for k in RANGES],
        "forms": {
            kind.value: sent if type(sent) is FORMS[kind] else empty(FORMS[kind])
            for kind in (NoteKind.VITALS, NoteKind.TREATMENT, NoteKind.REMARK)
        },
        "series": _series(course),
        "treatments": list(words.TREATMENTS.items()),
        "given": [
            (n.pk, n.at, words.TREATMENTS[n.facts["what"]], n.facts["detail"])
            for n in course.treatments
        ],
        "impressions": words.IMPRESSIONS.items(),
        "dispositions": words.DISPOSITIONS.items(),
        "impression": words.IMPRESSIONS.get(course.impression),  # type: ignore[call-overload]
        "remarks": course.remarks,
        "disposition": words.DISPOSITIONS.get(course.disposition),  # type: ignore[call-overload]
        "calling": any(i.status not in response.OVER for i in response.of_visit(visit)),
        "call": _call(free, sent) if free else None,
        "incidents": [(i, words.INCIDENTS[i.status]) for i in response.of_visit(visit)],  # type: ignore[index]
        "may_send": access.may(actor_of(request), Act.SEND_TEAM, site=place),
    }
    return render(request, "safety/reaction.html", values, status=answer.status)


def _call(teams: Sequence[Chosen], sent: Form | None) -> Form:
    form = sent if isinstance(sent, TeamForm) else TeamForm(name="call")
    offer(form, "team", [(t.code, t.name) for t in teams])
    return form


def _systems(seen: Seen) -> list[tuple[str, list[tuple[Any, bool, bool]]]]:
    """Body systems, each with what can be ticked: code, ticked, part of a major sign."""
    found = []
    for code, names in seen.definition.systems.items():
        ticks = [
            (t, t.code in seen.course.signs, getattr(t, "strength", "") == SignStrength.MAJOR)
            for t in seen.definition.ticks
            if t.system == code
        ]
        found.append((named(names), sorted(ticks, key=lambda t: not t[2])))
    return found


def _series(course: Any) -> list[tuple[int, object, list[str]]]:
    return [
        (n.pk, n.at, [f"{n.facts[k]:g}" if k in n.facts else "" for k in RANGES])
        for n in course.vitals
    ]


@posted("reaction")
@allowed(Act.TREAT_REACTION, Act.WORK_CASES)
def note(request: HttpRequest, slug: str, site: str, visit: int) -> HttpResponse:
    _look(request, slug, site, visit)
    form, actor, now = note_form(request.POST), actor_of(request), datetime.now(UTC)
    return run(
        lambda: reactions.note(visit, form.written(now), actor=actor, now=now),
        form=form,
        again=lambda answer: _show(request, slug, site, visit, answer, form),
        to=lambda: redirect("reaction", slug=slug, site=site, visit=visit),
    )


@posted("reaction")
@allowed(Act.SEND_TEAM)
def call(request: HttpRequest, slug: str, site: str, visit: int) -> HttpResponse:
    """The clinical team to this seat."""
    seen = _look(request, slug, site, visit)
    form = TeamForm(request.POST, name="call")

    def act() -> None:
        impression = seen.course.impression
        said = str(words.IMPRESSIONS[Impression(impression)]) if impression else gettext("Reaction")
        asked = Call(
            request_id=form.cleaned_data["request_id"],
            kind=TeamKind.CLINICAL,
            urgency=1,
            what=said,
            place=seen.reaction.visit.seat,
        )
        team, actor = form.cleaned_data["team"], actor_of(request)
        safety_response.call_for_help(
            safety_response.CallForHelp(
                campaign=slug, site=site, call=asked, visit_id=visit, team=team
            ),
            actor=actor,
            now=datetime.now(UTC),
        )

    return run(
        act,
        form=form,
        again=lambda answer: _show(request, slug, site, visit, answer, form),
        to=lambda: redirect("reaction", slug=slug, site=site, visit=visit),
    )


@require_GET
@allowed(Act.TREAT_REACTION, Act.WORK_CASES)
def hand_over(request: HttpRequest, slug: str, site: str, visit: int) -> HttpResponse:
    """For the ambulance: on paper, with a code that any scanner reads without a network."""
    seen = _look(request, slug, site, visit)
    told = handover.told(seen)
    out = BytesIO()
    segno.make(handover.as_text(told), error="l").save(
        out, kind="svg", scale=3, xmldecl=False, svgns=False
    )
    values = base(request, slug) | {
        "told": told,
        "code": out.getvalue().decode(),
        "site": seen.reaction.visit.site,
        "visit": seen.reaction.visit,
    }
    answer = render(request, "safety/handover.html", values)
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@allowed(Act.TREAT_REACTION, Act.WORK_CASES)
def hand_over_pdf(request: HttpRequest, slug: str, site: str, visit: int) -> HttpResponse:
    seen = _look(request, slug, site, visit)
    made = handover.as_pdf(handover.told(seen), get_language() or "en")
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="handover-{visit}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
