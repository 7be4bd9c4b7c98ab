"""One person's doses and what comes next, in plain words."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.dates import local_day
from balmis.core.errors import NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.core.schedule.texts import (
    DOSE_STATUSES,
    ELIGIBILITIES,
    FINDINGS,
    SERIES_STATUSES,
)
from balmis.flows.eligibility.explain import Explain, Explained, explain
from balmis.web.labels.formats import named
from balmis.web.labels.refusals import finding_in_language
from balmis.web.shared.requests import actor_of, allowed, read_day


@allowed(Act.READ_PERSON)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """One person's doses and what comes next, in plain words. The look is logged."""
    campaign = campaigns.campaign(slug)
    key = request.GET.get("key", "").strip()[:60]
    today = local_day(datetime.now(UTC), campaign.time_zone)
    on = read_day(request.GET.get("on")) or today
    values: dict[str, object] = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "key": key,
        "on": on,
        "missing": False,
    }
    if not key:
        return render(request, "coordination/person.html", values)
    try:
        found = explain(
            Explain(campaign=slug, person=key, on=on),
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except (Refusal, NotAllowed):  # one answer for both: it must not tell who is registered
        values["missing"] = True
        return render(request, "coordination/person.html", values, status=404)
    return render(request, "coordination/person.html", values | _card(found))


def _card(found: Explained) -> dict[str, object]:
    forecast, decision = found.result.groups[0], found.decision
    phases = {p.code: named(p.title) for p in found.plan.phases}
    groups = {g.code: named(g.title) for g in found.plan.groups}
    names = {p.code: p.name for p in found.schedule.products.values()}
    wait = forecast.deferred
    return {
        "found": found,
        "group": groups.get(found.group or "", ""),
        "status": decision.status.value,
        "answer": gettext(ELIGIBILITIES[decision.status]),
        "reason": finding_in_language(
            decision.reason,
            {
                "day": decision.from_on,
                "last": forecast.past_due,
                "phase": phases.get(decision.phase or "", decision.phase),
            },
        ),
        "deferral": named(dict(wait.text)) if wait else "",
        "products": [names[p] for p in decision.products],
        "course": gettext(SERIES_STATUSES[forecast.status]),
        "forecast": forecast,
        # a day before the campaign says nothing: the vaccine was not there yet
        "dated": forecast.earliest and forecast.earliest >= found.plan.period.starts_on,
        "doses": [
            (
                names.get(d.given.product, d.given.product),
                d.given.on,
                gettext(DOSE_STATUSES[d.status]) if d.status else gettext("does not count"),
                d.status.value if d.status else "not_valid",
                [gettext(FINDINGS[f]) for j in d.judged for f in j.outcome.findings]
                + ([gettext(FINDINGS[d.finding])] if d.finding else []),
            )
            for d in found.result.doses
        ],
    }
