"""Everybody who is put off, or for whom a vaccine is ruled out."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from balmis.contexts.campaigns import queries as campaigns
from balmis.core.roles import Act
from balmis.core.vocabulary.clinic import Outcome
from balmis.flows.clinic.deferral_list import MOST, list_put_off
from balmis.web.labels.clinic import words_of_reason
from balmis.web.shared.requests import actor_of, allowed


@require_GET
@allowed(Act.READ_PERSON)
def put_off(request: HttpRequest, slug: str) -> HttpResponse:
    """Those of the reader's areas: for good first, then until a day."""
    campaign = campaigns.campaign(slug)
    plan = campaigns.latest_plan(campaign.pk)
    products = {p.code: p.name for p in plan.products}
    rows = [
        (
            one,
            products.get(one.said.product, one.said.product),
            words_of_reason(one.said.kind, one.said.reason),
        )
        for one in list_put_off(slug, actor=actor_of(request), now=datetime.now(UTC))
    ]
    values = {
        "campaign": campaign,
        "plan": plan,
        "parts": [
            ("never", [r for r in rows if r[0].said.outcome is Outcome.NEVER]),
            ("until", [r for r in rows if r[0].said.outcome is not Outcome.NEVER]),
        ],
        "found": len(rows),
        "most": MOST,
    }
    return render(request, "coordination/put_off.html", values)
