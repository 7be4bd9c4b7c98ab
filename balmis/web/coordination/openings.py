"""Openings with a waiting room: plan one, see how it goes, end it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from balmis.contexts.access import services as access
from balmis.contexts.booking import openings
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import Refusal
from balmis.core.roles import Act
from balmis.flows.booking import openings as flow
from balmis.web.coordination.forms import CloseForm, OpeningForm
from balmis.web.shared.acting import DONE, Answer, run
from balmis.web.shared.forms import Form
from balmis.web.shared.requests import actor_of, allowed

if TYPE_CHECKING:
    from balmis.contexts.campaigns.models import Campaign


@allowed(Act.PLAN_SESSION)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The openings, how many wait, and a form for the next."""
    if request.method == "GET":
        return _show(request, slug)
    zone, form = campaigns.campaign(slug).time_zone, OpeningForm(request.POST)
    actor, now = actor_of(request), datetime.now(UTC)
    return run(
        lambda: flow.plan_opening(slug, form.plan(zone), actor=actor, now=now),
        form=form,
        again=lambda answer: _show(request, slug, answer, form),
        to=lambda: redirect("openings", slug=slug),
    )


def _show(
    request: HttpRequest, slug: str, answer: Answer = DONE, sent: Form | None = None
) -> HttpResponse:
    """The page; `sent` is the form that could not be done, as it was sent."""
    campaign, now = campaigns.campaign(slug), datetime.now(UTC)
    rows = openings.rush_rows(campaign.pk)
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "form": sent if isinstance(sent, OpeningForm) else OpeningForm(),
        "rows": [_row(row, now) | {"close": _close_form(campaign, row, sent)} for row in rows],
        "may_plan": access.may(actor_of(request), Act.PLAN_SESSION, area=campaign.area),
        "answer": answer,
    }
    return render(request, "coordination/openings.html", values, status=answer.status)


def _close_form(campaign: Campaign, row: Any, sent: Form | None = None) -> Form:
    """The form that ends this waiting room: as it was sent, or empty."""
    if isinstance(sent, CloseForm) and sent.key == row.pk:
        return sent
    return CloseForm(key=row.pk, opens_at=row.opens_at, zone=campaign.time_zone)


def _row(row: Any, now: datetime) -> dict[str, object]:
    """An opening in figures: who joined, who has been let in, when the last one is."""
    late = row.joined - row.early
    last = row.opens_at + timedelta(minutes=row.early / row.per_minute)
    if row.wave_minutes:
        last = max(last, row.opens_at + timedelta(minutes=9 * row.wave_minutes))
    last = max(last, row.next_at or last)
    ended = now >= row.closes_at or row.closes_at <= row.opens_at
    state = (
        "over"
        if ended
        else "open"
        if now >= row.opens_at
        else "doors"
        if now >= row.doors_at
        else "planned"
    )
    return {
        "row": row,
        "state": state,
        "late": late,
        "last": last,
        "places": openings.places_opening(row.campaign_id, row.opens_at, row.closes_at),
    }


@require_POST
@allowed(Act.PLAN_SESSION)
def close(request: HttpRequest, slug: str, key: int) -> HttpResponse:
    """No waiting room any more: whoever comes may book."""
    campaign, actor, now = campaigns.campaign(slug), actor_of(request), datetime.now(UTC)
    try:
        row = openings.rush_row(key, campaign.pk)
    except Refusal:
        raise Http404(gettext("There is no such opening.")) from None
    form = CloseForm(request.POST, key=key, opens_at=row.opens_at, zone=campaign.time_zone)
    return run(
        lambda: flow.close_opening(slug, key, form.cleaned_data["reason"], actor=actor, now=now),
        form=form,
        again=lambda answer: _show(request, slug, answer, form),
        to=lambda: redirect("openings", slug=slug),
    )
