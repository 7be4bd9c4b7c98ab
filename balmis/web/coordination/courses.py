"""Two readings of "fully vaccinated", and of whom they differ."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.roles import Act
from balmis.core.schedule.texts import FINDINGS
from balmis.core.vocabulary.schedule import Finding
from balmis.flows.reporting.courses import MOST, count_courses, list_differences
from balmis.web.shared.requests import actor_of, allowed


@require_GET
@allowed(Act.READ_PLAN)
def courses(request: HttpRequest, slug: str) -> HttpResponse:
    """The numbers for everyone who reads the plan; people for those who may look them up, on the record."""
    campaign, actor = campaigns.campaign(slug), actor_of(request)
    counted = count_courses(slug, actor=actor)
    found = list_differences(slug, actor=actor, now=datetime.now(UTC)) if counted else []
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "as_of": counted and counted[0],
        "counted": counted and counted[1],
        "why": [(_words(f), n) for f, n in counted[1].why] if counted else [],
        "rows": [(d.person, d.doses, _words(d.finding)) for d in found],
        "most": MOST,
    }
    return render(request, "coordination/courses.html", values)


def _words(finding: Finding) -> str:
    if finding in (Finding.OVERDUE, Finding.DUE):
        return gettext("an earlier dose does not count, so that another one is due")
    if finding is Finding.DUE_LATER:
        return gettext("an earlier dose does not count; another one is due later")
    return gettext(FINDINGS[finding])
