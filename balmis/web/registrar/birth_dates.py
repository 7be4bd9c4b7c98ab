"""People whose group or earliest day hangs on a day of birth that nobody has stated."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.roles import Act
from balmis.flows.people.birth_dates import MOST, list_unknown_days
from balmis.web.labels.formats import named
from balmis.web.shared.requests import actor_of, allowed


@require_GET
@allowed(Act.BOOK_FOR_OTHERS)
def unknown_days(request: HttpRequest, slug: str) -> HttpResponse:
    """Whom to ask for the day, and what hangs on it."""
    campaign = campaigns.campaign(slug)
    plan = campaigns.latest_plan(campaign.pk)
    titles = {g.code: named(g.title) for g in plan.groups} | {"": gettext("no group")}
    found = list_unknown_days(slug, actor=actor_of(request), now=datetime.now(UTC))
    values = {
        "campaign": campaign,
        "plan": plan,
        "rows": [(h.person, [titles.get(g, g) for g in h.groups], h.days) for h in found],
        "most": MOST,
    }
    return render(request, "registrar/unknown_days.html", values)
