"""Openings with a waiting room: plan one, see how it goes, end it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from balmis.contexts.access import services as access
from balmis.contexts.booking import openings
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.roles import Act
from balmis.flows.booking import openings as flow
from balmis.flows.booking.openings import RushPlan
from balmis.web.shared.requests import actor_of, allowed


class OpeningForm(forms.Form):
    """Times are the campaign's own."""

    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    at = forms.TimeField(label=_("Booking opens at"), initial="09:00")
    hours = forms.IntegerField(
        label=_("Waiting room for, hours"), min_value=1, max_value=72, initial=4
    )
    doors_minutes = forms.IntegerField(
        label=_("Doors open before, minutes"), min_value=5, max_value=1440, initial=60
    )
    per_minute = forms.IntegerField(
        label=_("Let in a minute"),
        min_value=1,
        max_value=100_000,
        initial=1000,
        help_text=_(
            "Not more than the booking line and the sites can help; the servers take thousands."
        ),
    )
    order = forms.ChoiceField(
        label=_("Order"),
        choices=[
            ("draw", _("Drawn by lot")),
            ("waves", _("In waves by birthday digit, drawn within each")),
        ],
    )
    wave_minutes = forms.IntegerField(
        label=_("Minutes between waves"), min_value=1, max_value=240, initial=15, required=False
    )
    first_digit = forms.IntegerField(
        label=_("First digit"), min_value=0, max_value=9, initial=0, required=False
    )

    def plan(self, zone: str) -> RushPlan:
        d = self.cleaned_data
        opens = datetime.combine(d["on"], d["at"], ZoneInfo(zone))
        waves = d["order"] == "waves"
        return RushPlan(
            opens_at=opens,
            closes_at=opens + timedelta(hours=d["hours"]),
            per_minute=d["per_minute"],
            doors_minutes=d["doors_minutes"],
            wave_minutes=(d["wave_minutes"] or 15) if waves else 0,
            first_digit=(d["first_digit"] or 0) if waves else 0,
        )


@allowed(Act.PLAN_SESSION)
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """The openings, how many wait, and a form for the next."""
    return _show(request, slug, OpeningForm(request.POST or None))


def _show(request: HttpRequest, slug: str, form: OpeningForm, problem: str = "") -> HttpResponse:
    campaign, now = campaigns.campaign(slug), datetime.now(UTC)
    if form.is_bound and form.is_valid():
        try:
            flow.plan_opening(slug, form.plan(campaign.time_zone), actor=actor_of(request), now=now)
            return redirect("openings", slug=slug)
        except BadInput as error:
            form.add_error(None, gettext(str(error)))
        except NotAllowed:
            raise PermissionDenied(Act.PLAN_SESSION.value) from None
    values = {
        "campaign": campaign,
        "plan": campaigns.latest_plan(campaign.pk),
        "form": form,
        "rows": [_row(row, now) for row in openings.rush_rows(campaign.pk)],
        "may_plan": access.may(actor_of(request), Act.PLAN_SESSION, area=campaign.area),
        "problem": problem,
    }
    status = 400 if form.errors or problem else 200
    return render(request, "coordination/openings.html", values, status=status)


def _row(row: Any, now: datetime) -> dict[str, Any]:
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
    try:
        reason = request.POST.get("reason", "")[:200]
        flow.close_opening(slug, key, reason, actor=actor_of(request), now=datetime.now(UTC))
    except BadInput as problem:
        return _show(request, slug, OpeningForm(), gettext(str(problem)))
    except Refusal:
        raise Http404(gettext("There is no such opening.")) from None
    except NotAllowed:
        raise PermissionDenied(Act.PLAN_SESSION.value) from None
    return redirect("openings", slug=slug)
