"""The planning studio: is the target possible, when is it reached, how surely, what holds it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.access import queries as access_queries
from balmis.contexts.access import services as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.plan.format import Plan, ProductEntry
from balmis.contexts.planning import services as studies
from balmis.core.errors import BadInput, Refusal, Unusable
from balmis.core.planning.allocation.scenario_file import Scenario
from balmis.core.planning.allocation.solve import VERSION
from balmis.core.planning.study_result import StudyResult
from balmis.core.roles import Act
from balmis.core.vocabulary.planning import StudyState
from balmis.flows.planning.feasibility import What, first_rows
from balmis.flows.planning.scenarios import scenario_of
from balmis.flows.planning.studies import AskStudy, ask_study, stop_study, try_out
from balmis.presets import scenario_names, scenario_text
from balmis.web.labels.formats import named
from balmis.web.labels.planning import DOING, STATES, asked_in_words
from balmis.web.planning.forms import BaseForm, TryForm, form_of
from balmis.web.planning.study_charts import days, pictures, target_titles
from balmis.web.planning.study_words import answer_of, day_of, side_by_side
from balmis.web.shared.acting import DONE, Answer, Problem, run
from balmis.web.shared.picture_files import picture_answer
from balmis.web.shared.requests import actor_of, allowed, posted

if TYPE_CHECKING:
    from balmis.contexts.campaigns.models import Campaign
    from balmis.contexts.planning.models import Study

OPEN_DAYS = 6  # of a week, over which a site's doses are proposed


def _known(slug: str, text: str | None = None) -> Scenario | None:
    try:
        return scenario_of(slug, text)
    except BadInput:
        return None


class Base(TypedDict):
    """What every page of the studio is given."""

    campaign: Campaign
    plan: Plan
    titles: dict[str, str]
    may_plan: bool


def _base(request: HttpRequest, slug: str) -> Base:
    campaign = campaigns.campaign(slug)
    plan = campaigns.latest_plan(campaign.pk)
    return {
        "campaign": campaign,
        "plan": plan,
        "titles": target_titles(plan),
        "may_plan": access.may(actor_of(request), Act.CHANGE_PLAN, area=campaign.area),
    }


@require_GET
@allowed(Act.READ_PLAN)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The first arithmetic, the last whole study, and what was tried."""
    return _desk(request, slug)


def _desk(
    request: HttpRequest,
    slug: str,
    sent: TryForm | None = None,
    answer: Answer = DONE,
    *,
    earlier: Study | None = None,
) -> HttpResponse:
    """The desk; `sent` is the form that could not be done, from the page of an earlier study."""
    base = _base(request, slug)
    scenario = _known(slug, earlier.asked["scenario"] if earlier else None)
    rows = first_rows(slug, What(), now=datetime.now(UTC))
    known = studies.latest(base["campaign"].pk)
    newest = next((s for s in known if s.state == StudyState.DONE and not s.asked["quick"]), None)
    last = studies.study(newest.pk) if newest else None
    answered = _result(last) if last else None
    titles = _option_titles(scenario)
    names = access_queries.names_of([s.made_by for s in known])
    values = {
        **base,
        "rows": rows,
        "scenario": scenario,
        "form": sent or form_of(scenario),
        "answer": answer,
        "studies": [
            (s, STATES[s.state], asked_in_words(s.asked, titles), names.get(s.made_by, s.made_by))
            for s in known
        ],
        "last": last if answered else None,
        "last_aims": answer_of(answered, base["plan"])["aims"] if answered else [],
        "last_asked": asked_in_words(last.asked, titles) if last and answered else "",
    }
    return render(request, "studio/show.html", values, status=answer.status)


def _option_titles(scenario: Scenario | None) -> dict[str, str]:
    return {o.code: named(o.title) for o in scenario.options} if scenario else {}


@require_GET
@allowed(Act.READ_PLAN)
def assumptions(request: HttpRequest, slug: str) -> HttpResponse:
    """The assumptions that come along, to change and send back."""
    if slug not in scenario_names():
        raise Http404(gettext("No assumptions come along for this campaign."))
    answer = HttpResponse(scenario_text(slug), content_type="text/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-assumptions.yaml"'
    return answer


def _study(request: HttpRequest, slug: str, key: int) -> Study:
    try:
        found = studies.study(key)
    except Refusal:
        raise Http404(gettext("There is no such study.")) from None
    if found.campaign.slug != slug:
        raise Http404(gettext("There is no such study."))
    return found


def _result(found: Study) -> StudyResult | None:
    """Is there a result, in the form that this program writes?"""
    known: StudyResult | None = found.result
    return known if known and known.get("version") == VERSION else None


def _answered(request: HttpRequest, slug: str, key: int) -> tuple[Study, StudyResult]:
    found = _study(request, slug, key)
    result = _result(found)
    if result is None:
        raise Http404(gettext("It is not worked out."))
    return found, result


@require_GET
@allowed(Act.READ_PLAN)
def study(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """One study: its progress, or its answer."""
    found = _study(request, slug, key)
    base = _base(request, slug)
    scenario = _known(slug, found.asked["scenario"])
    titles = _option_titles(scenario)
    values: dict[str, object] = {
        **base,
        "study": found,
        "state": STATES[found.state],
        "doing": DOING.get(found.doing, ""),
        "asked": asked_in_words(found.asked, titles),
    }
    if found.state in StudyState.open_ones():
        template = (
            "studio/progress.html" if request.headers.get("HX-Request") else "studio/waiting.html"
        )
        return render(request, template, values)
    result = _result(found)
    if result is None:
        values["problem"] = _failure(found.problem if found.result is None else "older")
        values["tone"] = "warn" if found.state == StudyState.CANCELLED else "bad"
        return render(request, "studio/waiting.html", values)
    if request.headers.get("HX-Request"):
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    values |= {
        **answer_of(result, base["plan"]),
        "form": form_of(scenario, earlier=found),
        "scenario": scenario,
        "pictures": pictures(result, base["plan"]),
        "others": [(s, asked_in_words(s.asked, titles)) for s in _others(found)],
        "left_out": _left_out(result, base["plan"]),
    }
    return render(request, "studio/study.html", values)


def _failure(problem: str) -> str:
    known = {
        "interrupted": gettext("It was interrupted: the worker stopped. Start it again."),
        "unexpected": gettext("Something went wrong. Whoever runs Balmis finds it in the log."),
        "older": gettext("An earlier version of Balmis worked it out. Ask again."),
        "": gettext("It was stopped."),
    }
    return known.get(problem, problem)


def _others(found: Study) -> list[Study]:
    return [
        s
        for s in studies.latest(found.campaign_id)
        if s.state == StudyState.DONE and s.pk != found.pk
    ]


def _left_out(result: StudyResult, plan: Plan) -> list[str]:
    """Targets of the plan today that the study does not have."""
    there = {a["code"] for a in result["aims"]}
    return [named(t.title) for t in plan.targets if t.code not in there]


@posted("studio")
@allowed(Act.CHANGE_PLAN)
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """A quick try at once, or a whole study by the worker."""
    base = _base_study(request, slug)
    form = form_of(
        _known(slug, base.asked["scenario"] if base else None), request.POST, request.FILES
    )
    found: Study | None = None
    details: tuple[str, ...] = ()

    def act() -> None:
        nonlocal found, details
        try:
            found = _ask(request, slug, form, base)
        except Unusable as error:
            raise BadInput(str(error)) from None
        except BadInput as error:
            details = error.problems
            raise

    def again(answer: Answer) -> HttpResponse:
        told = (*answer.problems, *map(Problem, details))
        return _desk(request, slug, form, Answer(told, answer.status), earlier=base)

    def onward() -> HttpResponse:
        return redirect("study", slug, found.pk) if found else redirect("studio", slug)

    return run(act, form=form, again=again, to=onward)


def _ask(request: HttpRequest, slug: str, form: TryForm, base: Study | None) -> Study:
    """The study: tried out at once, or to be worked out."""
    quick, request_id = "run" not in request.POST, form.cleaned_data["request_id"]
    asked = form.asked(quick=quick, base=base.asked if base else None)
    actor = actor_of(request)
    if quick:
        return try_out(
            slug, asked, request_id=request_id, actor=actor, clock=lambda: datetime.now(UTC)
        )
    title = form.cleaned_data["title"]
    cmd = AskStudy(request_id=request_id, campaign=slug, asked=asked, title=title)
    return ask_study(cmd, actor=actor, now=datetime.now(UTC))


def _base_study(request: HttpRequest, slug: str) -> Study | None:
    """The study from which a form was sent."""
    form = BaseForm(request.POST)
    return _earlier(slug, form.cleaned_data["base"]) if form.is_valid() else None


def _earlier(slug: str, key: int | None) -> Study | None:
    try:
        found = studies.study(key) if key else None
    except Refusal:
        return None
    return found if found and found.campaign.slug == slug else None


@posted("study")
@allowed(Act.CHANGE_PLAN)
def stop(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    _study(request, slug, key)
    stop_study(key, actor=actor_of(request), now=datetime.now(UTC))
    return redirect("study", slug, key)


@require_GET
@allowed(Act.READ_PLAN)
def picture(request: HttpRequest, slug: str, key: int, name: str, form: str) -> HttpResponse:
    """One picture as SVG (light or dark), PNG or CSV."""
    found, result = _answered(request, slug, key)
    plan = campaigns.latest_plan(found.campaign_id)
    made = next((p for p in pictures(result, plan) if p.name == name), None)
    if made is None:
        raise Http404(gettext("There is no such picture."))
    return picture_answer(request, made, form, f"{slug}-{key}-{name}")


@require_GET
@allowed(Act.READ_PLAN)
def compare(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Two studies side by side."""
    one = _study(request, slug, key)
    key_of_other = request.GET.get("with", "")
    is_key = key_of_other.isascii() and key_of_other.isdigit() and len(key_of_other) < 18
    other = _earlier(slug, int(key_of_other)) if is_key else None
    mine, theirs = _result(one), _result(other) if other else None
    if other is None or mine is None or theirs is None:
        raise Http404(gettext("There is no such study."))
    base = _base(request, slug)
    values = {
        **base,
        "one": one,
        "other": other,
        "rows": side_by_side(mine, theirs, base["plan"]),
        "asked": [asked_in_words(s.asked) for s in (one, other)],
    }
    return render(request, "studio/compare.html", values)


@require_GET
@allowed(Act.READ_PLAN)
def report(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """Two pages for the steering committee, as HTML to print or as PDF."""
    from django.utils.translation import get_language

    from balmis.web.planning.committee_report import as_html, as_pdf

    _found, result = _answered(request, slug, key)
    language = get_language() or "en"
    variants = result.get("variants", [])
    if request.GET.get("format") != "pdf":
        return HttpResponse(as_html(slug, result, variants, language))
    answer = HttpResponse(as_pdf(slug, result, variants, language), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{key}.pdf"'
    return answer


@require_GET
@allowed(Act.READ_PLAN)
def proposals(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """What the plan asks of each site in a week: sessions to open, vials to order."""
    found, result = _answered(request, slug, key)
    base = _base(request, slug)
    ends = days(result)
    week = request.GET.get("week", "")
    n = (
        int(week)
        if week.isascii() and week.isdigit() and int(week) < len(ends)
        else _first_week(result)
    )
    sites = {s.code: s for s in base["plan"].sites}
    products = {p.code: p for p in base["plan"].products}
    rows = [
        (
            sites[code],
            [
                (products[p], result["site_doses"][n][s][k], result["site_vials"][n][s][k])
                for k, p in enumerate(result["products"])
                if result["site_doses"][n][s][k]
            ],
        )
        for s, code in enumerate(result["sites"])
        if code in sites
    ]
    values = {
        **base,
        "study": found,
        "week": n,
        "weeks": list(enumerate(ends)),
        "ends": day_of(ends[n]),
        "rows": [
            (s, r, total, _session_query(s.code, ends[n], r, total))
            for s, r in rows
            if (total := sum(x[1] for x in r))
        ],
    }
    return render(request, "studio/proposals.html", values)


def _session_query(
    site: str, ends: str, products: Sequence[tuple[ProductEntry, int, int]], total: int
) -> str:
    """What fills in the form of new sessions: the week's doses over its open days."""
    begins = date.fromisoformat(ends) - timedelta(days=6)
    asked = {"site": site, "on": begins.isoformat(), "days": OPEN_DAYS}
    doses = {"doses": -(-total // OPEN_DAYS), "product": [p.code for p, *_ in products]}
    return urlencode(asked | doses, doseq=True)


def _first_week(result: StudyResult) -> int:
    """The first with doses."""
    return next((n for n, week in enumerate(result["site_doses"]) if any(any(s) for s in week)), 0)
